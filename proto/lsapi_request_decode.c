/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lsapi.h"

#include <string.h>

#define INDEX_ALIGN     8U
#define AT_INDEX_OFFSET 52U
/* Headers of the index that lsphp looks at: all but Transfer-Encoding, the last. */
#define SHOWN_HEADERS LSAPI_H_TRANSFER_ENCODING
/* Body length for "take it from Content-Length" and for "read none", int32 on the wire. */
#define BODY_BY_HEADER 0xfffffffeU
#define BODY_NONE      0xffffffffU
/* More digits than any real body has, fewer than overflow 63 bits. */
#define LENGTH_DIGITS_MAX 18U
/* First byte of the key of an ini override, and the class byte behind it. */
#define SPECIAL_INI     '\1'
#define SPECIAL_INI_MIN 3U

_Static_assert(SHOWN_HEADERS == LSAPI_KNOWN_HEADERS - 1, "the header not shown is the last");

/* The fixed header as it came, nothing checked. */
struct fixed_header {
	uint32_t block_size;
	uint32_t body_size;
	uint32_t script_file, script_name, query, method;
	uint32_t unknown_count, env_count, special_count;
};

/* A reader over the rest of the packet from @at on; decode() has checked that @at is inside. */
static struct wire_reader reader_at(const struct lsapi_request *q, uint32_t at)
{
	struct wire_reader r;
	wire_reader_init(&r, q->data + at, q->size - at);
	r.is_big_endian = q->is_big_endian;
	return r;
}

static bool entry_decode(struct wire_reader *r, struct lsapi_env *ret)
{
	uint32_t name_size = wire_get_u16be(r);
	uint32_t value_size = wire_get_u16be(r);
	if (name_size == 0 || value_size == 0)
		return false;
	const uint8_t *p = wire_get_bytes(r, (size_t)name_size + value_size);
	if (!p || p[name_size - 1] != 0 || p[name_size + value_size - 1] != 0)
		return false;
	*ret = (struct lsapi_env){
		.name = (const char *)p,
		.value = (const char *)p + name_size,
		.name_size = name_size - 1,
		.value_size = value_size - 1,
	};
	return true;
}

static int list_decode(struct wire_reader *r, uint32_t count, uint32_t *ret_at)
{
	struct lsapi_env env;
	uint32_t at = (uint32_t)r->pos;

	for (uint32_t i = 0; i < count; i++) {
		if (!entry_decode(r, &env))
			return LSAPI_E_ENTRY;
	}
	if (wire_get_u32(r) != 0 || r->has_failed)
		return LSAPI_E_ENTRY;
	*ret_at = at;
	return 0;
}

static int fixed_decode(struct wire_reader *r, struct fixed_header *ret)
{
	ret->block_size = wire_get_u32(r);
	ret->body_size = wire_get_u32(r);
	ret->script_file = wire_get_u32(r);
	ret->script_name = wire_get_u32(r);
	ret->query = wire_get_u32(r);
	ret->method = wire_get_u32(r);
	ret->unknown_count = wire_get_u32(r);
	ret->env_count = wire_get_u32(r);
	ret->special_count = wire_get_u32(r);
	if (r->has_failed)
		return LSAPI_E_LENGTH;
	/* negative ones are above every bound when read unsigned */
	if (ret->env_count > LSAPI_ENV_MAX || ret->special_count > LSAPI_ENV_MAX ||
		ret->unknown_count > LSAPI_REQUEST_MAX / LSAPI_UNKNOWN_HEADER_SIZE)
		return LSAPI_E_COUNT;
	return 0;
}

/* Takes what lies behind the lists: padding, index, table, block; nothing may be left over. */
static int tail_decode(
	struct wire_reader *r, const struct fixed_header *fixed, struct lsapi_request *ret)
{
	size_t rest = r->pos % INDEX_ALIGN;
	if (rest > 0)
		(void)wire_get_bytes(r, INDEX_ALIGN - rest); /* its failure is sticky */
	ret->index_at = (uint32_t)r->pos;
	(void)wire_get_bytes(r, LSAPI_HEADER_INDEX_SIZE);
	ret->unknown_count = fixed->unknown_count;
	ret->unknown_at = (uint32_t)r->pos;
	(void)wire_get_bytes(r, (size_t)fixed->unknown_count * LSAPI_UNKNOWN_HEADER_SIZE);
	ret->block_at = (uint32_t)r->pos;
	ret->block_size = fixed->block_size;
	if (fixed->block_size > 0)
		(void)wire_get_bytes(r, fixed->block_size);
	return wire_reader_is_done(r) ? 0 : LSAPI_E_SUM;
}

