/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lsapi.h"

#include <string.h>

/* Where the parts lie in the fixed header and in the header index. */
#define AT_BLOCK_SIZE   8U
#define AT_BODY_SIZE    12U
#define AT_SCRIPT_FILE  16U
#define AT_SCRIPT_NAME  20U
#define AT_QUERY        24U
#define AT_METHOD       28U
#define AT_UNKNOWN      32U
#define AT_ENV          36U
#define AT_SPECIAL      40U
#define AT_INDEX_OFFSET 52U

/* After each of the two lists. */
#define LIST_END_SIZE 4U
/* The header index begins on a multiple of it, counted from the packet. */
#define INDEX_ALIGN 8U
/* Body length for "take it from Content-Length". */
#define BODY_BY_HEADER 0xfffffffeU /* int32 -2 */
/* First byte of the key of an ini override. */
#define SPECIAL_INI 0x01U

enum request_phase {
	PHASE_SPECIAL,
	PHASE_ENV,
	PHASE_HEADERS,
	PHASE_DONE
};

/* Places within the packet that the header lines fill in one after another. */
struct header_parts {
	size_t index_at;
	size_t unknown_at;
	size_t block_at;
};

static void encode_fail(struct lsapi_request_encoder *e, enum lsapi_error error)
{
	if (!e->error)
		e->error = (int)error;
}

void lsapi_request_encode_init(struct lsapi_request_encoder *e, void *buf, size_t size)
{
	/* Field by field: the array of headers is large and need not be cleared. */
	wire_writer_init(&e->w, buf, size < LSAPI_REQUEST_MAX ? size : LSAPI_REQUEST_MAX);
	e->error = 0;
	e->phase = PHASE_SPECIAL;
	e->special_count = 0;
	e->env_count = 0;
	e->header_count = 0;
	e->unknown_count = 0;
	e->known_seen = 0;
	e->known_again = 0;
	e->off_script_file = 0;
	e->off_script_name = 0;
	e->off_query = 0;
	e->off_method = 0;
	wire_put_zeros(&e->w, LSAPI_REQUEST_HEADER_SIZE);
}

/* Goes forward only, closing the lists on the way. */
static bool encode_enter(struct lsapi_request_encoder *e, enum request_phase phase)
{
	if (e->phase > (int)phase) {
		encode_fail(e, LSAPI_E_ORDER);
		return false;
	}
	for (; e->phase < (int)phase; e->phase++) {
		if (e->phase < PHASE_HEADERS)
			wire_put_zeros(&e->w, LIST_END_SIZE);
	}
	return !e->error;
}

/*
 * Lengths on the wire count the NUL and are 16 bits wide. A text that does not fit them does not
 * fit into the packet either, which the writer notices as soon as the text itself is put.
 */
static void encode_entry_sizes(struct lsapi_request_encoder *e, size_t name_size, size_t value_size)
{
	wire_put_u16be(&e->w, (uint16_t)(name_size + 1));
	wire_put_u16be(&e->w, (uint16_t)(value_size + 1));
}

static void encode_count_special(struct lsapi_request_encoder *e)
{
	if (++e->special_count > LSAPI_ENV_MAX)
		encode_fail(e, LSAPI_E_COUNT);
}

void lsapi_request_encode_ini(struct lsapi_request_encoder *e, enum lsapi_ini_class ini_class,
	const char *name, const char *value)
{
	size_t name_size = strlen(name);
	size_t value_size = strlen(value);
	if (!encode_enter(e, PHASE_SPECIAL))
		return;
	encode_entry_sizes(e, 2 + name_size, value_size);
	wire_put_u8(&e->w, SPECIAL_INI);
	wire_put_u8(&e->w, (uint8_t)ini_class);
	wire_put_bytes(&e->w, name, name_size + 1);
	wire_put_bytes(&e->w, value, value_size + 1);
	encode_count_special(e);
}

void lsapi_request_encode_ask_usage(struct lsapi_request_encoder *e)
{
	static const char entry[] = LSAPI_ASK_USAGE "\0"; /* its value is empty */
	if (!encode_enter(e, PHASE_SPECIAL))
		return;
	encode_entry_sizes(e, sizeof(entry) - 2, 0);
	wire_put_bytes(&e->w, entry, sizeof(entry));
	encode_count_special(e);
}

