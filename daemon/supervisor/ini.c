/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/ini.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/config/config_table.h"

#define INI_FILE "pool.ini"

/*
 * In single quotes PHP takes everything as it is, but has no way to write such a quote; that is
 * put between double ones, where it means nothing. Pieces that touch each other are one value.
 * Source: php-src Zend/zend_ini_scanner.l, zend_ini_parser.y.
 */
static void put_value(FILE *to, const char *value)
{
	if (!*value) {
		(void)fputs("\"\"", to);
		return;
	}
	while (*value) {
		size_t size = strcspn(value, "'");

		if (size)
			(void)fprintf(to, "'%.*s'", (int)size, value);
		value += size;
		if (*value) {
			(void)fputs("\"'\"", to);
			value++;
		}
	}
}

static int put_settings(FILE *to, const struct pool_spec *spec)
{
	static const size_t prefix = sizeof(SPEC_INI_PREFIX) - 1;
	const char *entry = NULL;

	while ((entry = pool_spec_next(spec, entry))) {
		const char *value = strchr(entry, '=');
		size_t size;

		if (strncmp(entry, SPEC_INI_PREFIX, prefix) != 0 || !value)
			continue;
		size = (size_t)(value - entry) - prefix;
		if (config_ini_is_forbidden(entry + prefix, size))
			return -EINVAL;
		(void)fprintf(to, "%.*s = ", (int)size, entry + prefix);
		put_value(to, value + 1);
		(void)fputc('\n', to);
	}
	return 0;
}

int ini_build(const struct pool_spec *spec, char **ret_text, size_t *ret_size)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int r;

	if (!to)
		return -ENOMEM;
	r = put_settings(to, spec);
	if (fclose(to) != 0 && r == 0)
		r = -ENOMEM;
	if (r || size == 0) {
		free(text);
		text = NULL;
	}
	if (r)
		return r;
	*ret_text = text;
	*ret_size = size;
	return 0;
}

static int open_dir(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void remove_name(int dir, const char *name)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open_dir(dir, name);

	if (fd >= 0) {
		/* an ordinary user needs the right that his PHP must not have */
		(void)fchmod(fd, 0700);
		(void)unlinkat(fd, INI_FILE, 0);
	}
	(void)unlinkat(dir, name, AT_REMOVEDIR);
}

/* What an earlier life has left. */
static int empty(int dir)
{
	int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	struct dirent *entry;
	DIR *stream;

	if (copy < 0)
		return -errno;
	stream = fdopendir(copy);
	if (!stream) {
		(void)fd_close(copy);
		return -ENOMEM;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] != '.')
			remove_name(dir, entry->d_name);
	}
	(void)closedir(stream);
	return 0;
}

int ini_prepare(int runtime_fd, int *ret_fd)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	int r;

	if (mkdirat(runtime_fd, "ini", 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open_dir(runtime_fd, "ini");
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0700) < 0)
		return -errno;
	r = empty(fd);
	if (r == 0)
		*ret_fd = fd_steal(&fd);
	return r;
}

static int write_file(int dir, const char *text, size_t size)
{
	int fd = openat(dir, INI_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, size);
	if (n < 0)
		error = errno;
	else if ((size_t)n != size)
		error = ENOSPC;
	/* read by whoever was handed the directory: there is no other way to it */
	if (!error && fchmod(fd, 0444) < 0)
		error = errno;
	(void)fd_close(fd);
	return -error;
}

int ini_make(int dir, uint64_t number, const char *text, size_t size, int *ret_fd)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char name[24];
	int r = 0;

	(void)snprintf(name, sizeof(name), "%" PRIu64, number);
	if (mkdirat(dir, name, 0700) < 0)
		return -errno;
	fd = open_dir(dir, name);
	if (fd < 0)
		r = fd;
	if (r == 0)
		r = write_file(fd, text, size);
	if (r == 0 && fchmod(fd, 0555) < 0)
		r = -errno;
	if (r)
		remove_name(dir, name);
	else
		*ret_fd = fd_steal(&fd);
	return r;
}

void ini_remove(int dir, uint64_t number)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%" PRIu64, number);
	remove_name(dir, name);
}
