/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/sockets.h"

/* One file of /proc: a state, or the frames of a stack. */
#define DUMP_TEXT_SIZE 1024U
#define DUMP_PATH_SIZE 512U
#define DUMP_LINE_SIZE 4096U
/* A host in trouble is not to wait for what a site did. */
#define DUMP_PATIENCE_NS (200 * NS_PER_MS)

static void tell(FILE *copy, const char *event, const struct log_field *fields, size_t count)
{
	char line[DUMP_LINE_SIZE];

	if (log_is_on(LOG_LEVEL_WARN))
		(void)log_write(LOG_LEVEL_WARN, event, fields, count);
	(void)log_format(line, sizeof(line), event, fields, count);
	(void)fprintf(copy, "%s\n", line);
}

/* The text of a file, or what is wrong with it. Return: true: it is the text */
static bool read_text(int dir, const char *name, char *out, size_t size)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (n < 0) {
		(void)str_copy(out, size, err_name(errno));
		return false;
	}
	out[n] = '\0';
	return true;
}

static void read_link(int dir, const char *name, char *out, size_t size)
{
	ssize_t n = readlinkat(dir, name, out, size - 1);

	if (n < 0)
		(void)str_copy(out, size, err_name(errno));
	else
		out[n] = '\0';
}

/* One line of many. */
static void join_lines(char *text)
{
	for (; *text; text++)
		*text = *text == '\n' ? ' ' : *text;
}

/* "R (running)" of the line "State:\tR (running)". */
static void find_state(const char *status, char out[32])
{
	static const char name[] = "\nState:\t";
	const char *at = strstr(status, name);

	(void)snprintf(out, 32, "%.*s", at ? (int)strcspn(at + sizeof(name) - 1, "\n") : 1,
		at ? at + sizeof(name) - 1 : "?");
}

static void tell_state(FILE *copy, int dir, pid_t pid, const char *pool, const char *status)
{
	char wchan[64], syscall_text[256], cwd[DUMP_PATH_SIZE], stack[DUMP_TEXT_SIZE];
	char state[32];

	find_state(status, state);
	(void)read_text(dir, "wchan", wchan, sizeof(wchan));
	(void)read_text(dir, "syscall", syscall_text, sizeof(syscall_text));
	(void)read_text(dir, "stack", stack, sizeof(stack));
	read_link(dir, "cwd", cwd, sizeof(cwd));
	join_lines(syscall_text);
	join_lines(stack);

	const struct log_field fields[] = { F_STR("pool", pool), F_INT("pid", pid),
		F_STR("state", state), F_STR("cwd", cwd), F_STR("wchan", wchan),
		F_STR("syscall", syscall_text), F_STR("stack", stack) };

	tell(copy, "child.dump", fields, sizeof(fields) / sizeof(fields[0]));
}

/** Open files, and the peers of those that are sockets. */
struct files {
	size_t count;
	size_t socket_count;
	uint32_t untold;
	struct {
		char fd[16];
		char target[DUMP_PATH_SIZE];
		const struct socket_peer *peer; /* in peers; NULL: no socket */
	} file[DUMP_FILES_MAX];
	struct socket_peer peers[DUMP_FILES_MAX];
};

static void add_file(struct files *f, int fd, const char *name)
{
	size_t i = f->count;

	if (i == DUMP_FILES_MAX) {
		f->untold++;
		return;
	}
	f->count++;
	(void)str_copy(f->file[i].fd, sizeof(f->file[i].fd), name);
	read_link(fd, name, f->file[i].target, sizeof(f->file[i].target));
	f->file[i].peer = NULL;
	uint64_t inode = sockets_parse_link(f->file[i].target);

	if (!inode)
		return;
	f->peers[f->socket_count] = (struct socket_peer){ .inode = inode };
	f->file[i].peer = &f->peers[f->socket_count++];
}

static void list_files(int dir, struct files *f, uint64_t until_ns)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!files) {
		(void)fd_close(fd);
		return;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	while ((e = readdir(files)) && clock_now_ns() < until_ns) {
		if (e->d_name[0] != '.')
			add_file(f, fd, e->d_name);
	}
	(void)closedir(files);
}

static void tell_files(FILE *copy, int dir, pid_t pid, const char *pool)
{
	uint64_t until_ns = clock_now_ns() + DUMP_PATIENCE_NS;
	struct files f;

	f.count = 0;
	f.socket_count = 0;
	f.untold = 0;
	list_files(dir, &f, until_ns);
	sockets_find(dir, f.peers, f.socket_count, until_ns);
	for (size_t i = 0; i < f.count; i++) {
		const struct socket_peer *peer = f.file[i].peer;
		const struct log_field fields[] = { F_STR("pool", pool), F_INT("pid", pid),
			F_STR("fd", f.file[i].fd), F_STR("file", f.file[i].target),
			F_STR("peer", peer && peer->text[0] ? peer->text : "unknown") };

		tell(copy, "child.dump_file", fields, peer ? 5 : 4);
	}
	if (f.untold)
		tell(copy, "child.dump_file",
			(const struct log_field[]){ F_STR("pool", pool), F_INT("pid", pid),
				F_UINT("untold", f.untold) },
			3);
}

int dump_child(const struct kin *k, pid_t pid, const char *pool, int *ret_fd)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	char status[KIN_STATUS_SIZE];
	char path[32];
	char *text = NULL;
	size_t size = 0;
	FILE *copy;

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? KIN_E_GONE : err_origin(-errno);
	if (!read_text(dir, "status", status, sizeof(status)))
		return KIN_E_GONE;
	if (!kin_is(k, status))
		return KIN_E_STRANGER;
	copy = open_memstream(&text, &size);
	if (!copy)
		return err_origin(-ENOMEM);
	tell_state(copy, dir, pid, pool, status);
	tell_files(copy, dir, pid, pool);
	*ret_fd = fclose(copy) == 0 ? fd_memfd("lsapid-dump", text, size) : -ENOMEM;
	free(text);
	return *ret_fd < 0 ? *ret_fd : 0;
}
