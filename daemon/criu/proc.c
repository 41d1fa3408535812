/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "proto/proc_stat.h"

struct pids {
	pid_t *pid;
	size_t max;
	size_t count;
};

static int pids_add(struct pids *p, pid_t pid)
{
	if (p->count == p->max)
		return -E2BIG;
	p->pid[p->count++] = pid;
	return 0;
}

/* The file is a list of numbers with spaces between, and a space at the end. */
static int pids_add_file(struct pids *p, int dir_fd, const char *task)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char name[64];
	char buffer[4096];
	pid_t pid = 0;
	ssize_t n;
	ssize_t i;
	int r;

	(void)snprintf(name, sizeof(name), "%.32s/children", task);
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) /* that thread has ended */
		return 0;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (i = 0; i < n; i++) {
			if (buffer[i] >= '0' && buffer[i] <= '9') {
				pid = pid * 10 + (buffer[i] - '0');
				continue;
			}
			r = pid ? pids_add(p, pid) : 0;
			if (r < 0)
				return r;
			pid = 0;
		}
	}
	return 0;
}

static DIR *open_tasks(pid_t pid)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "/proc/%d/task", pid);
	return opendir(name);
}

int proc_children(pid_t pid, pid_t *ret_pids, size_t max, size_t *ret_count)
{
	struct pids p = { .pid = ret_pids, .max = max };
	DIR *dir = open_tasks(pid);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			r = pids_add_file(&p, dirfd(dir), entry->d_name);
	}
	(void)closedir(dir);
	*ret_count = p.count;
	return r;
}

static bool read_stat(int dir_fd, const char *name, char *ret_state, pid_t *ret_parent)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return proc_stat_parse(text, ret_state, ret_parent);
}

pid_t proc_parent(pid_t pid)
{
	char name[64];
	char state;
	pid_t parent;

	(void)snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	return read_stat(AT_FDCWD, name, &state, &parent) ? parent : 0;
}

bool proc_is_still(pid_t pid)
{
	DIR *dir = open_tasks(pid);
	struct dirent *entry;
	bool is_still = true;

	if (!dir)
		return true;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (is_still && (entry = readdir(dir))) {
		char name[64];
		char state;
		pid_t parent;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%.32s/stat", entry->d_name);
		/* a thread that cannot be read has ended meanwhile */
		if (read_stat(dirfd(dir), name, &state, &parent))
			is_still = strchr("TtZX", state) != NULL;
	}
	(void)closedir(dir);
	return is_still;
}

bool proc_link(pid_t pid, const char *name, char *ret_text, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%.40s", pid, name);
	n = readlink(path, ret_text, size);
	if (n < 0 || (size_t)n >= size)
		return false;
	ret_text[n] = '\0';
	return true;
}
