/* SPDX-License-Identifier: Apache-2.0 */

/*
 * DirectAdmin: custombuild builds Apache and PHP as its options.conf says; phpN_mode is how PHP N
 * is run, and lsphp is one of the modes. It is asked, and never run unasked: a build takes long and
 * restarts services.
 *
 * Source: mod_lsapi-manual, DirectAdmin; docs.directadmin.com, "Predefined installation options".
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

#define OPTIONS "/usr/local/directadmin/custombuild/options.conf"
#define USERS   "/usr/local/directadmin/data/users"
#define LSPHP   "lsphp"
/* php1 to php9 */
#define MAX_PHP 9

static void tell_what_is_left(struct host *h)
{
	host_note(h,
		"now: cd /usr/local/directadmin/custombuild && ./build update && ./build php n "
		"&& ./build apache");
	host_note(h,
		"custombuild installs the mod_lsapi.so that it knows; put lsapid's in its place "
		"afterwards (meson install with -Dapache_module_dir=/usr/lib/apache), then "
		"restart Apache");
}

/* "phpN_WHAT" of options.conf. Return: malloc'ed; NULL: not there */
static char *option_of(const char *text, unsigned n, const char *what)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "php%u_%s", n, what);
	return text_edit_get(text, TEXT_EDIT_SHELL, key);
}

static bool is_built(const char *text, unsigned n)
{
	char *release = option_of(text, n, "release");
	bool is_it = release && *release && strcmp(release, "no") != 0;

	free(release);
	return is_it;
}

/* Return: malloc'ed; NULL: memory. @text is freed. */
static char *set_mode(char *text, unsigned n)
{
	char key[32];
	char *edited;

	(void)snprintf(key, sizeof(key), "php%u_mode", n);
	edited = text_edit_set(text, TEXT_EDIT_SHELL, key, LSPHP);
	free(text);
	return edited;
}

static int set_modes(struct host *h, unsigned last)
{
	char *text = host_read(h, OPTIONS);
	unsigned long before = h->change.count;
	int r;

	if (!text)
		return -ENOENT;
	for (unsigned n = 1; text && n <= last; n++) {
		if (n == 1 || is_built(text, n))
			text = set_mode(text, n);
	}
	r = text ? change_write(&h->change, OPTIONS, text) : -ENOMEM;
	free(text);
	if (r == 0 && h->change.count != before)
		tell_what_is_left(h);
	return r;
}

static int setup(struct host *h)
{
	return set_modes(h, 1);
}

static int enable_global(struct host *h)
{
	return set_modes(h, MAX_PHP);
}

/* --- domains ------------------------------------------------------------------------------- */

static void count_domain(
	const struct host *h, const char *path, const char *options, struct domains *d)
{
	char *text = NULL;
	char *select;
	char *mode = NULL;
	unsigned n = 1;

	if (tree_read(&h->tree, path, &text) < 0)
		return;
	select = text_edit_get(text, TEXT_EDIT_SHELL, "php1_select");
	if (select && select[0] >= '1' && select[0] <= '9' && !select[1])
		n = (unsigned)(select[0] - '0');
	mode = option_of(options, n, "mode");
	if (mode && strcmp(mode, LSPHP) == 0 && is_built(options, n)) {
		char *release = option_of(options, n, "release");

		domains_add(d, release ? release : "", 1);
		free(release);
	}
	free(mode);
	free(select);
	free(text);
}

static void count_user(
	const struct host *h, const char *user, const char *options, struct domains *d)
{
	struct tree_names files;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), USERS "/%s/domains", user);
	if (tree_list(&h->tree, path, &files) < 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		size_t size = strlen(files.name[i]);
		const char *end = size > 5 ? files.name[i] + size - 5 : "";

		if (strcmp(end, ".conf") != 0 || strstr(files.name[i], ".hotlink.conf"))
			continue;
		(void)snprintf(path, sizeof(path), USERS "/%s/domains/%s", user, files.name[i]);
		count_domain(h, path, options, d);
	}
	tree_names_deinit(&files);
}

static int count_domains(const struct host *h, struct domains *d)
{
	char *options = host_read(h, OPTIONS);
	struct tree_names users;

	if (!options)
		return -ENOENT;
	for (unsigned n = 1; n <= MAX_PHP; n++) {
		char *release = is_built(options, n) ? option_of(options, n, "release") : NULL;

		if (release)
			domains_add(d, release, 0);
		free(release);
	}
	if (tree_list(&h->tree, USERS, &users) == 0) {
		for (size_t i = 0; i < users.count; i++)
			count_user(h, users.name[i], options, d);
		tree_names_deinit(&users);
	}
	free(options);
	return 0;
}

const struct panel panel_directadmin = {
	.id = PANEL_DIRECTADMIN,
	.mark = { "/usr/local/directadmin/directadmin", "/usr/local/directadmin/custombuild" },
	.layout = { &layout_redhat },
	.php = { &php_place_alt },
	.setup = setup,
	.enable_global = enable_global,
	.is_custombuild = true,
	.count_domains = count_domains,
};
