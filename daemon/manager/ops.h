#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The operation table of the control socket: message, role that it needs, handler. What is not in
 * it, or comes from a peer without the role, is a violation.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/control.h"

struct peer;

/** A whole message of a known type. Return: false: a violation, the peer is to be dropped */
typedef bool (*op_fn)(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);

struct op {
	enum control_type type;
	unsigned roles; /* ACCESS_*: one of them is needed */
	op_fn handler;
};

/** ops_dispatch() - handle one datagram. Return: false: a violation */
bool ops_dispatch(struct peer *p, const uint8_t *data, size_t size);

/* ops_shim.c */
bool ops_hello(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_pool(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_lease(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_return(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_close(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_cancel(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_terminate(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);

/* ops_admin.c */
bool ops_status(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_why(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
bool ops_reload(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);

/* ops_show.c */
bool ops_show(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);

/* ops_criu.c */
bool ops_criu(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);

/* ops_steer.c */
bool ops_steer(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size);
