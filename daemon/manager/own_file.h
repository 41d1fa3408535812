#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The user's own file, as far as a pool works by it. It is read at each start of the pool, by the
 * supervisor and as that user; here its bytes are a stranger's. What is wrong with it hurts nobody
 * else: the last version that was good goes on, or there is none.
 */

#include <stdbool.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "proto/priv.h"

struct pool;

struct own_file {
	char *path;            /* owned */
	struct config *config; /* owned: config_load_user(); NULL: nothing of it is in force */
	char *problem;         /* owned: with the file as it is now; NULL: none */
};

/** own_file_free() - accepts NULL; returns NULL */
struct own_file *own_file_free(struct own_file *f);

/** own_file_is_wanted() - does the administrator let it be read? */
bool own_file_is_wanted(struct pool *p);

/** own_file_ask() - ask the supervisor for it, with the id of the SPAWN to come. Return: 0; -errno
 */
int own_file_ask(struct pool *p) ATTR_MUST_USE;

/**
 * own_file_take() - the answer has come: the pool works by it
 * @fd: of the message; not consumed
 */
void own_file_take(struct pool *p, enum priv_user_file found, int fd);

/** own_file_section() - what it says about this pool; NULL: nothing */
const struct config_pool *own_file_section(const struct pool *p);

/** own_file_drop() - what it says can not be: without it, then */
void own_file_drop(struct pool *p, const char *what);
