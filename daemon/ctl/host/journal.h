#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What was changed on a host, and how it was before: lines of a text. What a file had in it is
 * beside the journal, in files named after the number of the change. Pure.
 *
 *     lsapid-setup 1
 *     path 3 global file:644:0:0 file:644:0:0 /etc/cpanel/ea4/php.conf
 *     path 4 setup none link:../mods-available/lsapi.load /etc/apache2/mods-enabled/lsapi.load
 *     path 5 setup none directory:755:0:0 /etc/httpd/conf.modules.d
 *     run 6 setup /usr/local/psa/bin/php_handler --remove -id x-httpd-lsphp-74
 *
 * Words are apart by one blank; a blank, %, and what cannot be seen is written %20.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

#define JOURNAL_MAX_ENTRIES 4096U
#define JOURNAL_MAX_BYTES   (4U << 20)
#define JOURNAL_MAX_WORDS   24U
#define JOURNAL_MAX_GROUP   300U

enum journal_state_kind {
	JOURNAL_NONE, /* nothing of that name */
	JOURNAL_FILE,
	JOURNAL_LINK,
	JOURNAL_DIRECTORY
};

/** What is or was at a path. */
struct journal_state {
	enum journal_state_kind kind;
	mode_t mode; /* permission bits */
	uid_t uid;
	gid_t gid;
	char *target; /* owned; JOURNAL_LINK */
};

struct journal_entry {
	unsigned number; /* its place in the journal, from 1 on */
	char *group;     /* owned: what it belongs to: "setup", "global", "domain example.org" */
	bool is_command; /* argv undoes something that has no path */
	char *path;      /* owned */
	struct journal_state before;
	struct journal_state after;
	char *argv[JOURNAL_MAX_WORDS + 1]; /* owned; ends in NULL */
};

struct journal {
	struct journal_entry *entry; /* owned */
	size_t count;
	unsigned last_number;
};

void journal_deinit(struct journal *j);
void journal_state_deinit(struct journal_state *s);

/**
 * journal_add_path() - a path that is about to change
 *
 * The states are copied. Return: the entry's number; -ENOMEM; -E2BIG.
 */
int journal_add_path(struct journal *j, const char *group, const char *path,
	const struct journal_state *before, const struct journal_state *after) ATTR_MUST_USE;

/** journal_add_run() - a command that will undo what is about to be done. Return: as above */
int journal_add_run(struct journal *j, const char *group, const char *const *argv) ATTR_MUST_USE;

/** journal_remove() - the entry at an index: it is undone, or never happened */
void journal_remove(struct journal *j, size_t index);

/** journal_encode() - Return: malloc'ed text; NULL: memory */
char *journal_encode(const struct journal *j);

/**
 * journal_decode() - the whole of @text, or nothing of it
 * @j: empty
 *
 * Return: 0; -EINVAL; -E2BIG; -ENOMEM: it is empty again.
 */
int journal_decode(struct journal *j, const char *text, size_t size) ATTR_MUST_USE;
