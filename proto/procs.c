/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/** Its name, as lsapid-criu calls it. */
#define INIT_NAME "lsapid-criu"

/* Return: bytes, NUL-terminated; -errno */
static ssize_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return -error;
	text[n] = '\0';
	return n;
}

static int by_pid(const void *a, const void *b)
{
	const struct proc *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int by_parent(const void *a, const void *b, void *data)
{
	const struct procs *p = data;
	const struct proc *x = &p->item[*(const size_t *)a], *y = &p->item[*(const size_t *)b];

	if (x->figures.parent != y->figures.parent)
		return x->figures.parent > y->figures.parent ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

int procs_sort(struct procs *p)
{
	free(p->by_parent);
	p->by_parent = calloc(p->count ? p->count : 1, sizeof(*p->by_parent));
	if (!p->by_parent)
		return -ENOMEM;
	if (!p->count)
		return 0;
	qsort(p->item, p->count, sizeof(*p->item), by_pid);
	for (size_t i = 0; i < p->count; i++)
		p->by_parent[i] = i;
	qsort_r(p->by_parent, p->count, sizeof(*p->by_parent), by_parent, p);
	return 0;
}

static int add(struct procs *p, size_t *room, const struct proc *one)
{
	if (p->count == *room) {
		size_t more = *room ? 2 * *room : 512;
		struct proc *grown = reallocarray(p->item, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->item = grown;
		*room = more;
	}
	p->item[p->count++] = *one;
	return 0;
}

/* Return: the pid; 0: this is the name of something else */
static pid_t pid_of_name(const char *name)
{
	char *end;
	long pid = *name >= '1' && *name <= '9' ? strtol(name, &end, 10) : 0;

	return pid > 0 && pid <= INT32_MAX && *end == '\0' ? (pid_t)pid : 0;
}

/* What has ended meanwhile is left out. */
static int add_name(struct procs *p, size_t max, size_t *room, const char *name)
{
	char path[64], text[1024];
	struct proc one = { .pid = pid_of_name(name) };

	if (!one.pid)
		return 0;
	if (p->count == max)
		return -E2BIG;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", one.pid);
	if (read_text(path, text, sizeof(text)) <= 0 || !proc_stat_figures(text, &one.figures))
		return 0;
	return add(p, room, &one);
}

int procs_read(size_t max, struct procs *ret_procs)
{
	struct procs p = {
		.ticks_per_s = (double)sysconf(_SC_CLK_TCK),
		.page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024,
	};
	DIR *dir = opendir("/proc");
	struct timespec now = { .tv_sec = 0 };
	struct dirent *entry;
	size_t room = 0;
	int r = dir ? 0 : -errno;

	*ret_procs = (struct procs){ .item = NULL };
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (dir && r == 0 && (entry = readdir(dir)))
		r = add_name(&p, max, &room, entry->d_name);
	if (dir)
		(void)closedir(dir);
	/* after the reading, so that nothing seems younger than not at all */
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	p.uptime_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (r == 0)
		r = procs_sort(&p);
	if (r == 0)
		*ret_procs = p;
	else
		procs_deinit(&p);
	return r;
}

void procs_deinit(struct procs *p)
{
	free(p->item);
	free(p->by_parent);
	*p = (struct procs){ .item = NULL };
}

const struct proc *procs_find(const struct procs *p, pid_t pid)
{
	const struct proc key = { .pid = pid };

	return p->count ? bsearch(&key, p->item, p->count, sizeof(*p->item), by_pid) : NULL;
}

/* The first in by_parent whose parent is not less. */
static size_t first_child(const struct procs *p, pid_t parent)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->item[p->by_parent[middle]].figures.parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t procs_below(const struct procs *p, pid_t root, pid_t *ret_pids, size_t max)
{
	size_t count = 0;

	if (!max || !procs_find(p, root))
		return 0;
	ret_pids[count++] = root;
	/* the list grows while it is walked: children, grandchildren, and so on */
	for (size_t i = 0; i < count; i++) {
		for (size_t k = first_child(p, ret_pids[i]); k < p->count && count < max; k++) {
			const struct proc *child = &p->item[p->by_parent[k]];

			if (child->figures.parent != ret_pids[i])
				break;
			/* of processes that were read one after the other, a circle is possible */
			if (child->pid != root && child->pid != ret_pids[i])
				ret_pids[count++] = child->pid;
		}
	}
	return count;
}

bool procs_is_init(const struct proc *one)
{
	return strcmp(one->figures.name, INIT_NAME) == 0;
}

/* Where the tree of a pool begins: the init of a thawed PHP is above its parent. */
static pid_t find_root(const struct procs *p, pid_t parent)
{
	const struct proc *one = procs_find(p, parent);
	const struct proc *above = one ? procs_find(p, one->figures.parent) : NULL;

	return above && procs_is_init(above) ? above->pid : parent;
}

static bool has_pid(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

size_t procs_of_pool(
	const struct procs *p, pid_t parent, const pid_t *children, size_t count, pid_t *ret_pids)
{
	size_t found = 0, below;

	if (parent > 0)
		found = procs_below(p, find_root(p, parent), ret_pids, PROCS_OF_POOL_MAX);
	below = found;
	/* children whose parent has ended are not below it any more */
	for (size_t i = 0; i < count && found < PROCS_OF_POOL_MAX; i++)
		if (children[i] > 0 && !has_pid(ret_pids, below, children[i]) &&
			procs_find(p, children[i]))
			ret_pids[found++] = children[i];
	return found;
}

void procs_add_up(struct procs_sum *sum, const struct procs *p, const struct proc *one)
{
	sum->processes++;
	sum->cpu_s += procs_cpu_s(p, one) + procs_reaped_s(p, one);
	sum->rss_kib += procs_rss_kib(p, one);
}

double procs_cpu_s(const struct procs *p, const struct proc *one)
{
	return (double)one->figures.cpu_ticks / p->ticks_per_s;
}

double procs_reaped_s(const struct procs *p, const struct proc *one)
{
	return (double)one->figures.children_ticks / p->ticks_per_s;
}

double procs_age_s(const struct procs *p, const struct proc *one)
{
	double age = p->uptime_s - (double)one->figures.start_ticks / p->ticks_per_s;

	return age > 0 ? age : 0;
}

uint64_t procs_rss_kib(const struct procs *p, const struct proc *one)
{
	return one->figures.rss_pages * p->page_kib;
}

int procs_pss_kib(pid_t pid, uint64_t *ret_kib)
{
	static const char key[] = "\nPss:";
	char path[64], text[4096];
	const char *at;
	char *end;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	n = read_text(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	at = strstr(text, key);
	if (!at)
		return -ENODATA;
	*ret_kib = strtoull(at + sizeof(key) - 1, &end, 10);
	return end == at + sizeof(key) - 1 ? -ENODATA : 0;
}
