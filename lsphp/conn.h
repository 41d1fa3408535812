#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One connection from the web server: buffered reading of request packets and bodies, gathered
 * writing. Owned by the server loop of one process.
 *
 * One recv() takes a whole small request, header and body together. Reading waits for ever for a
 * body, but only as long as SO_RCVTIMEO says for a request packet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "lsphp/retire.h"
#include "proto/lsapi.h"

/** The largest packet, and room for a body that comes with it. */
#define CONN_INPUT_SIZE (LSAPI_REQUEST_MAX + 1U + 32768U)

enum conn_error {
	CONN_E_EOF = 1, /* the peer has closed, or nothing is left for a leaving process */
	CONN_E_IDLE,    /* nothing came in LSAPI_MAX_IDLE seconds */
	CONN_E_BAD /* not LSAPI, or cut in the middle of a packet: enum lsapi_error in detail */
};

struct conn {
	int fd;                /* owned; -1 none */
	struct retire *retire; /* borrowed: server */
	bool is_broken;        /* a write failed: the client is gone */
	size_t input_size;     /* bytes in input */
	size_t packet_size;    /* of the current request */
	size_t body_at;        /* next byte of its body in input */
	uint64_t body_left;    /* bytes of it that the script has not read */
	int bad_detail;
	uint8_t input[CONN_INPUT_SIZE];
};

void conn_init(struct conn *c, struct retire *retire);

/** conn_open() - take over @fd; @idle_s becomes its SO_RCVTIMEO (0: none) */
void conn_open(struct conn *c, int fd, uint32_t idle_s);

/** conn_close() - close, forget all input */
void conn_close(struct conn *c);

/**
 * conn_read_request() - wait for the next request packet
 * @ret_request: checked request; its views lie in the connection's buffer until conn_next()
 *
 * Return: 0; CONN_E_EOF, CONN_E_IDLE, CONN_E_BAD: close the connection.
 */
int conn_read_request(struct conn *c, struct lsapi_request *ret_request)
	__attribute__((warn_unused_result));

/** conn_read_body() - fill @buf from the body; less than @size only at its end or when cut off */
size_t conn_read_body(struct conn *c, void *buf, size_t size);

/** conn_next() - forget the request and its unread body; false: the connection has to be closed */
bool conn_next(struct conn *c, uint64_t drain_max);

/**
 * conn_write() - write all of it
 * @iov: is used up
 *
 * Return: true; false and is_broken: the client is gone, or the process was told to stop.
 */
bool conn_write(struct conn *c, struct iovec *iov, size_t count);
