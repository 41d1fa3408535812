/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/reason.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"

/** At its longest a log has some megabytes; the errors of a failed run are far before that. */
#define REASON_MAX_BYTES (1U << 20)

/*
 * What says nothing: probes of what a kernel has, limits that a start without CAP_SYS_RESOURCE
 * cannot raise either, and the last words of every failed run.
 */
static const char *const noise[] = {
	"exited, status=",
	"execvp(",
	"Can't setup RLIMIT_NOFILE",
	"Dumping FAILED",
	"Restoring FAILED",
};

static bool is_noise(const char *line, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		if (memmem(line, size, noise[i], strlen(noise[i])))
			return true;
	}
	return false;
}

/* "(00.012) 77: Error (criu/files.c:12): words" to "words". Return: NULL if it is no error. */
static const char *find_words(const char *line, size_t size)
{
	static const char mark[] = "Error (";
	static const char end_mark[] = "): ";
	const char *at = memmem(line, size, mark, sizeof(mark) - 1);
	const char *end = line + size;
	const char *words;

	if (!at)
		return NULL;
	words = memmem(at, (size_t)(end - at), end_mark, sizeof(end_mark) - 1);
	if (!words || words + sizeof(end_mark) - 1 == end)
		return NULL;
	return words + sizeof(end_mark) - 1;
}

int reason_find(const char *log, size_t size, struct why *ret_why)
{
	const char *end = log + size;
	const char *found = NULL;
	size_t found_size = 0;

	while (log < end) {
		const char *newline = memchr(log, '\n', (size_t)(end - log));
		const char *line_end = newline ? newline : end;
		const char *words = find_words(log, (size_t)(line_end - log));

		if (words) {
			found = words;
			found_size = (size_t)(line_end - words);
			if (!is_noise(found, found_size))
				break;
		}
		log = line_end + 1;
	}
	if (!found)
		return 1;
	/* a longer one is cut anyway */
	if (found_size > JOB_TEXT_SIZE)
		found_size = JOB_TEXT_SIZE;
	why_set(ret_why, "%.*s", (int)found_size, found);
	return 0;
}

int reason_read(int dir, const char *name, struct why *ret_why)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char *log = malloc(REASON_MAX_BYTES);
	size_t size = 0;
	int r;

	if (!log)
		return 1;
	while (fd >= 0 && size < REASON_MAX_BYTES) {
		ssize_t n = read(fd, log + size, REASON_MAX_BYTES - size);

		if (n <= 0)
			break;
		size += (size_t)n;
	}
	r = reason_find(log, size, ret_why);
	free(log);
	return r;
}
