/* SPDX-License-Identifier: Apache-2.0 */

/*
 * cPanel with EasyApache 3: one Apache below /usr/local/apache, whose httpd.conf is built from
 * templates; what lasts is in files that it includes.
 *
 * Source: mod_lsapi-manual, Troubleshooting of EasyApache 3; docs.cpanel.net, "Modify Apache
 * Virtual Hosts with Include Files".
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/host/domains.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/text_edit.h"

#define CONF     "/usr/local/apache/conf"
#define INCLUDES CONF "/includes"
#define HANDLER  "AddHandler application/x-httpd-lsphp .php .php5 .php4 .php3 .phtml\n"

/* A file that httpd.conf includes, and that need not be there yet. */
static int append(struct host *h, const char *path, const char *lines)
{
	char *text = NULL;
	char *edited;
	int r = tree_read(&h->tree, path, &text);

	if (r < 0 && r != -ENOENT)
		return host_fail("%s can not be read: %s", path, strerrordesc_np(-r));
	edited = text_edit_append(text ? text : "", lines);
	free(text);
	r = edited ? change_mkdir(&h->change, INCLUDES) : -ENOMEM;
	r = r == 0 ? change_write(&h->change, path, edited) : r;
	free(edited);
	return r;
}

static int setup(struct host *h)
{
	char *text = host_read(h, CONF "/httpd.conf");
	bool is_included = text && strstr(text, "conf.d/*.conf");

	if (!text)
		return -ENOENT;
	free(text);
	return is_included ? 0
			   : append(h, INCLUDES "/pre_main_global.conf",
				     "Include \"" CONF "/conf.d/*.conf\"\n");
}

static int enable_global(struct host *h)
{
	return append(h, INCLUDES "/post_virtualhost_global.conf", HANDLER);
}

/* Return: malloc'ed; NULL, and it was told */
static char *owner_of(const struct host *h, const char *domain)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	char *text = host_read(h, "/etc/userdomains");
	char *user = text ? text_edit_get(text, TEXT_EDIT_YAML, domain) : NULL;

	if (text && (!user || !*user || user[strspn(user, bytes)] != '\0')) {
		(void)host_fail("%s: /etc/userdomains names no account for it; write the domain "
				"as the panel does",
			domain);
		free(user);
		user = NULL;
	}
	free(text);
	return user;
}

static int write_include(struct host *h, const char *kind, const char *user, const char *domain)
{
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), CONF "/userdata/%s/2/%s/%s", kind, user, domain);
	r = change_mkdir(&h->change, path);
	if (r < 0)
		return r;
	(void)snprintf(
		path, sizeof(path), CONF "/userdata/%s/2/%s/%s/lsapi.conf", kind, user, domain);
	return change_write(&h->change, path, HANDLER);
}

static int enable_domain(struct host *h, const char *domain)
{
	char *user = owner_of(h, domain);
	char option[128];
	const char *argv[] = { "/usr/local/cpanel/scripts/ensure_vhost_includes", option, NULL };
	unsigned long before = h->change.count;
	int r;

	if (!user)
		return -ENOENT;
	(void)snprintf(option, sizeof(option), "--user=%.100s", user);
	/* when the files are gone, httpd.conf has to be built again as well */
	r = change_has(&h->change, h->change.group) ? 0 : change_undo_by(&h->change, argv);
	r = r == 0 ? write_include(h, "std", user, domain) : r;
	r = r == 0 ? write_include(h, "ssl", user, domain) : r;
	free(user);
	return r < 0 || before == h->change.count ? r : change_run(&h->change, argv);
}

const struct panel panel_cpanel_ea3 = {
	.id = PANEL_CPANEL_EA3,
	.mark = { "/usr/local/cpanel/cpanel", "/usr/local/cpanel/version" },
	.more_mark = { CONF },
	.version_path = "/usr/local/cpanel/version",
	.layout = { &layout_ea3 },
	.php = { &php_place_alt },
	.next = "now use enable-domain or enable-global",
	.setup = setup,
	.enable_global = enable_global,
	.enable_domain = enable_domain,
};
