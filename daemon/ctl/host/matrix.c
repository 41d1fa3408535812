/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/matrix.h"

#include <stdio.h>

#define NO   MATRIX_NO
#define YES  MATRIX_YES
#define BY   MATRIX_CUSTOMBUILD
#define PART MATRIX_NO_DOMAIN_INFO

static const struct {
	const char *key;
	const char *name;
} panels[PANEL_COUNT] = {
	[PANEL_NONE] = { "none", "a host without a panel" },
	[PANEL_CPANEL_EA3] = { "cpanel_ea3", "cPanel with EasyApache 3" },
	[PANEL_CPANEL_EA4] = { "cpanel_ea4", "cPanel with EasyApache 4" },
	[PANEL_DIRECTADMIN] = { "directadmin", "DirectAdmin" },
	[PANEL_PLESK] = { "plesk", "Plesk" },
	[PANEL_INTERWORX] = { "interworx", "InterWorx" },
	[PANEL_ISPMANAGER] = { "ispmanager", "ISPManager" },
};

#define CHOOSE_PHP                                                                                 \
	"choose the PHP of a site in the panel, or give .php of its virtual host to a handler of " \
	"lsapid.conf (AddHandler)"

/* clang-format off */
static const struct matrix_row rows[MATRIX_OPTION_COUNT] = {
	/*                        none  EA3   EA4   DA    Plesk IWorx ISP */
	[MATRIX_SETUP] = { "setup", NULL,
		"take the module into Apache's configuration, and the PHPs of this host into lsapid's",
		{ YES, YES, YES, BY, YES, YES, YES }, NULL },
	[MATRIX_SETUP_LIGHT] = { "setup-light", NULL,
		"only take the PHPs of this host into lsapid's configuration",
		{ NO, NO, YES, NO, NO, NO, NO }, "use setup" },
	[MATRIX_UNINSTALL] = { "uninstall", NULL, "undo all that setup and the others have changed",
		{ YES, YES, YES, BY, YES, YES, YES }, NULL },
	[MATRIX_ENABLE_DOMAIN] = { "enable-domain", "DOMAIN", "lsphp for one domain",
		{ NO, YES, NO, NO, NO, NO, NO }, CHOOSE_PHP },
	[MATRIX_DISABLE_DOMAIN] = { "disable-domain", "DOMAIN", "undo enable-domain",
		{ NO, YES, NO, NO, NO, NO, NO }, CHOOSE_PHP },
	[MATRIX_ENABLE_GLOBAL] = { "enable-global", NULL, "lsphp for every domain",
		{ NO, YES, YES, BY, NO, NO, NO },
		"setup is all that is needed, and the handler of single sites is chosen as before" },
	[MATRIX_DISABLE_GLOBAL] = { "disable-global", NULL, "undo enable-global and every enable-domain",
		{ NO, YES, NO, BY, NO, NO, NO },
		"use uninstall, or choose other handlers for the sites" },
	[MATRIX_BUILD_NATIVE_LSPHP] = { "build-native-lsphp", NULL,
		"build the lsphp of the panel's own PHP",
		{ NO, YES, NO, NO, NO, NO, NO },
		"use the lsphp of lsapid, or that of an alt-php or ea-php package" },
	[MATRIX_BUILD_NATIVE_LSPHP_CUST] = { "build-native-lsphp-cust", "SOURCE",
		"the same from the source of PHP in a directory",
		{ NO, YES, NO, NO, NO, NO, NO },
		"use the lsphp of lsapid, or that of an alt-php or ea-php package" },
	[MATRIX_CHECK_PHP] = { "check-php", NULL, "check the PHPs that lsapid may start",
		{ YES, YES, YES, NO, YES, YES, YES },
		"ask custombuild (./build versions, ./build options), and lsapid -t" },
	[MATRIX_VERBOSE] = { "verbose", NULL, "say each step",
		{ YES, YES, YES, NO, YES, YES, YES },
		"leave it out: custombuild says what it does" },
	[MATRIX_FORCE] = { "force", NULL, "go on where it would stop",
		{ YES, YES, YES, NO, YES, YES, YES },
		"leave it out: custombuild decides what can be built" },
	[MATRIX_STAT] = { "stat", NULL, "what is installed, switched on and used, as JSON",
		{ PART, PART, YES, YES, YES, PART, PART }, NULL },
};
/* clang-format on */

const struct matrix_row *matrix_row(enum matrix_option option)
{
	return &rows[option];
}

const char *matrix_panel_key(enum panel_id panel)
{
	return panels[panel].key;
}

const char *matrix_panel_name(enum panel_id panel)
{
	return panels[panel].name;
}

bool matrix_refuse(enum matrix_option option, enum panel_id panel, char *ret_text, size_t size)
{
	const struct matrix_row *row = &rows[option];

	if (row->cell[panel] != MATRIX_NO)
		return false;
	(void)snprintf(ret_text, size, "%s is not supported on %s; %s", row->name,
		panels[panel].name, row->instead);
	return true;
}
