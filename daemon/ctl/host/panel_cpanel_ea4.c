/* SPDX-License-Identifier: Apache-2.0 */

/*
 * cPanel with EasyApache 4: MultiPHP gives each PHP package a handler in php.conf, and each domain
 * a package; "lsapi" is the handler that means mod_lsapi.
 *
 * Source: docs.cpanel.net, "The rebuild_phpconf Script", "PHP Handlers".
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

#define PHP_CONF "/etc/cpanel/ea4/php.conf"
#define USERDATA "/var/cpanel/userdata"
#define REBUILD  "/usr/local/cpanel/bin/rebuild_phpconf"
#define LSAPI    "lsapi"
/* packages of one host; more of them than PHP has had versions */
#define MAX_PACKAGES 20
#define NAME_SIZE    32

/** One rebuild_phpconf with a handler for each package. */
struct rebuild {
	char option[MAX_PACKAGES][2 * NAME_SIZE];
	const char *argv[MAX_PACKAGES + 2];
	size_t count;
};

static void rebuild_add(struct rebuild *r, const char *package, const char *handler)
{
	r->argv[0] = REBUILD;
	if (r->count == MAX_PACKAGES)
		return;
	(void)snprintf(r->option[r->count], sizeof(r->option[0]), "--%s=%.24s", package, handler);
	r->argv[r->count + 1] = r->option[r->count];
	r->count++;
	r->argv[r->count + 1] = NULL;
}

static bool is_package(const char *key)
{
	char digits[PHP_BINARY_VERSION];

	return php_binary_match(&php_place_ea, key, digits);
}

/* Only what has an lsphp can have the handler. */
static bool has_lsphp(const struct host *h, const char *package)
{
	char path[PATH_MAX];

	(void)snprintf(
		path, sizeof(path), "%s/%s%s", php_place_ea.parent, package, php_place_ea.suffix);
	return tree_exists(&h->tree, path);
}

/* Each package in php.conf that can and has not yet. Return: malloc'ed; NULL: memory */
static char *edit_all(
	struct host *h, const char *text, struct rebuild *ret_before, struct rebuild *ret_after)
{
	char *out = strdup(text);
	char key[NAME_SIZE];

	for (unsigned long at = 0;
		out && text_edit_next_key(text, TEXT_EDIT_YAML, &at, key, sizeof(key));) {
		char *handler = is_package(key) ? text_edit_get(text, TEXT_EDIT_YAML, key) : NULL;
		char *edited;

		if (handler && !has_lsphp(h, key))
			host_note(h, "%s has no lsphp, and keeps its handler %s", key, handler);
		else if (handler && strcmp(handler, LSAPI) != 0) {
			rebuild_add(ret_before, key, handler);
			rebuild_add(ret_after, key, LSAPI);
			edited = text_edit_set(out, TEXT_EDIT_YAML, key, LSAPI);
			free(out);
			out = edited;
		}
		free(handler);
	}
	return out;
}

static int enable_global(struct host *h)
{
	char *text = host_read(h, PHP_CONF);
	struct rebuild before = { .count = 0 };
	struct rebuild after = { .count = 0 };
	char *edited = text ? edit_all(h, text, &before, &after) : NULL;
	int r = edited ? 0 : -ENOENT;

	if (r == 0 && after.count) {
		r = change_undo_by(&h->change, before.argv);
		r = r == 0 ? change_write(&h->change, PHP_CONF, edited) : r;
		r = r == 0 ? change_run(&h->change, after.argv) : r;
	}
	free(edited);
	free(text);
	return r;
}

/* --- domains ------------------------------------------------------------------------------- */

/* In a user's directory there is one file for each domain, and others. */
static bool is_domain_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!domains_is_name(name) || strcmp(name, "main") == 0 || strcmp(name, "cache") == 0)
		return false;
	return !dot || (strcmp(dot, ".yaml") != 0 && strcmp(dot, ".json") != 0 &&
			       strcmp(dot, ".cache") != 0);
}

/* "phpversion: ea-php74" of a domain, or what those have that say nothing. */
static void count_domain(
	const struct host *h, const char *path, const char *php_conf, struct domains *d)
{
	char *text = NULL;
	char *package = NULL;
	char *handler = NULL;

	if (tree_read(&h->tree, path, &text) < 0)
		return;
	package = text_edit_get(text, TEXT_EDIT_YAML, "phpversion");
	if (!package || !is_package(package)) {
		free(package);
		package = text_edit_get(php_conf, TEXT_EDIT_YAML, "default");
	}
	handler = package ? text_edit_get(php_conf, TEXT_EDIT_YAML, package) : NULL;
	if (handler && strcmp(handler, LSAPI) == 0)
		domains_add(d, package, 1);
	free(handler);
	free(package);
	free(text);
}

static void count_user(
	const struct host *h, const char *user, const char *php_conf, struct domains *d)
{
	struct tree_names files;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), USERDATA "/%s", user);
	if (tree_list(&h->tree, path, &files) < 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		if (!is_domain_file(files.name[i]))
			continue;
		(void)snprintf(path, sizeof(path), USERDATA "/%s/%s", user, files.name[i]);
		count_domain(h, path, php_conf, d);
	}
	tree_names_deinit(&files);
}

static int count_domains(const struct host *h, struct domains *d)
{
	char *php_conf = host_read(h, PHP_CONF);
	struct tree_names users;
	char key[NAME_SIZE];

	if (!php_conf)
		return -ENOENT;
	for (unsigned long at = 0;
		text_edit_next_key(php_conf, TEXT_EDIT_YAML, &at, key, sizeof(key));) {
		if (is_package(key))
			domains_add(d, key, 0);
	}
	if (tree_list(&h->tree, USERDATA, &users) == 0) {
		for (size_t i = 0; i < users.count; i++)
			count_user(h, users.name[i], php_conf, d);
		tree_names_deinit(&users);
	}
	free(php_conf);
	return 0;
}

const struct panel panel_cpanel_ea4 = {
	.id = PANEL_CPANEL_EA4,
	.mark = { "/usr/local/cpanel/cpanel", "/usr/local/cpanel/version" },
	.more_mark = { "/etc/cpanel/ea4/is_ea4", PHP_CONF },
	.version_path = "/usr/local/cpanel/version",
	.layout = { &layout_ea4 },
	.php = { &php_place_ea, &php_place_alt },
	.next = "choose the handler lsapi for each PHP in MultiPHP Manager, or use enable-global",
	.enable_global = enable_global,
	.count_domains = count_domains,
};
