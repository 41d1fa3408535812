#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bounds-checked reading and writing of bytes in memory that the caller owns.
 *
 * Every codec of this project goes through these two cursors; no struct is ever cast onto a
 * buffer. Errors are sticky: after the first failure every further call is a harmless no-op that
 * yields zero, so that a decoder reads straight through and asks once, at the end.
 *
 * Integers are little-endian unless the name says otherwise (_be) or the cursor was told so.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A view of bytes that belong to somebody else. May be empty with @data NULL. */
struct wire_bytes {
	const uint8_t *data; /* borrowed: the buffer it was read from */
	size_t size;
};

struct wire_reader {
	const uint8_t *base; /* borrowed: caller */
	size_t size;
	size_t pos;
	bool is_big_endian;
	bool has_failed;
};

struct wire_writer {
	uint8_t *base; /* borrowed: caller */
	size_t size;
	size_t used;
	bool has_failed;
};

static inline void wire_reader_init(struct wire_reader *r, const void *data, size_t size);
uint8_t wire_get_u8(struct wire_reader *r);
static inline uint16_t wire_get_u16(struct wire_reader *r);
static inline uint16_t wire_get_u16be(struct wire_reader *r);
static inline uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);

/**
 * wire_get_bytes() - borrow the next @size bytes
 *
 * Return: pointer into the buffer, valid as long as it is; NULL after a failure (also @size 0).
 */
static inline const uint8_t *wire_get_bytes(struct wire_reader *r, size_t size);

/** wire_get_blob() - u32 length, then that many bytes; a length above @max fails */
struct wire_bytes wire_get_blob(struct wire_reader *r, size_t max);

/** wire_reader_left() - bytes not yet read; 0 after a failure */
size_t wire_reader_left(const struct wire_reader *r);

/** wire_reader_is_done() - nothing failed and nothing is left over: the only success */
bool wire_reader_is_done(const struct wire_reader *r);

void wire_writer_init(struct wire_writer *w, void *data, size_t size);
void wire_put_u8(struct wire_writer *w, uint8_t v);
void wire_put_u16(struct wire_writer *w, uint16_t v);
static inline void wire_put_u16be(struct wire_writer *w, uint16_t v);
void wire_put_u32(struct wire_writer *w, uint32_t v);
void wire_put_u64(struct wire_writer *w, uint64_t v);
void wire_put_bytes(struct wire_writer *w, const void *data, size_t size);

/**
 * wire_put_space() - claim the next @size bytes for the caller to fill at once
 *
 * For entries of several parts on hot paths: one check instead of one per part.
 *
 * Return: pointer to exactly @size bytes; NULL after a failure (also @size 0).
 */
static inline uint8_t *wire_put_space(struct wire_writer *w, size_t size);

void wire_put_zeros(struct wire_writer *w, size_t count);
void wire_put_blob(struct wire_writer *w, const void *data, size_t size);

/** wire_set_u16() - as wire_set_u32(), two bytes */
void wire_set_u16(struct wire_writer *w, size_t at, uint16_t v);

/** wire_set_u32() - overwrite four bytes that were already put at @at; fails if they were not */
void wire_set_u32(struct wire_writer *w, size_t at, uint32_t v);

/*
 * Inline: what the LSAPI codecs call for every environment entry and header of every request.
 * Out of line these calls cost more than the rest of the decoder.
 */

static inline void wire_reader_init(struct wire_reader *r, const void *data, size_t size)
{
	*r = (struct wire_reader){ .base = (const uint8_t *)data, .size = size };
}

static inline const uint8_t *wire_get_bytes(struct wire_reader *r, size_t size)
{
	if (r->has_failed)
		return NULL;
	/* pos never exceeds size, so the difference can not wrap */
	if (size > r->size - r->pos) {
		r->has_failed = true;
		return NULL;
	}
	if (!size)
		return NULL;
	const uint8_t *p = r->base + r->pos;
	r->pos += size;
	return p;
}

static inline uint16_t wire_get_u16be(struct wire_reader *r)
{
	const uint8_t *p = wire_get_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint16_t wire_get_u16(struct wire_reader *r)
{
	uint16_t v = wire_get_u16be(r);

	return r->is_big_endian ? v : (uint16_t)(v << 8 | v >> 8);
}

static inline uint32_t wire_get_u32(struct wire_reader *r)
{
	const uint8_t *p = wire_get_bytes(r, 4);

	if (!p)
		return 0;
	if (r->is_big_endian)
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint8_t *wire_put_space(struct wire_writer *w, size_t size)
{
	if (w->has_failed)
		return NULL;
	if (size > w->size - w->used) {
		w->has_failed = true;
		return NULL;
	}
	if (!size)
		return NULL;
	uint8_t *p = w->base + w->used;
	w->used += size;
	return p;
}

static inline void wire_put_u16be(struct wire_writer *w, uint16_t v)
{
	uint8_t *p = wire_put_space(w, 2);

	if (!p)
		return;
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
