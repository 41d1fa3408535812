#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Everything that the manager may ask of root: one table of type, phase and handler. What is not in
 * it, or not now, comes from a manager that is broken or compromised: it is killed and replaced.
 */

#include "proto/fdpass.h"
#include "proto/priv.h"

struct supervisor;

enum request_phase {
	REQUEST_PHASE_STARTING = 1, /* between SETUP and READY */
	REQUEST_PHASE_UP = 2,
	REQUEST_PHASE_STOPPING = 4
};

struct request {
	enum priv_type type;
	unsigned phases; /* enum request_phase, or-ed: when it is legal */
	/** Return: 0; 1 if the message is not what an honest manager sends */
	int (*run)(
		struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds);
};

/** requests_find() - the row of @type if it is legal in @phase, else NULL */
const struct request *requests_find(enum priv_type type, enum request_phase phase);

/**
 * requests_dispatch() - one datagram of the manager
 * @fds: not consumed
 *
 * Return: NULL; what is wrong with it, for the log: the caller kills the manager.
 */
const char *requests_dispatch(
	struct supervisor *s, const uint8_t *data, size_t size, const struct fdpass_set *fds);
