/* SPDX-License-Identifier: Apache-2.0 */

/* Directives of httpd, and of the modules that mod_lsapi takes the place of. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/str.h"
#include "daemon/ctl/import.h"
#include "proto/directive_foreign.h"
#include "proto/handler_name.h"

/** Where Debian's Apache has its modules. */
#define OUR_MODULE       "/usr/lib/apache2/modules/mod_lsapi.so"
#define BUILT_IN_HANDLER "application/x-httpd-lsphp"

/** A module that cannot stay, or need not. */
struct module {
	const char *name;   /* of LoadModule; also the beginning of one */
	const char *source; /* of <IfModule> */
	bool is_prefix;
	const char *text;
	const char *remedy;
};

/* Source: behaviours.md B24. */
static const struct module modules[] = {
	{ "ruid2_module", "mod_ruid2.c", false,
		"can not be loaded beside mod_lsapi: it changes the user of httpd itself",
		"remove the line; mod_lsapi reads RUidGid" },
	{ "mpm_itk_module", "mpm_itk.c", false,
		"can not be loaded beside mod_lsapi: it changes the user of httpd itself",
		"remove the line; mod_lsapi reads AssignUserID" },
	/* its older name */
	{ "mpm_itk_module", "itk.c", false,
		"can not be loaded beside mod_lsapi: it changes the user of httpd itself",
		"remove the line; mod_lsapi reads AssignUserID" },
	{ "php", "mod_php", true, "PHP inside of httpd, as the user of httpd",
		"remove the line (a2dismod): lsapid's PHP takes its place" },
	{ "suphp_module", "mod_suphp.c", false, "lsapid's PHP takes its place",
		"remove the line; mod_lsapi reads suPHP_UserGroup" },
	{ "fcgid_module", "mod_fcgid.c", false, "lsapid's PHP takes its place",
		"remove the line, unless it serves something else than PHP" },
	{ "fastcgi_module", "mod_fastcgi.c", false, "lsapid's PHP takes its place",
		"remove the line, unless it serves something else than PHP" },
	{ "hostinglimits_module", "mod_hostinglimits.c", false,
		"needs a kernel of its vendor, which lsapid does not",
		"remove the line; limits of a user are in lsapid.conf and its pool files" },
};

static const struct module *find_module(const char *name)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		const struct module *m = &modules[i];

		if (m->is_prefix ? (strncmp(name, m->name, strlen(m->name)) == 0 ||
					   strncmp(name, m->source, strlen(m->source)) == 0)
				 : (strcmp(name, m->name) == 0 || strcmp(name, m->source) == 0))
			return m;
	}
	return NULL;
}

const char *import_gone_module(const char *name)
{
	const struct module *m = find_module(name);

	return m ? (m->is_prefix ? "mod_php" : m->name) : NULL;
}

static const char *argument(const struct import *im, size_t i)
{
	return i < im->line->word_count ? im->line->word[i] : "";
}

static bool load_module(struct import *im)
{
	const char *name = argument(im, 0);
	const struct module *m = find_module(name);

	if (strcmp(name, "lsapi_module") == 0 && strcmp(argument(im, 1), OUR_MODULE) == 0) {
		(void)import_add(im, IMPORT_WORKS, "the module of lsapid");
		return true;
	}
	if (strcmp(name, "lsapi_module") == 0) {
		import_remedy(im,
			import_add(im, IMPORT_TO_DO, "the module has to be that of lsapid"),
			"a2enmod lsapi, which loads " OUR_MODULE
			"; httpd skips this line then, and it may stay");
		return true;
	}
	if (!m)
		return false;
	import_remedy(im, import_add(im, IMPORT_TO_DO, "%s", m->text), "%s", m->remedy);
	return true;
}

/* --- handlers ---------------------------------------------------------------------------- */

/* Digits of a version between @prefix and ___lsphp; 0: another kind of name. */
static int version_size(const char *handler, const char *prefix)
{
	size_t size = strlen(prefix);

	if (strncmp(handler, prefix, size) != 0)
		return 0;
	size_t digits = strspn(handler + size, "0123456789");

	return digits <= 3 && strcmp(handler + size + digits, "___lsphp") == 0 ? (int)digits : 0;
}

#define ALT_PHP "application/x-httpd-alt-php"
#define EA_PHP  "application/x-httpd-ea-php"

/* Where the panels have the lsphp of application/x-httpd-alt-php82___lsphp. */
static void guess_binary(const char *handler, char *out, size_t size)
{
	int alt = version_size(handler, ALT_PHP);
	int ea = version_size(handler, EA_PHP);

	if (alt)
		(void)snprintf(out, size, "/opt/alt/php%.*s/usr/bin/lsphp", alt,
			handler + strlen(ALT_PHP));
	else if (ea)
		(void)snprintf(out, size, "/opt/cpanel/ea-php%.*s/root/usr/bin/lsphp", ea,
			handler + strlen(EA_PHP));
	else
		(void)str_copy(out, size, "/path/to/lsphp");
}

static void lsphp_handler(struct import *im, const char *name)
{
	char binary[128];

	im->has_handler = true;
	if (strcmp(name, BUILT_IN_HANDLER) == 0) {
		(void)import_add(im, IMPORT_WORKS,
			"requests go to the handler of that name in lsapid.conf, at first the only "
			"one");
		return;
	}
	guess_binary(name, binary, sizeof(binary));
	import_remedy(im,
		import_add(im, IMPORT_TO_DO, "lsapid.conf has to know the handler %s", name),
		"handler \"%s\" { binary = \"%s\" }, or handler_map = a file with a line \"%s %s\", "
		"as /etc/container/php.handler",
		name, binary, name, binary);
}

