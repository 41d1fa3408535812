/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_images.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "/a//b/" is "/a/b". Return: the size; 0: "." or "..", which are no names of what is not there */
static size_t join(char *out, size_t used, const char *rest)
{
	while (*rest) {
		size_t size = strcspn(rest, "/");

		if ((size == 1 || size == 2) && strncmp(rest, "..", size) == 0)
			return 0;
		if (size > 0) {
			out[used++] = '/';
			memcpy(out + used, rest, size);
			used += size;
		}
		rest += size + (rest[size] == '/');
	}
	out[used] = '\0';
	return used;
}

/* What is there of @text, without links, and the rest of it. Return: 0; an errno. */
static int resolve(const char *text, char out[PATH_MAX], size_t *ret_size)
{
	char there[PATH_MAX], real[PATH_MAX];
	size_t end = strlen(text);

	memcpy(there, text, end + 1);
	while (!realpath(there, real)) {
		if (errno != ENOENT || end == 0)
			return errno;
		while (end > 0 && text[end - 1] == '/')
			end--;
		while (end > 0 && text[end - 1] != '/')
			end--;
		memcpy(there, end > 0 ? text : "/", end > 0 ? end : 1);
		there[end > 0 ? end : 1] = '\0';
	}
	const char *head = strcmp(real, "/") == 0 ? "" : real;
	size_t used = strlen(head);

	if (used + strlen(text + end) + 2 > PATH_MAX)
		return ENAMETOOLONG;
	(void)snprintf(out, PATH_MAX, "%s", head);
	*ret_size = join(out, used, text + end);
	return 0;
}

/* No specification of a pool can hold one. */
static bool has_control(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path < 0x20 || *path == 0x7f)
			return true;
	return false;
}

static const char *fault_of(int error)
{
	/* not strerror(): it is not safe with threads */
	switch (error) {
	case ENAMETOOLONG:
		return "too long";
	case EINVAL:
		return "not the path of a directory";
	default:
		return "its path can not be followed";
	}
}

/* lsapid looks again when it writes there, and at all directories above it. */
static void doubt(const char *path, char ret_why[SHIM_IMAGES_WHY_SIZE])
{
	struct stat st;

	if (stat(path, &st) < 0)
		return; /* lsapid makes it */
	if (!S_ISDIR(st.st_mode))
		(void)snprintf(ret_why, SHIM_IMAGES_WHY_SIZE, "it is no directory");
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		(void)snprintf(ret_why, SHIM_IMAGES_WHY_SIZE, "it belongs to uid %u, not to root",
			st.st_uid);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		(void)snprintf(ret_why, SHIM_IMAGES_WHY_SIZE,
			"others than root may write to it (mode %03o)", st.st_mode & 0777U);
}

bool shim_images_find(
	const char *text, char out[SHIM_IMAGES_PATH_SIZE], char ret_why[SHIM_IMAGES_WHY_SIZE])
{
	char path[PATH_MAX];
	size_t size = 0;
	int error = strlen(text) < sizeof(path) ? resolve(text, path, &size) : ENAMETOOLONG;

	if (!error && size >= SHIM_IMAGES_PATH_SIZE)
		error = ENAMETOOLONG;
	if (!error && (size == 0 || has_control(path)))
		error = EINVAL;
	if (error) {
		(void)snprintf(ret_why, SHIM_IMAGES_WHY_SIZE, "%s", fault_of(error));
		return false;
	}
	ret_why[0] = '\0';
	memcpy(out, path, size + 1);
	doubt(out, ret_why);
	return true;
}
