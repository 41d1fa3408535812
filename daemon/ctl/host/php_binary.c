/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/php_binary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"

/* Source: mod_lsapi-manual; behaviours.md B81; the handler names are those that panels write. */
const struct php_place php_place_alt = { "/opt/alt", "php", "/usr/bin/lsphp",
	"application/x-httpd-alt-php%s___lsphp", "alt-php" };
const struct php_place php_place_alt_plesk = { "/opt/alt", "php", "/usr/bin/lsphp",
	"application/x-httpd-lsphp-%s", "alt-php" };
const struct php_place php_place_ea = { "/opt/cpanel", "ea-php", "/root/usr/bin/lsphp",
	"application/x-httpd-ea-php%s___lsphp", "ea-php" };
const struct php_place php_place_plesk = { "/opt/plesk/php", "", "/bin/lsphp",
	"application/x-httpd-lsphp-plesk-%s", "plesk-php" };
const struct php_place php_place_remi = { "/opt/remi", "php", "/root/usr/bin/lsphp",
	"application/x-httpd-remi-php%s___lsphp", "remi-php" };

bool php_binary_match(
	const struct php_place *place, const char *name, char ret_digits[PHP_BINARY_VERSION])
{
	size_t prefix = strlen(place->prefix);
	size_t used = 0;

	if (strncmp(name, place->prefix, prefix) != 0)
		return false;
	for (const char *c = name + prefix; *c; c++) {
		if (*c == '.' && used == 1 && c[-1] != '.')
			continue;
		if (*c < '0' || *c > '9' || used == PHP_BINARY_VERSION - 1)
			return false;
		ret_digits[used++] = *c;
	}
	ret_digits[used] = '\0';
	return used >= 2;
}

static int add(
	struct php_binaries *b, const struct php_place *place, const char *name, const char *digits)
{
	struct php_binary *item = reallocarray(b->item, b->count + 1, sizeof(*item));
	char handler[128];
	const char *mark = strstr(place->handler, "%s");

	if (!item)
		return -ENOMEM;
	b->item = item;
	item = &item[b->count++];
	*item = (struct php_binary){ .place = place };
	memcpy(item->digits, digits, sizeof(item->digits));
	(void)snprintf(handler, sizeof(handler), "%.*s%s%s", (int)(mark - place->handler),
		place->handler, digits, mark + 2);
	item->handler = strdup(handler);
	if (asprintf(&item->path, "%s/%s%s", place->parent, name, place->suffix) < 0)
		item->path = NULL;
	return item->path && item->handler ? 0 : -ENOMEM;
}

static int find_in(const struct tree *t, const struct php_place *place, struct php_binaries *b)
{
	struct tree_names names;
	char digits[PHP_BINARY_VERSION];
	int r = 0;

	if (tree_list(t, place->parent, &names) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		char path[PATH_MAX];

		if (!php_binary_match(place, names.name[i], digits))
			continue;
		(void)snprintf(
			path, sizeof(path), "%s/%s%s", place->parent, names.name[i], place->suffix);
		if (tree_exists(t, path))
			r = add(b, place, names.name[i], digits);
	}
	tree_names_deinit(&names);
	return r;
}

int php_binaries_find(
	const struct tree *t, const struct php_place *const *places, struct php_binaries *ret)
{
	int r = 0;

	*ret = (struct php_binaries){ .count = 0 };
	for (; r == 0 && *places; places++)
		r = find_in(t, *places, ret);
	if (r < 0)
		php_binaries_deinit(ret);
	return r;
}

void php_binaries_deinit(struct php_binaries *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->item[i].path);
		free(b->item[i].handler);
	}
	free(b->item);
	*b = (struct php_binaries){ .count = 0 };
}

const char *php_binary_native(const struct tree *t)
{
	static const char *const paths[] = { LSAPID_LIBEXECDIR "/lsphp", "/usr/local/bin/lsphp",
		"/usr/bin/lsphp" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (tree_exists(t, paths[i]))
			return paths[i];
	}
	return NULL;
}