static bool is_in_block(const struct lsapi_request *q, uint32_t at, uint32_t size)
{
	return at <= q->block_size && size <= q->block_size - at;
}

/* A header's place in the index; an offset of 0 means that it is absent. */
static void index_get(
	const struct lsapi_request *q, unsigned known, uint32_t *ret_at, uint32_t *ret_size)
{
	struct wire_reader offset = reader_at(q, q->index_at + AT_INDEX_OFFSET + 4 * known);
	struct wire_reader length = reader_at(q, q->index_at + 2 * known);

	*ret_at = wire_get_u32(&offset);
	*ret_size = wire_get_u16(&length);
}

static int headers_check(const struct lsapi_request *q)
{
	for (unsigned i = 0; i < SHOWN_HEADERS; i++) {
		uint32_t at;
		uint32_t size;
		index_get(q, i, &at, &size);
		if (at != 0 && !is_in_block(q, at, size))
			return LSAPI_E_OFFSET;
	}
	struct wire_reader r = reader_at(q, q->unknown_at);
	/* name and value of each */
	for (uint32_t i = 0; i < 2 * q->unknown_count; i++) {
		uint32_t at = wire_get_u32(&r);
		uint32_t size = wire_get_u32(&r);
		if (!is_in_block(q, at, size))
			return LSAPI_E_OFFSET;
	}
	return 0;
}

/* NULL unless the text ends within the packet. */
static const char *text_at(const struct lsapi_request *q, uint32_t at)
{
	if (at >= q->size || !memchr(q->data + at, 0, q->size - at))
		return NULL;
	return (const char *)q->data + at;
}

static int texts_decode(struct lsapi_request *q, const struct fixed_header *fixed)
{
	q->script_file = text_at(q, fixed->script_file);
	q->script_name = text_at(q, fixed->script_name);
	q->query = text_at(q, fixed->query);
	q->method = text_at(q, fixed->method);
	return q->script_file && q->script_name && q->query && q->method ? 0 : LSAPI_E_OFFSET;
}

static bool decimal_parse(const char *text, uint32_t size, int64_t *ret)
{
	int64_t v = 0;

	if (size == 0 || size > LENGTH_DIGITS_MAX)
		return false;
	for (uint32_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (text[i] - '0');
	}
	*ret = v;
	return true;
}

/*
 * Without a length that can be trusted the end of the body, and with it the beginning of the next
 * request, would be unknown.
 */
static int body_size_decode(struct lsapi_request *q, uint32_t body_size)
{
	struct lsapi_http_header h;

	if (body_size <= INT32_MAX) {
		q->body_size = (int64_t)body_size;
		return 0;
	}
	if (body_size == BODY_NONE) {
		q->body_size = -1;
		return 0;
	}
	if (body_size != BODY_BY_HEADER ||
		!lsapi_request_get_header(q, LSAPI_H_CONTENT_LENGTH, &h) ||
		!decimal_parse(h.value, h.value_size, &q->body_size))
		return LSAPI_E_LENGTH;
	return 0;
}

static int packet_check(const uint8_t *data, size_t size, struct lsapi_packet *ret)
{
	if (size < LSAPI_PACKET_HEADER_SIZE)
		return LSAPI_E_LENGTH;
	int r = lsapi_packet_decode(data, ret);
	if (r != 0)
		return r;
	if (ret->type != LSAPI_BEGIN_REQUEST)
		return LSAPI_E_TYPE;
	if (ret->length != size || size > LSAPI_REQUEST_MAX)
		return LSAPI_E_LENGTH;
	return 0;
}

