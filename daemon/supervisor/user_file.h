#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One reading of a user's own file, .lsapid.conf in his home, by a child that has become that user
 * for good: he can make it read nothing that he could not read himself. Root neither opens a path
 * of the home nor parses a byte of the file; a home that does not answer keeps the child, not us.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/clock.h"
#include "daemon/supervisor/ident.h"

/** A local disk answers within milliseconds; somebody waits for his page meanwhile. */
#define USER_FILE_LIMIT_NS (2 * NS_PER_S)

/** What has become of it. */
enum user_file_result {
	USER_FILE_FOUND = 0,
	USER_FILE_ABSENT,       /* no such file, or no home at all */
	USER_FILE_E_HOME,       /* the home directory cannot be entered: see the errno */
	USER_FILE_E_HOME_OWNER, /* it belongs to somebody else, or anybody may write to it */
	USER_FILE_E_LINK,       /* a symbolic link */
	USER_FILE_E_KIND,       /* not a regular file */
	USER_FILE_E_OWNER,      /* of somebody else */
	USER_FILE_E_LINKS,      /* it has a second name, which may be anywhere */
	USER_FILE_E_WRITABLE,   /* by group or others */
	USER_FILE_E_SIZE,       /* larger than CONFIG_USER_MAX_BYTES */
	USER_FILE_E_ZERO,       /* a zero byte: not a text file */
	USER_FILE_E_SYSTEM,     /* the system refused: see the errno */
	USER_FILE_E_LATE,       /* no answer within USER_FILE_LIMIT_NS */
	USER_FILE_E_STUCK,      /* an earlier reading still hangs */
	USER_FILE_E_CROWD,      /* too many hang */
	USER_FILE_E_DIED,       /* the child has ended half way: killed */
	USER_FILE_RESULT_COUNT
};

/** Whose file; all borrowed until user_file_start() returns. */
struct user_file_whose {
	const char *home;          /* absolute */
	const struct ident *ident; /* whom the child becomes */
	bool is_privileged;        /* else it stays who we are */
	int null_fd;
	pid_t parent; /* pid of this process */
};

struct user_file {
	char *path; /* owned: of the file, for people */
	pid_t pid;  /* 0: not started */
	int data_fd;
	int report_fd;        /* owned, both: -1 when the result is known */
	uint64_t deadline_ns; /* then it is late */
	char *data;           /* owned: what has come out of data_fd, with a NUL behind it */
	size_t used;
	enum user_file_result result;
	int error; /* errno, with some results */
};

void user_file_init(struct user_file *f);

/** user_file_deinit() - a child that runs goes on: whoever reaps it knows its pid */
void user_file_deinit(struct user_file *f);

/** user_file_start() - fork the child. Return: 0; -errno */
int user_file_start(
	struct user_file *f, const struct user_file_whose *whose, uint64_t now_ns) ATTR_MUST_USE;

/** user_file_read() - take what has come, without waiting. Return: true: the result is known */
bool user_file_read(struct user_file *f);

/** user_file_finish() - know the result without it, and kill the child if it runs */
void user_file_finish(struct user_file *f, enum user_file_result result, int error);

/** user_file_is_open() - is the result still to come? */
static inline bool user_file_is_open(const struct user_file *f)
{
	return f->data_fd >= 0;
}

/** user_file_text() - the bytes of a file that was found, ended by a NUL */
const char *user_file_text(const struct user_file *f, size_t *ret_size);

/** user_file_what() - what is wrong, in words; @out is used if an errno belongs to it */
const char *user_file_what(const struct user_file *f, char *out, size_t size);

/** user_file_remedy() - what to do about it */
const char *user_file_remedy(const struct user_file *f);
