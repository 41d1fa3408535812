/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/user_ini.h"

#include <stdlib.h>
#include <string.h>

#include "lsphp/ini_file.h"
#include "lsphp/sapi_internal.h"

/** Directories kept; then the cache starts anew, so that a process cannot grow without bound. */
#define CACHE_MAX 1024U

struct user_ini_entry {
	time_t expires;
	HashTable settings;
};

/* One cache per process, keyed by directory; PHP's callbacks leave no other place for it. */
static HashTable *cache;

static void free_entry(zval *value)
{
	struct user_ini_entry *entry = Z_PTR_P(value);
	zend_hash_destroy(&entry->settings);
	free(entry);
}

static HashTable *get_cache(void)
{
	if (cache && zend_hash_num_elements(cache) >= CACHE_MAX)
		zend_hash_clean(cache);
	if (!cache) {
		cache = __zend_malloc(sizeof(*cache)); /* for the life of the process */
		zend_hash_init(cache, 8, NULL, free_entry, 1);
	}
	return cache;
}

static struct user_ini_entry *find_entry(const char *dir, size_t size)
{
	HashTable *table = get_cache();
	struct user_ini_entry *entry = zend_hash_str_find_ptr(table, dir, size);
	if (!entry) {
		entry = __zend_malloc(sizeof(*entry));
		entry->expires = 0;
		zend_hash_init(&entry->settings, 0, NULL, config_zval_dtor, 1);
		(void)zend_hash_str_update_ptr(table, dir, size, entry);
	}
	time_t now = (time_t)sapi_get_request_time();
	if (now >= entry->expires) {
		zend_hash_clean(&entry->settings);
		ini_file_read(dir, PG(user_ini_filename), &entry->settings);
		entry->expires = now + (time_t)PG(user_ini_cache_ttl);
	}
	return entry;
}

/** With a reference of its own: the cache may forget a directory before the last one is read. */
static int add_setting(zval *text, int argument_count, va_list arguments, zend_hash_key *key)
{
	HashTable *all = va_arg(arguments, HashTable *);
	zval value;
	(void)argument_count;
	if (!key->key)
		return ZEND_HASH_APPLY_KEEP;
	ZVAL_STR_COPY(&value, Z_STR_P(text));
	zend_hash_update(all, key->key, &value);
	return ZEND_HASH_APPLY_KEEP;
}

static void add_dir(HashTable *all, const char *dir, size_t size)
{
	char *copy = estrndup(dir, size);
	struct user_ini_entry *entry = find_entry(copy, size);
	efree(copy);
	zend_hash_apply_with_arguments(&entry->settings, add_setting, 1, all);
}

static size_t trimmed(const char *path)
{
	size_t size = strlen(path);
	while (size > 1 && path[size - 1] == '/')
		size--;
	return size;
}

/** is_below() - @dir is @root or inside of it */
static bool is_below(const char *dir, const char *root, size_t root_size)
{
	if (strncmp(dir, root, root_size) != 0)
		return false;
	return root_size == 1 || dir[root_size] == '/' || dir[root_size] == '\0';
}

void user_ini_apply(const char *dir, const char *root, const char *home)
{
	if (!PG(user_ini_filename) || !PG(user_ini_filename)[0])
		return;
	/* As in PHP-FPM the last word counts, also one that PHP then refuses. */
	HashTable all;
	zend_hash_init(&all, 8, NULL, config_zval_dtor, 0);
	/* Once more on the way down, if it is on it: what lies between has not been read yet. */
	if (home)
		add_dir(&all, home, trimmed(home));
	size_t size = trimmed(dir);
	size_t at = root && root[0] == '/' ? trimmed(root) : 0;
	if (at > 0 && is_below(dir, root, at)) {
		/* Each directory on the way down; what is deeper comes later and wins. */
		while (at < size) {
			add_dir(&all, dir, at);
			const char *slash = memchr(dir + at + 1, '/', size - at - 1);
			at = slash ? (size_t)(slash - dir) : size;
		}
	}
	add_dir(&all, dir, size);
	php_ini_activate_config(&all, PHP_INI_PERDIR, PHP_INI_STAGE_HTACCESS);
	zend_hash_destroy(&all);
}
