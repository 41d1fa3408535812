/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/nspid.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/attr.h"
#include "daemon/base/fd.h"

/** More than the kernel writes into a status, but for its lists of groups and cpus. */
#define NSPID_STATUS_SIZE 4096U

uint32_t nspid_parse(const char *status)
{
	static const char key[] = "\nNSpid:";
	const char *at = strstr(status, key);
	unsigned long pid = 0;
	char *end;

	if (!at)
		return 0;
	/* from the namespace of the reader to the innermost, each after a tab */
	for (at += sizeof(key) - 1; *at == '\t'; at = end) {
		pid = strtoul(at + 1, &end, 10);
		if (end == at + 1)
			return 0;
	}
	return *at == '\n' && pid <= INT32_MAX ? (uint32_t)pid : 0;
}

static uint32_t read_nspid(unsigned long pid)
{
	char text[NSPID_STATUS_SIZE];
	char path[64];
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%lu/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return nspid_parse(text);
}

uint32_t nspid_find(int32_t parent, uint32_t told)
{
	unsigned long pid = 0;
	uint32_t found = 0;
	char path[64];
	FILE *list;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	list = fopen(path, "re");
	if (!list)
		return 0;
	while (!found && fscanf(list, "%lu", &pid) == 1) { /* NOLINT(cert-err34-c): the kernel's */
		if (read_nspid(pid) == told)
			found = (uint32_t)pid;
	}
	(void)fclose(list);
	return found;
}
