/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/base/attr.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/criu/digest.h"

/*
 * The features are early in the entry of the first processor. Entries are made when they are read,
 * and slowly, so no more than this is.
 */
#define CPUINFO_MAX 16384U

static size_t read_some(int fd, char *out, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, out + used, size - used > 4096 ? 4096 : size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
		/* an empty line ends the entry of the first processor */
		if (memmem(out, used, "\n\n", 2))
			break;
	}
	return used;
}

static bool is_features(const char *line)
{
	static const char *const keys[] = { "flags\t", "Features\t", "isa\t" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return true;
	}
	return false;
}

static uint64_t digest_of_features(void)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	char text[CPUINFO_MAX + 1];
	size_t size = fd < 0 ? 0 : read_some(fd, text, CPUINFO_MAX);
	uint64_t digest = DIGEST_INIT;

	text[size] = '\0';
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (is_features(line))
			digest = digest_add(digest, line, length);
		line += length;
		line += *line == '\n';
		if (*line == '\n')
			break;
	}
	return digest;
}

void host_init(struct host *h, const char *criu)
{
	struct utsname name;

	*h = (struct host){ .kernel = "unknown" };
	if (uname(&name) == 0)
		(void)str_copy(h->kernel, sizeof(h->kernel), name.release);
	(void)snprintf(h->cpu, sizeof(h->cpu), "%016" PRIx64, digest_of_features());
	(void)str_copy(h->criu, sizeof(h->criu), criu);
}
