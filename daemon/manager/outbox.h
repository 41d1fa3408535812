#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Datagrams that did not fit into a socket's buffer, with duplicates of their descriptors, until
 * the socket is writable again. Bounded: whoever does not read its answers is dropped.
 */

#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "proto/fdpass.h"

enum outbox_result {
	OUTBOX_QUEUED = 1, /* not all is sent: wait until the socket is writable */
	OUTBOX_E_FULL      /* the bound is reached: drop the peer */
};

struct outbox {
	struct list items;
	size_t limit; /* datagrams */
};

void outbox_init(struct outbox *o, size_t limit);

/** outbox_deinit() - drop what is queued */
void outbox_deinit(struct outbox *o);

/**
 * outbox_send() - send now, or queue behind what is queued
 * @fds: not consumed; may be NULL
 *
 * Return: 0 if it is sent; OUTBOX_QUEUED; OUTBOX_E_FULL; -errno (-EPIPE: the peer has gone).
 */
int outbox_send(struct outbox *o, int sock, const void *data, size_t size,
	const struct fdpass_set *fds) ATTR_MUST_USE;

/** outbox_flush() - Return: 0 when all is sent; OUTBOX_QUEUED; -errno */
int outbox_flush(struct outbox *o, int sock) ATTR_MUST_USE;
