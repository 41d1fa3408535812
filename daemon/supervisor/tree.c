/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "daemon/base/fd.h"

/* A fork bomb must not occupy us for ever: its pool's limits, not we, have to stop it. */
#define TREE_MAX_ROUNDS 16
#define TREE_MAX_PIDS   65536U

struct tree {
	pid_t *pid; /* owned */
	size_t count;
	size_t capacity;
};

static bool tree_has(const struct tree *t, pid_t pid)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->pid[i] == pid)
			return true;
	}
	return false;
}

static void tree_add(struct tree *t, pid_t pid)
{
	size_t capacity = t->capacity ? t->capacity * 2 : 64;
	pid_t *grown;

	if (pid <= 1 || t->count >= TREE_MAX_PIDS || tree_has(t, pid))
		return;
	if (t->count == t->capacity) {
		grown = realloc(t->pid, capacity * sizeof(*grown));
		if (!grown)
			return;
		t->pid = grown;
		t->capacity = capacity;
	}
	t->pid[t->count++] = pid;
}

/* The file is a list of numbers with spaces between. */
static void tree_add_file(struct tree *t, int dir_fd, const char *task)
{
	char name[64];
	char buffer[4096];
	pid_t pid = 0;
	ssize_t n;
	ssize_t i;
	int fd;

	(void)snprintf(name, sizeof(name), "%.32s/children", task);
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (i = 0; i < n; i++) {
			if (buffer[i] >= '0' && buffer[i] <= '9') {
				pid = pid * 10 + (buffer[i] - '0');
			} else if (pid) {
				tree_add(t, pid);
				pid = 0;
			}
		}
	}
	tree_add(t, pid);
	(void)fd_close(fd);
}

/* Every thread has children of its own. */
static void tree_add_children(struct tree *t, pid_t pid)
{
	char name[64];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(name, sizeof(name), "/proc/%d/task", pid);
	dir = opendir(name);
	if (!dir)
		return;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			tree_add_file(t, dirfd(dir), entry->d_name);
	}
	(void)closedir(dir);
}

/* The list grows while it is walked: children, grandchildren, and so on. */
static void tree_collect(struct tree *t, pid_t root)
{
	size_t i;

	tree_add_children(t, root);
	for (i = 0; i < t->count; i++)
		tree_add_children(t, t->pid[i]);
}

size_t tree_signal(pid_t root, int signal_number)
{
	struct tree t = { .pid = NULL };
	size_t count;
	size_t i;

	tree_collect(&t, root);
	for (i = 0; i < t.count; i++)
		(void)kill(t.pid[i], signal_number);
	count = t.count;
	free(t.pid);
	return count;
}

void tree_kill(pid_t root)
{
	struct tree t = { .pid = NULL };
	size_t known = 0;
	size_t i;
	int round;

	(void)kill(root, SIGSTOP);
	for (round = 0; round < TREE_MAX_ROUNDS; round++) {
		tree_collect(&t, root);
		if (t.count == known)
			break;
		for (i = known; i < t.count; i++)
			(void)kill(t.pid[i], SIGSTOP);
		known = t.count;
	}
	for (i = 0; i < t.count; i++)
		(void)kill(t.pid[i], SIGKILL);
	(void)kill(root, SIGKILL);
	free(t.pid);
}

pid_t tree_first_child(pid_t parent)
{
	struct tree t = { .pid = NULL };
	pid_t first;

	tree_add_children(&t, parent);
	first = t.count ? t.pid[0] : 0;
	free(t.pid);
	return first;
}
