#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the manager knows of CRIU on this host, and what it has the supervisor do with images: the
 * list of all of them, and their removal. freeze.h makes them, thaw.h uses them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "proto/priv.h"

struct manager;
struct peer;
struct pool;

struct criu {
	enum priv_criu state;
	char text[PRIV_TEXT_SIZE]; /* its version, or why it does not work */
	bool has_told;             /* that it does not, though a pool wants it */
	uint64_t last_id;          /* of IMAGES; they count up */
	uint64_t reset_id;         /* of the IMAGES for the first of @resets; 0: none was sent */
	struct list resets;        /* names of pools whose images go, one IMAGES after the other */
};

void criu_init(struct criu *c);
void criu_deinit(struct criu *c);

/** criu_works() - as far as is known */
bool criu_works(const struct manager *m);

/** criu_state_name() - stable word for JSON */
const char *criu_state_name(enum priv_criu state);

/** criu_want() - a pool starts: if it wants CRIU where it does not work, that is said once */
void criu_want(const struct pool *p);

/** criu_reset_later() - remove the images of this name; several may be asked for in one turn */
void criu_reset_later(struct manager *m, const char *name);

/** criu_is_resetting() - has criu_reset_later() for this name not been carried out yet? */
bool criu_is_resetting(const struct manager *m, const char *name);

/**
 * criu_ask_images() - on behalf of an administrator
 * @name: PRIV_IMAGES_RESET: of the pools; else ""
 *
 * @peer is answered when the supervisor has done it. Return: 0; -errno
 */
int criu_ask_images(struct manager *m, struct peer *peer, uint32_t sequence, enum priv_images what,
	const char *name) ATTR_MUST_USE;

/** criu_answer_freeze() - whoever waits for this pool to be frozen. @error: 0 or an errno */
void criu_answer_freeze(const struct pool *p, int error, const char *detail);

/* What the supervisor says. Return: false: a violation */
bool criu_on_state(struct manager *m, const struct priv_message *msg);
bool criu_on_images(struct manager *m, const struct priv_message *msg, int fd);