int lsapi_request_decode(const uint8_t *data, size_t size, struct lsapi_request *ret)
{
	struct lsapi_packet packet;
	struct fixed_header fixed;

	int r = packet_check(data, size, &packet);
	if (r != 0)
		return r;
	struct lsapi_request q = {
		.data = data,
		.size = (uint32_t)size,
		.is_big_endian = packet.is_big_endian,
	};
	struct wire_reader reader = reader_at(&q, 0);
	(void)wire_get_bytes(&reader, LSAPI_PACKET_HEADER_SIZE); /* checked already */
	r = fixed_decode(&reader, &fixed);
	if (r != 0)
		return r;
	q.special_count = fixed.special_count;
	q.env_count = fixed.env_count;
	r = list_decode(&reader, fixed.special_count, &q.special_at);
	if (r == 0)
		r = list_decode(&reader, fixed.env_count, &q.env_at);
	if (r == 0)
		r = tail_decode(&reader, &fixed, &q);
	if (r == 0)
		r = headers_check(&q);
	if (r == 0)
		r = texts_decode(&q, &fixed);
	if (r == 0)
		r = body_size_decode(&q, fixed.body_size);
	if (r != 0)
		return r;
	*ret = q;
	return 0;
}

static bool list_next(const struct lsapi_request *q, uint32_t list_at, uint32_t count,
	struct lsapi_iter *it, struct lsapi_env *ret)
{
	if (it->done >= count)
		return false;
	uint32_t at = it->done == 0 ? list_at : it->at;
	struct wire_reader r = reader_at(q, at);
	if (!entry_decode(&r, ret))
		return false;
	it->at = at + (uint32_t)r.pos;
	it->done++;
	return true;
}

bool lsapi_request_next_special(
	const struct lsapi_request *r, struct lsapi_iter *it, struct lsapi_env *ret)
{
	return list_next(r, r->special_at, r->special_count, it, ret);
}

bool lsapi_request_next_env(
	const struct lsapi_request *r, struct lsapi_iter *it, struct lsapi_env *ret)
{
	return list_next(r, r->env_at, r->env_count, it, ret);
}

bool lsapi_request_get_header(
	const struct lsapi_request *r, unsigned known, struct lsapi_http_header *ret)
{
	uint32_t at;
	uint32_t size;

	if (known >= SHOWN_HEADERS)
		return false;
	index_get(r, known, &at, &size);
	if (at == 0)
		return false;
	const char *name = lsapi_header_name(known);
	*ret = (struct lsapi_http_header){
		.name = name,
		.value = (const char *)r->data + r->block_at + at,
		.name_size = (uint32_t)strlen(name),
		.value_size = size,
		.known = (int)known,
	};
	return true;
}

static void unknown_get(
	const struct lsapi_request *q, uint32_t which, struct lsapi_http_header *ret)
{
	struct wire_reader r = reader_at(q, q->unknown_at + which * LSAPI_UNKNOWN_HEADER_SIZE);
	const char *block = (const char *)q->data + q->block_at;

	ret->name = block + wire_get_u32(&r);
	ret->name_size = wire_get_u32(&r);
	ret->value = block + wire_get_u32(&r);
	ret->value_size = wire_get_u32(&r);
	ret->known = -1;
}

bool lsapi_request_next_header(
	const struct lsapi_request *r, struct lsapi_iter *it, struct lsapi_http_header *ret)
{
	while (it->done < SHOWN_HEADERS) {
		if (lsapi_request_get_header(r, it->done++, ret))
			return true;
	}
	uint32_t which = it->done - SHOWN_HEADERS;
	if (which >= r->unknown_count)
		return false;
	unknown_get(r, which, ret);
	it->done++;
	return true;
}

/* As the reference: what is not known is the user's. */
static enum lsapi_ini_class ini_class_of(uint8_t byte)
{
	switch (byte) {
	case LSAPI_INI_ADMIN:
		return LSAPI_INI_ADMIN;
	case LSAPI_INI_SERVER:
		return LSAPI_INI_SERVER;
	case LSAPI_INI_FILE:
		return LSAPI_INI_FILE;
	case LSAPI_INI_SERVER_FILE:
		return LSAPI_INI_SERVER_FILE;
	default:
		return LSAPI_INI_USER;
	}
}

bool lsapi_ini_decode(const struct lsapi_env *special, enum lsapi_ini_class *ret_class,
	const char **ret_name, const char **ret_value)
{
	if (special->name_size < SPECIAL_INI_MIN || special->name[0] != SPECIAL_INI)
		return false;
	*ret_class = ini_class_of((uint8_t)special->name[1]);
	*ret_name = special->name + 2;
	*ret_value = special->value;
	return true;
}

bool lsapi_request_asks_usage(const struct lsapi_request *r)
{
	struct lsapi_iter it = { 0 };
	struct lsapi_env special;

	while (lsapi_request_next_special(r, &it, &special))
		if (strcmp(special.name, LSAPI_ASK_USAGE) == 0)
			return true;
	return false;
}
