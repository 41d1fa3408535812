#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A response on its way out: header, body and end leave in as few writes as possible.
 *
 * Nothing is sent before the buffer is full, PHP flushes, or the response ends; so a response of up
 * to OUTPUT_BUFFER_SIZE bytes is one writev(), packet headers interleaved with pieces of at most
 * LSAPI_STREAM_MAX bytes. One object per process, reused by each request.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lsphp/conn.h"

/** Larger than most pages. */
#define OUTPUT_BUFFER_SIZE (128U * 1024U)

struct output {
	struct conn *conn;  /* borrowed: server */
	uint8_t *header;    /* owned: RESP_HEADER, and what precedes it */
	size_t header_room; /* bytes allocated */
	size_t header_size; /* bytes to be sent before the body */
	bool has_header;    /* RESP_HEADER is among them or was sent */
	bool has_ended;     /* RESP_END was sent, or nobody is left to send it to */
	size_t used;        /* bytes in body */
	uint8_t body[OUTPUT_BUFFER_SIZE];
};

/** output_init() - once per process */
void output_init(struct output *o, struct conn *conn);
void output_deinit(struct output *o);

/** output_begin() - a new response */
void output_begin(struct output *o);

/**
 * output_reserve_header() - room for a RESP_HEADER of @size bytes
 *
 * Return: where to encode it, NULL without memory; then output_commit_header().
 */
uint8_t *output_reserve_header(struct output *o, size_t size);
void output_commit_header(struct output *o, size_t size);

/** output_write() - body bytes; false: the client is gone */
bool output_write(struct output *o, const void *data, size_t size);

/** output_flush() - send what is there; false: the client is gone */
bool output_flush(struct output *o);

/**
 * output_end() - send the rest and RESP_END
 * @usage:  goes before it; NULL: nobody has asked
 * @closes: CONN_CLOSE behind it
 */
void output_end(struct output *o, const struct lsapi_usage *usage, bool closes);

/** output_discard() - no more bytes for this response */
void output_discard(struct output *o);

/** output_stderr() - log text, at once; false if it cannot go over the connection */
bool output_stderr(struct output *o, const char *text, size_t size);

/** output_packet() - one packet without payload, at once */
bool output_packet(struct output *o, enum lsapi_type type);
