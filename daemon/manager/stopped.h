#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sites that an administrator has stopped: no PHP of theirs is started until it is lifted.
 *
 * What is noted is the user and the name, not the pool: neither a change of its directives nor the
 * next life of the manager makes a stopped site run again. A mark without a name is for all sites
 * of the user, those that nobody has visited yet among them. The marks stand in a file of the
 * manager's own directory, one a line, "UID NAME" or "UID", so they last as long as runtime_dir.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/base/map.h"

/** Name of the file. */
#define STOPPED_FILE "stopped"
/** Every pool of a host with the most that max_pools allows, with names of the usual length. */
#define STOPPED_MAX_BYTES (16U * 1024U * 1024U)

struct stopped_mark {
	struct list_node node;
	uid_t uid;
	char *name; /* owned; NULL: the user's, whatever they are called */
};

struct stopped {
	struct list marks;  /* in the order of coming */
	struct map by_hash; /* of the same */
};

void stopped_init(struct stopped *s);
void stopped_deinit(struct stopped *s);

/** stopped_has() - is this very mark there? @name: NULL: that of the user as a whole */
bool stopped_has(const struct stopped *s, uid_t uid, const char *name);

/** stopped_is() - may this site not run? */
bool stopped_is(const struct stopped *s, uid_t uid, const char *name);

/** stopped_add() - Return: 0, also if it is there already; -ENOMEM; -EINVAL: such a name has no
 * place in the file */
int stopped_add(struct stopped *s, uid_t uid, const char *name) ATTR_MUST_USE;

/** stopped_remove() - nothing if it is not there */
void stopped_remove(struct stopped *s, uid_t uid, const char *name);

/** stopped_hash() - the same for names that differ in case alone */
uint64_t stopped_hash(uid_t uid, const char *name);

/** stopped_parse() - add the marks of @text. Return: lines that are none, which are passed over */
size_t stopped_parse(struct stopped *s, char *text);

/** stopped_format() - the text of the file. Return: free() it; NULL: memory */
char *stopped_format(const struct stopped *s, size_t *ret_size);

/** stopped_load() - from the working directory; the log has what is wrong with it */
void stopped_load(struct stopped *s);

/** stopped_save() - whole or not at all. Return: 0; -errno */
int stopped_save(const struct stopped *s) ATTR_MUST_USE;
