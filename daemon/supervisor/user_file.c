/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/config/config_user.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/user_file_fetch.h"

/* All that an honest child writes; whatever is more than that comes from another. */
#define RECORD_MAX (sizeof(struct user_file_head) + CONFIG_USER_MAX_BYTES)

static const struct {
	const char *what;
	const char *remedy;
} texts[] = {
	[USER_FILE_FOUND] = { "is there", "none" },
	[USER_FILE_ABSENT] = { "is not there", "none" },
	[USER_FILE_E_HOME] = { "its directory cannot be entered by its user",
		"give the home directory to its user" },
	[USER_FILE_E_HOME_OWNER] = { "its directory belongs to somebody else, or all may write",
		"give the home directory to its user, and chmod o-w it" },
	[USER_FILE_E_LINK] = { "is a symbolic link", "put the file itself there" },
	[USER_FILE_E_KIND] = { "is not a regular file", "put a text file there" },
	[USER_FILE_E_OWNER] = { "belongs to another user", "make it anew as its user" },
	[USER_FILE_E_LINKS] = { "has another name, too (hard link)", "make a copy that has one" },
	[USER_FILE_E_WRITABLE] = { "is writable by group or others", "chmod go-w it" },
	[USER_FILE_E_SIZE] = { "is larger than 16 KiB", "write a shorter one" },
	[USER_FILE_E_ZERO] = { "has a zero byte", "this is not a text file" },
	[USER_FILE_E_SYSTEM] = { "cannot be read", "see whether its user can read it" },
	[USER_FILE_E_LATE] = { "could not be read within 2 s", "see why the home does not answer" },
	[USER_FILE_E_STUCK] = { "was not read: an earlier try still hangs",
		"see why the home does not answer" },
	[USER_FILE_E_CROWD] = { "was not read: too many of such files hang",
		"see why home directories do not answer" },
	[USER_FILE_E_DIED] = { "was not read: who read it was killed", "let it live" },
};

_Static_assert(sizeof(texts) / sizeof(texts[0]) == USER_FILE_RESULT_COUNT, "one per result");

void user_file_init(struct user_file *f)
{
	*f = (struct user_file){ .data_fd = -1, .report_fd = -1 };
}

void user_file_deinit(struct user_file *f)
{
	f->data_fd = fd_close(f->data_fd);
	f->report_fd = fd_close(f->report_fd);
	free(f->path);
	free(f->data);
	user_file_init(f);
}

static int start_child(struct user_file *f, const struct user_file_whose *whose, int write_fd)
{
	const struct user_file_order order = { .home = whose->home, .uid = whose->ident->uid };
	const struct child_plan plan = {
		.run = user_file_run,
		.run_argument = &order,
		.fd = { whose->null_fd, write_fd, whose->null_fd },
		.fd_count = 3,
		.has_identity = whose->is_privileged,
		.uid = whose->ident->uid,
		.gid = whose->ident->gid,
		.groups = whose->ident->groups,
		.group_count = whose->ident->group_count,
		.umask = 077,
		.death_signal = SIGKILL,
		.parent = whose->parent,
	};

	return child_start(&plan, &f->pid, &f->report_fd);
}

int user_file_start(struct user_file *f, const struct user_file_whose *whose, uint64_t now_ns)
{
	ATTR_CLEANUP(fd_cleanup) int write_fd = -1;
	int pipe_fd[2];
	int r;

	f->data = malloc(RECORD_MAX + 1);
	if (!f->data || asprintf(&f->path, "%s/" CONFIG_USER_FILE, whose->home) < 0) {
		f->path = NULL;
		return -ENOMEM;
	}
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return -errno;
	f->data_fd = pipe_fd[0];
	write_fd = pipe_fd[1];
	r = fd_set_nonblock(f->data_fd, true);
	if (r == 0)
		r = start_child(f, whose, write_fd);
	if (r < 0) {
		f->data_fd = fd_close(f->data_fd);
		return r;
	}
	f->deadline_ns = now_ns + USER_FILE_LIMIT_NS;
	return 0;
}

void user_file_finish(struct user_file *f, enum user_file_result result, int error)
{
	if (user_file_is_open(f))
		(void)kill(f->pid, SIGKILL);
	f->data_fd = fd_close(f->data_fd);
	f->report_fd = fd_close(f->report_fd);
	f->result = result;
	f->error = error;
}

static bool read_failure(const struct user_file *f, struct child_report *ret)
{
	int r;

	do /* what it goes on without is of no matter here */
		r = child_read_report(f->report_fd, ret);
	while (r == CHILD_GOES_ON);
	return r == CHILD_FAILED;
}

/* The pipe has ended: is what came out of it a whole record? */
static void judge(struct user_file *f)
{
	struct child_report report;
	struct user_file_head head;

	if (f->used < sizeof(head)) {
		bool is_told = read_failure(f, &report);

		user_file_finish(f, is_told ? USER_FILE_E_SYSTEM : USER_FILE_E_DIED,
			is_told ? report.error : 0);
		return;
	}
	memcpy(&head, f->data, sizeof(head));
	f->data[f->used] = '\0';
	if (head.result > USER_FILE_E_SYSTEM)
		head.result = USER_FILE_E_DIED; /* no word of ours */
	if (head.result == USER_FILE_FOUND &&
		memchr(f->data + sizeof(head), '\0', f->used - sizeof(head)))
		head.result = USER_FILE_E_ZERO;
	user_file_finish(f, (enum user_file_result)head.result, head.error);
}

bool user_file_read(struct user_file *f)
{
	while (user_file_is_open(f)) {
		/* with room for one more than there may be */
		ssize_t n = read(f->data_fd, f->data + f->used, RECORD_MAX + 1 - f->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			user_file_finish(f, USER_FILE_E_SYSTEM, errno);
		} else if (n == 0) {
			judge(f);
		} else {
			f->used += (size_t)n;
			if (f->used > RECORD_MAX)
				user_file_finish(f, USER_FILE_E_SIZE, 0);
		}
	}
	return true;
}

const char *user_file_text(const struct user_file *f, size_t *ret_size)
{
	*ret_size = f->used - sizeof(struct user_file_head);
	return f->data + sizeof(struct user_file_head);
}

const char *user_file_what(const struct user_file *f, char *out, size_t size)
{
	if (!f->error)
		return texts[f->result].what;
	(void)snprintf(out, size, "%s: %s", texts[f->result].what, strerrordesc_np(f->error));
	return out;
}

const char *user_file_remedy(const struct user_file *f)
{
	return texts[f->result].remedy;
}