/* The fixed header points at the values of four variables; of two the last, as in $_SERVER. */
static void encode_note_offset(
	struct lsapi_request_encoder *e, const char *name, size_t name_size, uint32_t value_at)
{
	switch (name_size) {
	case sizeof("SCRIPT_NAME") - 1:
		if (memcmp(name, "SCRIPT_NAME", name_size) == 0)
			e->off_script_name = value_at;
		break;
	case sizeof("QUERY_STRING") - 1:
		if (memcmp(name, "QUERY_STRING", name_size) == 0)
			e->off_query = value_at;
		break;
	case sizeof("REQUEST_METHOD") - 1:
		if (memcmp(name, "REQUEST_METHOD", name_size) == 0)
			e->off_method = value_at;
		break;
	case sizeof("SCRIPT_FILENAME") - 1:
		if (memcmp(name, "SCRIPT_FILENAME", name_size) == 0)
			e->off_script_file = value_at;
		break;
	default:
		break;
	}
}

void lsapi_request_encode_env(struct lsapi_request_encoder *e, const char *name, size_t name_size,
	const char *value, size_t value_size)
{
	if (!encode_enter(e, PHASE_ENV))
		return;
	encode_entry_sizes(e, name_size, value_size);
	uint8_t *p = wire_put_space(&e->w, name_size + value_size + 2);
	if (!p)
		return;
	uint8_t *value_p = p + name_size + 1;
	memcpy(p, name, name_size);
	p[name_size] = 0;
	memcpy(value_p, value, value_size);
	value_p[value_size] = 0;
	encode_note_offset(e, name, name_size, (uint32_t)(value_p - e->w.base));
	if (++e->env_count > LSAPI_ENV_MAX)
		encode_fail(e, LSAPI_E_COUNT);
}

void lsapi_request_encode_header(struct lsapi_request_encoder *e, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	if (!encode_enter(e, PHASE_HEADERS))
		return;
	if (e->header_count == LSAPI_HEADERS_MAX) {
		encode_fail(e, LSAPI_E_COUNT);
		return;
	}
	if (name_size > UINT16_MAX || value_size > UINT16_MAX) {
		encode_fail(e, LSAPI_E_FULL);
		return;
	}
	int known = lsapi_header_find(name, name_size);
	if (known < 0) {
		e->unknown_count++;
	} else {
		uint32_t bit = 1U << known;
		e->known_again |= e->known_seen & bit;
		e->known_seen |= bit;
	}
	e->header[e->header_count++] = (struct lsapi_header_ref){
		.name = name,
		.value = value,
		.name_size = (uint16_t)name_size,
		.value_size = (uint16_t)value_size,
		.known = (int16_t)known,
	};
}

/* Values of later headers with the same index, after the first one's. */
static void encode_merged_values(struct lsapi_request_encoder *e, uint32_t first)
{
	const char *separator = e->header[first].known == LSAPI_H_COOKIE ? "; " : ", ";
	for (uint32_t i = first + 1; i < e->header_count; i++) {
		const struct lsapi_header_ref *h = &e->header[i];
		if (h->known != e->header[first].known)
			continue;
		wire_put_bytes(&e->w, separator, 2);
		wire_put_bytes(&e->w, h->value, h->value_size);
	}
}

static void encode_known_line(
	struct lsapi_request_encoder *e, const struct header_parts *parts, uint32_t which)
{
	const struct lsapi_header_ref *h = &e->header[which];
	size_t known = (size_t)h->known;
	uint32_t bit = 1U << known;

	if (!(e->known_seen & bit))
		return; /* merged into its first line */
	e->known_seen &= ~bit;
	wire_put_bytes(&e->w, h->name, h->name_size);
	wire_put_bytes(&e->w, ": ", 2);
	size_t value_at = e->w.used;
	wire_put_bytes(&e->w, h->value, h->value_size);
	if (e->known_again & bit)
		encode_merged_values(e, which);
	/* Casts lose nothing: the packet has at most LSAPI_REQUEST_MAX bytes. */
	wire_set_u16(&e->w, parts->index_at + 2 * known, (uint16_t)(e->w.used - value_at));
	wire_set_u32(&e->w, parts->index_at + AT_INDEX_OFFSET + 4 * known,
		(uint32_t)(value_at - parts->block_at));
	wire_put_bytes(&e->w, "\r\n", 2);
}

