/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/cgroup.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/config/config_children.h"
#include "daemon/config/config_table.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/check/check.h"
#include "proto/pool_spec.h"

/** Descriptors of the manager that belong to no connection and no pool: sessions, logs, timers. */
#define OTHER_FILES 256U
/** Of a pool that runs: its socket and the pipe of its stderr. */
#define FILES_OF_POOL 2U
/** Files of /proc and of cgroups that are read. */
#define SMALL_FILE 65536U

static long long manager_pid(const struct check *c)
{
	return answer_number(json_object_get(c->status, "daemon"), "manager_pid");
}

/* Return: malloc'ed; NULL: it can not be read */
static char *read_small(int dir, const char *path)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	char *text = malloc(SMALL_FILE);
	size_t used = 0;
	ssize_t n = 1;

	while (fd >= 0 && text && used + 1 < SMALL_FILE && n > 0) {
		n = read(fd, text + used, SMALL_FILE - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || !text || n < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	return text;
}

/* The hard limit: the manager raises the soft one to it. Return: UINT64_MAX: none, or not known */
static uint64_t read_files_limit(long long pid)
{
	char path[64];
	char *text, *line;
	uint64_t hard = UINT64_MAX;
	unsigned long long soft;

	(void)snprintf(path, sizeof(path), "/proc/%lld/limits", pid);
	text = read_small(AT_FDCWD, path);
	line = text ? strstr(text, "\nMax open files") : NULL;
	if (!line || sscanf(line, "\nMax open files %llu %" SCNu64, &soft, &hard) != 2)
		hard = UINT64_MAX;
	free(text);
	return hard;
}

/* The manager keeps a descriptor of each connection, whoever has it. */
void check_limit_files(struct check *c)
{
	const struct config *k = c->config;
	/* no more pools run than there are children */
	uint64_t pools =
		k->max_pools < k->max_children_total ? k->max_pools : k->max_children_total;
	uint64_t need = k->max_children_total + FILES_OF_POOL * pools + OTHER_FILES;
	uint64_t have = read_files_limit(manager_pid(c));

	if (have >= need)
		return;
	check_add(c, CHECK_WARNING, NULL,
		"the manager may open %" PRIu64 " files; max_children_total %u and %" PRIu64
		" pools need %" PRIu64,
		have, k->max_children_total, pools, need);
	check_remedy(c,
		"systemctl edit lsapid: LimitNOFILE=%" PRIu64 "; or lower max_children_total",
		need);
}

/*
 * The least pids.max from @path, relative to @root, up to @root itself: that of a container has
 * one. Return: CGROUP_UNLIMITED: none; else @ret_at is where
 */
static uint64_t least_pids_max(int root, char *path, char *ret_at, size_t size)
{
	uint64_t least = CGROUP_UNLIMITED, value;

	for (;;) {
		char file[4096 + sizeof("/pids.max")];
		char *text, *slash = strrchr(path, '/');

		(void)snprintf(file, sizeof(file), "%s%spids.max", path, *path ? "/" : "");
		text = read_small(root, file);
		if (text && cgroup_parse_limit(text, &value) && value < least) {
			least = value;
			(void)str_copy(ret_at, size, file);
		}
		free(text);
		if (!*path)
			return least;
		*(slash ? slash : path) = '\0';
	}
}

/* Where the manager is: "0::/system.slice/lsapid.service". Return: false: not known */
static bool find_cgroup(long long pid, char *out, size_t size)
{
	char path[64];
	char *text, *line;
	bool is_found;

	(void)snprintf(path, sizeof(path), "/proc/%lld/cgroup", pid);
	text = read_small(AT_FDCWD, path);
	line = text ? strstr(text, "0::/") : NULL;
	if (line)
		line[strcspn(line, "\n")] = '\0';
	is_found = line && str_copy(out, size, line + 4);
	free(text);
	return is_found;
}

static void check_kernel(struct check *c, const char *path)
{
	char *text = read_small(AT_FDCWD, path);
	uint64_t value;

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (text && str_parse_uint(text, 0, UINT64_MAX, &value) &&
		value < c->config->max_children_total) {
		check_add(c, CHECK_WARNING, path,
			"the kernel has %" PRIu64 " processes at most, max_children_total is %u",
			value, c->config->max_children_total);
		check_remedy(c, "raise it (sysctl), or lower max_children_total");
	}
	free(text);
}

void check_limit_processes(struct check *c)
{
	ATTR_CLEANUP(fd_cleanup) int root = -1;
	char path[4096], at[4096] = "";
	uint64_t most = CGROUP_UNLIMITED;

	if (config_account_open(c->config, &root) == 0 && root >= 0 &&
		find_cgroup(manager_pid(c), path, sizeof(path)))
		most = least_pids_max(root, path, at, sizeof(at));
	if (most < c->config->max_children_total) {
		check_add(c, CHECK_WARNING, at,
			"lsapid and PHP may have %" PRIu64
			" processes there, max_children_total is %u",
			most, c->config->max_children_total);
		check_remedy(c, "systemctl edit lsapid: TasksMax=infinity; or lower "
				"max_children_total");
	}
	check_kernel(c, "/proc/sys/kernel/pid_max");
	check_kernel(c, "/proc/sys/kernel/threads-max");
}

void check_limit_cgroup(struct check *c)
{
	ATTR_CLEANUP(fd_cleanup) int root = -1;
	int r = config_account_open(c->config, &root);

	if (r < 0) {
		check_add(c, CHECK_WARNING, c->config->cgroup_root, "cgroup_root: %s",
			strerrordesc_np(-r));
		check_remedy(c, "set it to where cgroup v2 is mounted, or leave it out");
	} else if (root < 0) {
		check_add(c, CHECK_NOTE, NULL,
			"there is no cgroup v2: pids.max of accounts does not lower their children");
		check_remedy(c, "boot with systemd.unified_cgroup_hierarchy=1");
	}
}

/* What is written of @key: by a pool file, or in the defaults; UNLIMITED: nothing */
static uint64_t written(const struct config_pool *p, const char *key, uint64_t otherwise)
{
	uint64_t value;

	for (size_t i = 0; i < p->entry_count; i++)
		if (strcmp(p->entries[i].key, key) == 0)
			return str_parse_uint(p->entries[i].value, 0, UINT64_MAX - 1, &value)
				       ? value
				       : CGROUP_UNLIMITED;
	return otherwise;
}

static void say_children(
	struct check *c, const char *where, const char *name, uint64_t children, uint64_t processes)
{
	check_add(c, CHECK_WARNING, where,
		"%s: uid limit warning: children should be < NPROC: %" PRIu64 " children, %" PRIu64
		" processes",
		name, children, processes);
	check_remedy(c,
		"lower children (lsapi_backend_children), or raise limit_nproc, or TasksMax "
		"of the user's slice");
}

static bool is_told(const struct check *c, const char *where)
{
	for (size_t i = 0; *where && i < c->count; i++)
		if (c->finding[i].row == c->row && strcmp(c->finding[i].where, where) == 0)
			return true;
	return false;
}

/* B39, of pools that are known as the daemon sees it, and of pool files as they are written. */
void check_limit_children(struct check *c)
{
	const struct config_pool_defaults *d = &c->config->defaults;
	uint64_t nproc = d->limit_nproc >= CONFIG_UNSET_32 ? CGROUP_UNLIMITED : d->limit_nproc;
	const json_t *p;
	size_t i;

	for (i = 0; i < c->config->pool_count; i++) {
		const struct config_pool *pool = c->config->pools[i];
		uint64_t children = written(pool, SPEC_CHILDREN, CGROUP_UNLIMITED);
		uint64_t most = written(pool, SPEC_LIMIT_NPROC, nproc);
		char where[4096 + 16];

		if (children == CGROUP_UNLIMITED || most == CGROUP_UNLIMITED || children < most)
			continue;
		(void)snprintf(where, sizeof(where), "%s:%d", pool->file, pool->line);
		say_children(c, where, pool->name, children, most);
	}
	json_array_foreach(json_object_get(c->status, "pools"), i, p)
	{
		const char *file = answer_text(p, "pool_file");

		if (answer_is(p, "has_uid_limit_warning") && !is_told(c, file))
			say_children(c, file, answer_or_dash(p, "name"),
				(uint64_t)answer_number(p, "children"),
				(uint64_t)answer_number(p, "process_limit"));
	}
}
