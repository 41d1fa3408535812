#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Opening a path that must be nobody's but root's (or our own user's, without privilege): walked
 * from / component by component, no link followed, every directory and the end of it checked on
 * the descriptor that was opened, so that nothing can be exchanged between check and use.
 *
 * A directory that anybody may write to is accepted on the way only if it is sticky, as /tmp: what
 * root owns in there, nobody else can rename or remove.
 */

#include <limits.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

enum path_check_kind {
	PATH_CHECK_FILE,      /* regular file, opened for reading */
	PATH_CHECK_PROGRAM,   /* regular, executable, no setuid; opened as O_PATH */
	PATH_CHECK_DIRECTORY, /* opened for reading */
	PATH_CHECK_KIND_COUNT
};

enum path_check_error {
	PATH_CHECK_E_NAME = 1,   /* not absolute, too long, or with "." or ".." in it */
	PATH_CHECK_E_MISSING,    /* a component is not there */
	PATH_CHECK_E_LINK,       /* a component is a symbolic link */
	PATH_CHECK_E_OWNER,      /* belongs to neither root nor us */
	PATH_CHECK_E_WRITABLE,   /* group or others may write to it */
	PATH_CHECK_E_KIND,       /* not a regular file, or not a directory */
	PATH_CHECK_E_NOT_EXEC,   /* a program without execute permission */
	PATH_CHECK_E_SETUID,     /* a program with setuid or setgid */
	PATH_CHECK_E_UNREADABLE, /* the system refused: see the errno */
	PATH_CHECK_E_NAMES,      /* a file to append to that has another name, too */
	PATH_CHECK_ERROR_COUNT
};

/** Where and why; for messages. */
struct path_check_fault {
	char at[PATH_MAX]; /* the component that is at fault, as a whole path */
	uid_t owner;
	mode_t mode;
	int system_errno; /* PATH_CHECK_E_UNREADABLE, _MISSING */
};

/**
 * path_check_open() - walk to @path and open it
 * @own_uid:    accepted as owner beside root; 0 when we are root
 * @ret_fd:     close-on-exec; the caller's
 * @reterr:     filled on failure; may be NULL
 *
 * Return: 0; enum path_check_error.
 * Source: OpenSSH misc.c (subprocess, safe_path), httpd suexec: what root doubts before it runs.
 */
int path_check_open(const char *path, enum path_check_kind kind, uid_t own_uid, int *ret_fd,
	struct path_check_fault *reterr) ATTR_MUST_USE;

/**
 * path_check_open_parent() - open the directory that @path is in, checked as above
 * @ret_name: the last component, inside @path
 *
 * Return: 0; enum path_check_error.
 */
int path_check_open_parent(const char *path, uid_t own_uid, int *ret_fd, const char **ret_name,
	struct path_check_fault *reterr) ATTR_MUST_USE;

/**
 * path_check_open_in() - open a regular file for reading, in a directory that was checked
 * @dir:  descriptor of it
 * @path: whole path; its last component is opened
 *
 * Return: 0; enum path_check_error.
 */
int path_check_open_in(int dir, const char *path, uid_t own_uid, int *ret_fd,
	struct path_check_fault *reterr) ATTR_MUST_USE;

/**
 * path_check_append_in() - open a regular file to append to, in a directory that was checked
 * @dir:   descriptor of it
 * @path:  whole path; its last component is opened, and made if it is missing
 * @group: of a file that is made; its mode is 0640. What exists stays as it is
 *
 * It belongs to us or root, has this one name, and nobody else may write to it.
 *
 * Return: 0; enum path_check_error.
 */
int path_check_append_in(int dir, const char *path, uid_t own_uid, gid_t group, int *ret_fd,
	struct path_check_fault *reterr) ATTR_MUST_USE;

/** path_check_text() - what is wrong, in words */
const char *path_check_text(int error);

/** path_check_remedy() - what to do about it */
const char *path_check_remedy(int error);
