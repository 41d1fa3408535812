/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/ini_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lsphp/sapi_internal.h"

/** Files kept; then the cache starts anew. A .htaccess can name as many as it likes. */
#define CACHE_MAX 64U
/** PHP's own php.ini is 70 KiB, most of it comments. */
#define SIZE_MAX_BYTES (256 * 1024)

/** A file as it was when it was read; a failure is kept, too, so that it is told of once. */
struct ini_file {
	struct stat seen;
	int error; /* errno; 0: it was read */
	HashTable settings;
};

/* One cache per process, keyed by path; PHP's callbacks leave no other place for it. */
static HashTable *cache;

/* "name[] = x" makes a list, "[PATH=/x]" a table; PHP would take either for text. */
static int keep_text(zval *value)
{
	return Z_TYPE_P(value) == IS_STRING ? ZEND_HASH_APPLY_KEEP : ZEND_HASH_APPLY_REMOVE;
}

void ini_file_read(const char *dir, const char *name, HashTable *settings)
{
	/* A missing file is the usual case and no error; what is wrong in one, PHP says. */
	(void)php_parse_user_ini_file(dir, name, settings);
	zend_hash_apply(settings, keep_text);
}

static void free_file(zval *value)
{
	struct ini_file *file = Z_PTR_P(value);
	zend_hash_destroy(&file->settings);
	free(file);
}

static struct ini_file *find(const char *path, size_t size)
{
	if (cache && zend_hash_num_elements(cache) >= CACHE_MAX)
		zend_hash_clean(cache);
	if (!cache) {
		cache = __zend_malloc(sizeof(*cache)); /* for the life of the process */
		zend_hash_init(cache, 8, NULL, free_file, 1);
	}
	struct ini_file *file = zend_hash_str_find_ptr(cache, path, size);
	if (file)
		return file;
	file = __zend_malloc(sizeof(*file));
	*file = (struct ini_file){ .error = 0 };
	zend_hash_init(&file->settings, 0, NULL, config_zval_dtor, 1);
	(void)zend_hash_str_update_ptr(cache, path, size, file);
	return file;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int look(const char *path, struct stat *ret_seen)
{
	if (stat(path, ret_seen) < 0)
		return errno;
	if (!S_ISREG(ret_seen->st_mode))
		return EINVAL;
	return ret_seen->st_size > SIZE_MAX_BYTES ? EFBIG : 0;
}

static void tell(const char *path, const char *why)
{
	char message[512];
	(void)snprintf(message, sizeof(message),
		"lsapi_phpini %.300s is not used: %s; it has to be a file of at most %d KiB that the "
		"user who runs PHP can read",
		path, why, SIZE_MAX_BYTES / 1024);
	sapi_output_log(message, 0);
}

/** The file may be the user's own, and is opened by a process of the user: this one. */
static void refresh(struct ini_file *file, const char *path)
{
	struct stat seen = { .st_size = 0 };
	int error = look(path, &seen);
	if (error == file->error && is_same(&seen, &file->seen))
		return;
	zend_hash_clean(&file->settings);
	file->seen = seen;
	/* Readable is asked for before: a file that is not would be one without settings. */
	if (!error && access(path, R_OK) < 0)
		error = errno;
	if (error && error != file->error)
		tell(path, error == EINVAL ? "it is no file" : strerrordesc_np(error));
	file->error = error;
	if (error)
		return;
	const char *name = strrchr(path, '/');
	char *dir = estrndup(path, (size_t)(name - path));
	ini_file_read(dir, name + 1, &file->settings);
	efree(dir);
}

void ini_file_apply(const char *path, bool is_trusted)
{
	if (path[0] != '/')
		return;
	struct ini_file *file = find(path, strlen(path));
	refresh(file, path);
	/* PHP_INI_ALL is any level, yet not that of php_admin_value: scripts may change it. */
	if (is_trusted)
		php_ini_activate_config(&file->settings, PHP_INI_ALL, PHP_INI_STAGE_ACTIVATE);
	else
		php_ini_activate_config(&file->settings, PHP_INI_PERDIR, PHP_INI_STAGE_HTACCESS);
}
