/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"

/* Return: bytes, NUL-terminated; -errno */
static ssize_t read_text(const char *path, char *text, size_t size)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n < 0)
		return -errno;
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

/* What has ended meanwhile is left out. */
static int add_name(struct procs *p, size_t *room, const char *name)
{
	char path[64], text[1024];
	struct proc one = { .pid = 0 };
	uint64_t pid;

	if (!str_parse_uint(name, 1, INT32_MAX, &pid))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%.20s/stat", name);
	one.pid = (pid_t)pid;
	if (read_text(path, text, sizeof(text)) <= 0 || !proc_stat_figures(text, &one.figures))
		return 0;
	return add(p, room, &one);
}

int procs_read(struct procs *ret_procs)
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
	while (dir && r == 0 && p.count < PROCS_MAX && (entry = readdir(dir)))
		r = add_name(&p, &room, entry->d_name);
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