static void encode_unknown_line(
	struct lsapi_request_encoder *e, struct header_parts *parts, uint32_t which)
{
	const struct lsapi_header_ref *h = &e->header[which];
	size_t row = parts->unknown_at;
	uint32_t name_at = (uint32_t)(e->w.used - parts->block_at);

	wire_set_u32(&e->w, row, name_at);
	wire_set_u32(&e->w, row + 4, h->name_size);
	wire_set_u32(&e->w, row + 8, name_at + h->name_size + 2);
	wire_set_u32(&e->w, row + 12, h->value_size);
	parts->unknown_at += LSAPI_UNKNOWN_HEADER_SIZE;
	wire_put_bytes(&e->w, h->name, h->name_size);
	wire_put_bytes(&e->w, ": ", 2);
	wire_put_bytes(&e->w, h->value, h->value_size);
	wire_put_bytes(&e->w, "\r\n", 2);
}

/* Padding, header index, table of unknown headers, raw block. Returns the size of the block. */
static size_t encode_headers(struct lsapi_request_encoder *e)
{
	size_t rest = e->w.used % INDEX_ALIGN;
	if (rest > 0)
		wire_put_zeros(&e->w, INDEX_ALIGN - rest);
	struct header_parts parts = { .index_at = e->w.used };
	wire_put_zeros(&e->w, LSAPI_HEADER_INDEX_SIZE);
	parts.unknown_at = e->w.used;
	wire_put_zeros(&e->w, (size_t)e->unknown_count * LSAPI_UNKNOWN_HEADER_SIZE);
	parts.block_at = e->w.used;
	for (uint32_t i = 0; i < e->header_count; i++) {
		if (e->header[i].known >= 0)
			encode_known_line(e, &parts, i);
		else
			encode_unknown_line(e, &parts, i);
	}
	/* lsphp writes a NUL after the last value: that byte may not be the first of the body. */
	wire_put_bytes(&e->w, "\r\n", 2);
	return e->w.used - parts.block_at;
}

static void encode_fixed(struct lsapi_request_encoder *e, size_t block_size, uint32_t body_size)
{
	uint8_t packet[LSAPI_PACKET_HEADER_SIZE];
	struct wire_writer front;

	lsapi_packet_encode(packet, LSAPI_BEGIN_REQUEST, (uint32_t)e->w.used);
	wire_writer_init(&front, e->w.base, sizeof(packet));
	wire_put_bytes(&front, packet, sizeof(packet));
	wire_set_u32(&e->w, AT_BLOCK_SIZE, (uint32_t)block_size);
	wire_set_u32(&e->w, AT_BODY_SIZE, body_size);
	wire_set_u32(&e->w, AT_SCRIPT_FILE, e->off_script_file);
	wire_set_u32(&e->w, AT_SCRIPT_NAME, e->off_script_name);
	wire_set_u32(&e->w, AT_QUERY, e->off_query);
	wire_set_u32(&e->w, AT_METHOD, e->off_method);
	wire_set_u32(&e->w, AT_UNKNOWN, e->unknown_count);
	wire_set_u32(&e->w, AT_ENV, e->env_count);
	wire_set_u32(&e->w, AT_SPECIAL, e->special_count);
}

int lsapi_request_encode_finish(
	struct lsapi_request_encoder *e, uint64_t body_size, size_t *ret_size)
{
	bool has_length = e->known_seen & (1U << LSAPI_H_CONTENT_LENGTH);

	(void)encode_enter(e, PHASE_HEADERS); /* its failure is in e->error */
	if (!e->w.has_failed &&
		!(e->off_script_file && e->off_script_name && e->off_query && e->off_method))
		encode_fail(e, LSAPI_E_OFFSET);
	if (body_size > INT32_MAX && !has_length)
		encode_fail(e, LSAPI_E_LENGTH);
	if (e->error)
		return e->error;
	size_t block_size = encode_headers(e);
	if (e->w.has_failed) {
		encode_fail(e, LSAPI_E_FULL);
		return e->error;
	}
	encode_fixed(e, block_size, body_size > INT32_MAX ? BODY_BY_HEADER : (uint32_t)body_size);
	e->phase = PHASE_DONE;
	*ret_size = e->w.used;
	return 0;
}
