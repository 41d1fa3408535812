/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/output.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_ROOM_FIRST 4096U
/** Pieces per writev(): the buffer and then as much of the script's own memory. */
#define PIECES_MAX  64U
#define VECTORS_MAX (2U * PIECES_MAX + 4U)

/** Vectors being gathered, and the packet headers between the pieces. */
struct gather {
	size_t vectors;
	size_t pieces;
	struct iovec iov[VECTORS_MAX];
	uint8_t packet[PIECES_MAX][LSAPI_PACKET_HEADER_SIZE];
	uint8_t usage[LSAPI_USAGE_SIZE];
	uint8_t end[2][LSAPI_PACKET_HEADER_SIZE];
};

static void gather_add(struct gather *g, void *data, size_t size)
{
	if (size > 0)
		g->iov[g->vectors++] = (struct iovec){ .iov_base = data, .iov_len = size };
}

/** gather_body() - pieces of RESP_STREAM; returns the bytes that found room */
static size_t gather_body(struct gather *g, uint8_t *data, size_t size)
{
	size_t done = 0;
	while (done < size && g->pieces < PIECES_MAX) {
		size_t piece = size - done < LSAPI_STREAM_MAX ? size - done : LSAPI_STREAM_MAX;
		uint8_t *packet = g->packet[g->pieces++];
		lsapi_packet_encode(
			packet, LSAPI_RESP_STREAM, (uint32_t)(piece + LSAPI_PACKET_HEADER_SIZE));
		gather_add(g, packet, LSAPI_PACKET_HEADER_SIZE);
		gather_add(g, data + done, piece);
		done += piece;
	}
	return done;
}

static void gather_buffered(struct output *o, struct gather *g)
{
	g->vectors = 0;
	g->pieces = 0;
	gather_add(g, o->header, o->header_size);
	(void)gather_body(g, o->body, o->used); /* always fits: see the assertion */
	o->header_size = 0;
	o->used = 0;
}

_Static_assert(OUTPUT_BUFFER_SIZE <= PIECES_MAX / 2 * LSAPI_STREAM_MAX,
	"the buffer and at least as much again go into one writev()");

void output_init(struct output *o, struct conn *conn)
{
	o->conn = conn;
	o->header = NULL;
	o->header_room = 0;
	o->header_size = 0;
	o->has_header = false;
	o->has_ended = true;
	o->used = 0;
}

void output_deinit(struct output *o)
{
	free(o->header);
	o->header = NULL;
	o->header_room = 0;
}

void output_begin(struct output *o)
{
	o->header_size = 0;
	o->has_header = false;
	o->has_ended = false;
	o->used = 0;
}

uint8_t *output_reserve_header(struct output *o, size_t size)
{
	size_t need = o->header_size + size;
	if (need > o->header_room) {
		size_t room = need > HEADER_ROOM_FIRST ? need : HEADER_ROOM_FIRST;
		uint8_t *larger = realloc(o->header, room);
		if (!larger)
			return NULL;
		o->header = larger;
		o->header_room = room;
	}
	return o->header + o->header_size;
}

void output_commit_header(struct output *o, size_t size)
{
	o->header_size += size;
	o->has_header = true;
}

/** write_through() - the buffer and @data, without copying @data */
static bool write_through(struct output *o, uint8_t *data, size_t size)
{
	struct gather g;
	gather_buffered(o, &g);
	for (;;) {
		size_t done = gather_body(&g, data, size);
		if (!conn_write(o->conn, g.iov, g.vectors))
			return false;
		data += done;
		size -= done;
		if (size == 0)
			return true;
		g.vectors = 0;
		g.pieces = 0;
	}
}

bool output_write(struct output *o, const void *data, size_t size)
{
	if (o->has_ended)
		return false;
	if (size <= sizeof(o->body) - o->used) {
		memcpy(o->body + o->used, data, size);
		o->used += size;
		return !o->conn->is_broken;
	}
	/* iovec has no const; writev() only reads. */
	union {
		const void *in;
		uint8_t *out;
	} bytes = { .in = data };
	return write_through(o, bytes.out, size);
}

bool output_flush(struct output *o)
{
	if (o->has_ended || o->conn->is_broken)
		return false;
	if (o->header_size == 0 && o->used == 0)
		return true;
	return write_through(o, NULL, 0);
}

void output_end(struct output *o, const struct lsapi_usage *usage, bool closes)
{
	if (o->has_ended)
		return;
	struct gather g;
	gather_buffered(o, &g);
	if (usage) {
		lsapi_usage_encode(g.usage, usage);
		gather_add(&g, g.usage, sizeof(g.usage));
	}
	lsapi_packet_encode(g.end[0], LSAPI_RESP_END, LSAPI_PACKET_HEADER_SIZE);
	lsapi_packet_encode(g.end[1], LSAPI_CONN_CLOSE, LSAPI_PACKET_HEADER_SIZE);
	gather_add(&g, g.end, LSAPI_PACKET_HEADER_SIZE * (closes ? 2U : 1U));
	(void)conn_write(o->conn, g.iov, g.vectors); /* a gone client is remembered there */
	o->has_ended = true;
}

void output_discard(struct output *o)
{
	o->header_size = 0;
	o->used = 0;
	o->has_ended = true;
}

bool output_stderr(struct output *o, const char *text, size_t size)
{
	if (o->has_ended || o->conn->fd < 0)
		return false;
	static const char newline[] = "\n";
	uint8_t packet[LSAPI_PACKET_HEADER_SIZE];
	union {
		const char *in;
		char *out;
	} bytes = { .in = text }, end = { .in = newline };
	do {
		size_t piece = size < LSAPI_STREAM_MAX - 1 ? size : LSAPI_STREAM_MAX - 1;
		size_t tail = piece == size ? 1 : 0;
		lsapi_packet_encode(packet, LSAPI_STDERR_STREAM,
			(uint32_t)(LSAPI_PACKET_HEADER_SIZE + piece + tail));
		struct iovec iov[] = {
			{ .iov_base = packet, .iov_len = sizeof(packet) },
			{ .iov_base = bytes.out, .iov_len = piece },
			{ .iov_base = end.out, .iov_len = tail },
		};
		if (!conn_write(o->conn, iov, sizeof(iov) / sizeof(iov[0])))
			return false;
		bytes.out += piece;
		size -= piece;
	} while (size > 0);
	return true;
}

bool output_packet(struct output *o, enum lsapi_type type)
{
	uint8_t packet[LSAPI_PACKET_HEADER_SIZE];
	lsapi_packet_encode(packet, type, sizeof(packet));
	struct iovec iov = { .iov_base = packet, .iov_len = sizeof(packet) };
	return conn_write(o->conn, &iov, 1);
}