const char *import_other_php(const char *name)
{
	static const struct {
		const char *name;
		const char *what;
	} others[] = {
		{ "application/x-httpd-php", "mod_php" },
		{ "application/x-httpd-php-source", "mod_php" },
		{ "php-script", "mod_php" },
		{ "php5-script", "mod_php" },
		{ "php7-script", "mod_php" },
		{ "application/x-httpd-suphp", "mod_suphp" },
		{ "x-httpd-php", "mod_suphp" },
		{ "fcgid-script", "mod_fcgid" },
		{ "fastcgi-script", "mod_fastcgi" },
		{ "php-fcgi", "mod_fastcgi" },
	};

	if (strncmp(name, "proxy:", 6) == 0 && strstr(name, "fcgi://"))
		return "PHP-FPM";
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcasecmp(name, others[i].name) == 0)
			return others[i].what;
	return NULL;
}

static bool handler(struct import *im)
{
	const char *name = argument(im, 0);
	const char *what = import_other_php(name);

	if (handler_name_is_lsphp(name)) {
		lsphp_handler(im, name);
		return true;
	}
	if (!what)
		return false;
	import_remedy(im,
		import_add(im, IMPORT_TO_DO, "gives requests to %s, and so not to lsapid", what),
		"write %s in its place, or remove the line", BUILT_IN_HANDLER);
	return true;
}

/* --- whose PHP, where else --------------------------------------------------------------- */

static bool foreign(struct import *im)
{
	const struct directive_foreign *row = directive_foreign_find(im->line->name);
	const char *gone = import_gone(im);

	if (!row)
		return false;
	if (row->effect != DIRECTIVE_ACTS) {
		(void)import_add(im,
			!gone && directive_foreign_is_about_identity(row, im->line->rest)
				? IMPORT_TO_DO
				: IMPORT_REPLACED,
			"of %s, has no effect; in its place: %s", row->module, row->help);
		return true;
	}
	/* panels write one line for each module that may be there; one of them is enough */
	if (gone && import_is_owned(im)) {
		(void)import_add(im, IMPORT_NOTE,
			"in a section for %s, which is not read; another line says whose PHP runs",
			gone);
		return true;
	}
	if (gone) {
		import_remedy(im,
			import_add(im, IMPORT_TO_DO,
				"says whose PHP runs, in a section for %s: httpd reads it only "
				"where that is loaded",
				gone),
			"take it out of the section");
		return true;
	}
	import_has_identity(im);
	if (import_check_owner(im))
		(void)import_add(im, IMPORT_WORKS, "of %s: %s", row->module, row->help);
	return true;
}

/* B27: who httpd runs as is lsapid's to know. */
static bool apache_user(struct import *im)
{
	const char *key = strcasecmp(im->line->name, "User") == 0 ? "apache_user" : "apache_group";

	if (im->line->word_count != 1 || strcmp(argument(im, 0), "www-data") == 0 ||
		argument(im, 0)[0] == '$')
		return false;
	import_remedy(im,
		import_add(im, IMPORT_TO_DO, "lsapid takes requests of this account only"),
		"%s = \"%s\" in lsapid.conf", key, argument(im, 0));
	return true;
}

static bool server_name(struct import *im)
{
	struct import_section *vhost = import_vhost(im);

	if (vhost)
		(void)str_copy(vhost->server_name, sizeof(vhost->server_name), argument(im, 0));
	return false;
}

static bool server_root(struct import *im)
{
	(void)str_copy(im->server_root, sizeof(im->server_root), argument(im, 0));
	return false;
}

static bool include(struct import *im)
{
	if (im->include && im->include_depth < IMPORT_MAX_INCLUDE) {
		im->include_depth++;
		im->include(im, argument(im, 0), im->include_data);
		im->include_depth--;
		return true;
	}
	if (im->include)
		(void)import_add(im, IMPORT_SYNTAX, "more than %u files that include each other",
			IMPORT_MAX_INCLUDE);
	else
		import_remedy(im,
			import_add(im, IMPORT_NOTE, "the files that it names were not read"),
			"--follow reads them, too");
	return true;
}

/* Directives of mod_hostinglimits that stand outside of a section for it. */
static bool limits(struct import *im)
{
	const char *name = im->line->name;

	if (strncasecmp(name, "LVE", 3) != 0 && strcasecmp(name, "AllowedHandlers") != 0 &&
		strcasecmp(name, "DenyHandlers") != 0 && strcasecmp(name, "SkipErrorCheck") != 0)
		return false;
	if (!import_gone(im))
		import_remedy(im,
			import_add(im, IMPORT_UNKNOWN,
				"of mod_hostinglimits: httpd does not start with it"),
			"remove it; limits of a user are in lsapid.conf and its pool files");
	return true;
}

/* PHP-FPM the other way. */
static bool proxy_pass(struct import *im)
{
	if (!strstr(im->line->rest, "fcgi://") || !strstr(im->line->rest, ".ph"))
		return false;
	import_remedy(im,
		import_add(im, IMPORT_TO_DO, "gives requests to PHP-FPM, and so not to lsapid"),
		"remove the line");
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct import *im);
} takers[] = {
	{ "LoadModule", load_module },
	{ "AddType", handler },
	{ "AddHandler", handler },
	{ "SetHandler", handler },
	{ "ForceType", handler },
	{ "ProxyPass", proxy_pass },
	{ "ProxyPassMatch", proxy_pass },
	{ "User", apache_user },
	{ "Group", apache_user },
	{ "ServerName", server_name },
	{ "ServerRoot", server_root },
	{ "Include", include },
	{ "IncludeOptional", include },
};

bool import_httpd(struct import *im)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
		if (strcasecmp(im->line->name, takers[i].name) == 0)
			return takers[i].take(im);
	return foreign(im) || limits(im);
}
