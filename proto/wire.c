/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/wire.h"

#include <string.h>

static uint64_t reader_get_int(struct wire_reader *r, size_t size, bool is_big_endian)
{
	const uint8_t *p = wire_get_bytes(r, size);
	uint64_t v = 0;

	if (!p)
		return 0;
	for (size_t i = 0; i < size; i++)
		v = v << 8 | p[is_big_endian ? i : size - 1 - i];
	return v;
}

uint8_t wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)reader_get_int(r, 1, false);
}

uint64_t wire_get_u64(struct wire_reader *r)
{
	return reader_get_int(r, 8, r->is_big_endian);
}

struct wire_bytes wire_get_blob(struct wire_reader *r, size_t max)
{
	struct wire_bytes blob = { .data = NULL, .size = 0 };
	uint32_t size = wire_get_u32(r);

	if (size > max) {
		r->has_failed = true;
		return blob;
	}
	blob.data = wire_get_bytes(r, size);
	if (blob.data)
		blob.size = size;
	return blob;
}

size_t wire_reader_left(const struct wire_reader *r)
{
	return r->has_failed ? 0 : r->size - r->pos;
}

bool wire_reader_is_done(const struct wire_reader *r)
{
	return !r->has_failed && r->pos == r->size;
}

static void store_le(uint8_t *p, size_t size, uint64_t v)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void writer_put_le(struct wire_writer *w, size_t size, uint64_t v)
{
	uint8_t *p = wire_put_space(w, size);

	if (p)
		store_le(p, size, v);
}

void wire_writer_init(struct wire_writer *w, void *data, size_t size)
{
	*w = (struct wire_writer){ .base = data, .size = size };
}

void wire_put_u8(struct wire_writer *w, uint8_t v)
{
	writer_put_le(w, 1, v);
}

void wire_put_u16(struct wire_writer *w, uint16_t v)
{
	writer_put_le(w, 2, v);
}

void wire_put_u32(struct wire_writer *w, uint32_t v)
{
	writer_put_le(w, 4, v);
}

void wire_put_u64(struct wire_writer *w, uint64_t v)
{
	writer_put_le(w, 8, v);
}

void wire_put_bytes(struct wire_writer *w, const void *data, size_t size)
{
	uint8_t *p = wire_put_space(w, size);

	if (p)
		memcpy(p, data, size);
}

void wire_put_zeros(struct wire_writer *w, size_t count)
{
	uint8_t *p = wire_put_space(w, count);

	if (p)
		memset(p, 0, count);
}

void wire_put_blob(struct wire_writer *w, const void *data, size_t size)
{
	if (size > UINT32_MAX) {
		w->has_failed = true;
		return;
	}
	wire_put_u32(w, (uint32_t)size);
	wire_put_bytes(w, data, size);
}

static void writer_set_le(struct wire_writer *w, size_t at, size_t size, uint64_t v)
{
	if (w->has_failed)
		return;
	if (at > w->used || w->used - at < size) {
		w->has_failed = true;
		return;
	}
	store_le(w->base + at, size, v);
}

void wire_set_u16(struct wire_writer *w, size_t at, uint16_t v)
{
	writer_set_le(w, at, 2, v);
}

void wire_set_u32(struct wire_writer *w, size_t at, uint32_t v)
{
	writer_set_le(w, at, 4, v);
}
