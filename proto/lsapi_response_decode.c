/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lsapi.h"

#include <string.h>

/* Payload of RESP_HEADER before the table of line lengths: count, status. */
#define HEADER_FIXED_SIZE (LSAPI_RESPONSE_HEADER_FIXED - LSAPI_PACKET_HEADER_SIZE)
#define LINE_LENGTH_SIZE  2U
/* Payload of a PID notice. */
#define NOTICE_SIZE (LSAPI_PID_NOTICE_SIZE - LSAPI_PACKET_HEADER_SIZE)

/* Payload of USAGE. */
#define USAGE_SIZE (LSAPI_USAGE_SIZE - LSAPI_PACKET_HEADER_SIZE)

/* The input of one call, and how far it has been used. */
struct input {
	const uint8_t *data;
	size_t size;
	size_t used;
};

static const uint8_t notice_mark[] = { 0, 'P', 'I', 'D' };

void lsapi_response_init(struct lsapi_response_decoder *d)
{
	*d = (struct lsapi_response_decoder){ .state = LSAPI_RS_PACKET };
}

static size_t input_left(const struct input *in)
{
	return in->size - in->used;
}

static bool event_set(struct lsapi_event *ev, enum lsapi_event_type type)
{
	ev->type = type;
	return true;
}

static bool event_fail(
	struct lsapi_response_decoder *d, struct lsapi_event *ev, enum lsapi_error error)
{
	d->state = LSAPI_RS_FAILED;
	d->error = (int)error;
	ev->error = (int)error;
	return event_set(ev, LSAPI_EV_ERROR);
}

/* The next @size bytes, USAGE_SIZE at most, as one piece: from the input if they lie there so. */
static const uint8_t *take_piece(struct lsapi_response_decoder *d, struct input *in, size_t size)
{
	size_t left = input_left(in);

	if (d->partial_size == 0 && left >= size) {
		const uint8_t *p = in->data + in->used;
		in->used += size;
		return p;
	}
	size_t missing = size - d->partial_size;
	size_t part = left < missing ? left : missing;
	if (part > 0)
		memcpy(d->partial + d->partial_size, in->data + in->used, part);
	in->used += part;
	d->partial_size += (uint32_t)part;
	if (part < missing)
		return NULL;
	d->partial_size = 0;
	return d->partial;
}

/* Checks the whole table of lines, so that lsapi_response_next_line() need not. */
static int header_check(struct lsapi_response_decoder *d, uint32_t *ret_status)
{
	struct wire_reader r;
	wire_reader_init(&r, d->header, d->header_size);
	r.is_big_endian = d->is_big_endian;
	uint32_t count = wire_get_u32(&r);
	uint32_t status = wire_get_u32(&r);
	if (count > LSAPI_RESPONSE_LINES_MAX)
		return LSAPI_E_COUNT;

	struct wire_reader lines = r;
	if (count > 0)
		(void)wire_get_bytes(&lines, (size_t)count * LINE_LENGTH_SIZE); /* sticky */
	uint32_t first_line_at = (uint32_t)lines.pos;
	for (uint32_t i = 0; i < count; i++) {
		uint16_t size = wire_get_u16(&r);
		const uint8_t *line = wire_get_bytes(&lines, size);
		if (!line)
			return LSAPI_E_SUM;
		if (line[size - 1] != 0)
			return LSAPI_E_ENTRY;
	}
	if (!wire_reader_is_done(&lines))
		return LSAPI_E_SUM;
	d->line_count = count;
	d->line_next = 0;
	d->line_at = first_line_at;
	*ret_status = status;
	return 0;
}

static bool header_event(
	struct lsapi_response_decoder *d, const uint8_t *payload, struct lsapi_event *ev)
{
	d->header = payload;
	int r = header_check(d, &ev->status);
	if (r != 0)
		return event_fail(d, ev, (enum lsapi_error)r);
	d->has_header = true;
	d->state = LSAPI_RS_PACKET;
	ev->line_count = d->line_count;
	return event_set(ev, LSAPI_EV_HEADER);
}

static bool header_begin(struct lsapi_response_decoder *d, const struct lsapi_packet *packet,
	struct input *in, struct lsapi_event *ev)
{
	if (d->has_header)
		return event_fail(d, ev, LSAPI_E_STATE);
	if (packet->length < LSAPI_RESPONSE_HEADER_FIXED ||
		packet->length > LSAPI_RESPONSE_HEADER_MAX)
		return event_fail(d, ev, LSAPI_E_LENGTH);
	d->header_size = packet->length - LSAPI_PACKET_HEADER_SIZE;
	if (input_left(in) >= d->header_size) {
		const uint8_t *payload = in->data + in->used;
		in->used += d->header_size;
		return header_event(d, payload, ev);
	}
	d->state = LSAPI_RS_HEADER;
	d->buffer = NULL;
	d->buffer_used = 0;
	ev->need_size = d->header_size;
	return event_set(ev, LSAPI_EV_NEED_BUFFER);
}

static bool header_continue(
	struct lsapi_response_decoder *d, struct input *in, struct lsapi_event *ev)
{
	if (!d->buffer) {
		ev->need_size = d->header_size;
		return event_set(ev, LSAPI_EV_NEED_BUFFER);
	}
	size_t left = input_left(in);
	size_t missing = d->header_size - d->buffer_used;
	size_t part = left < missing ? left : missing;
	if (part > 0)
		memcpy(d->buffer + d->buffer_used, in->data + in->used, part);
	in->used += part;
	d->buffer_used += (uint32_t)part;
	if (part < missing)
		return event_set(ev, LSAPI_EV_MORE);
	return header_event(d, d->buffer, ev);
}

/* Both streams are handed on as they come, without waiting for the end of the packet. */
static bool stream_continue(struct lsapi_response_decoder *d, struct input *in,
	enum lsapi_event_type type, struct lsapi_event *ev)
{
	size_t left = input_left(in);
	size_t part = left < d->left ? left : d->left;

	if (part == 0)
		return event_set(ev, LSAPI_EV_MORE);
	ev->bytes = (struct wire_bytes){ .data = in->data + in->used, .size = part };
	in->used += part;
	d->left -= (uint32_t)part;
	if (d->left == 0)
		d->state = LSAPI_RS_PACKET;
	return event_set(ev, type);
}

/* Returns whether there is an event: an empty packet means nothing. */
static bool stream_begin(
	struct lsapi_response_decoder *d, const struct lsapi_packet *packet, struct lsapi_event *ev)
{
	bool is_body = packet->type == LSAPI_RESP_STREAM;

	if (is_body && !d->has_header)
		return event_fail(d, ev, LSAPI_E_STATE);
	d->left = packet->length - LSAPI_PACKET_HEADER_SIZE;
	if (d->left > LSAPI_STREAM_MAX)
		return event_fail(d, ev, LSAPI_E_LENGTH);
	if (d->left == 0)
		return false;
	if (is_body)
		d->state = LSAPI_RS_BODY;
	else
		d->state = d->left == NOTICE_SIZE ? LSAPI_RS_NOTICE : LSAPI_RS_STDERR;
	return false;
}

/* Eight bytes of stderr are either the PID notice or eight bytes of somebody's log text. */
static bool notice_continue(
	struct lsapi_response_decoder *d, struct input *in, struct lsapi_event *ev)
{
	const uint8_t *p = take_piece(d, in, NOTICE_SIZE);

	if (!p)
		return event_set(ev, LSAPI_EV_MORE);
	d->state = LSAPI_RS_PACKET;
	d->left = 0;
	if (memcmp(p, notice_mark, sizeof(notice_mark)) != 0) {
		ev->bytes = (struct wire_bytes){ .data = p, .size = NOTICE_SIZE };
		return event_set(ev, LSAPI_EV_STDERR);
	}
	struct wire_reader r;
	wire_reader_init(&r, p + sizeof(notice_mark), NOTICE_SIZE - sizeof(notice_mark));
	r.is_big_endian = d->is_big_endian;
	ev->pid = (int32_t)wire_get_u32(&r);
	return event_set(ev, LSAPI_EV_PID);
}

/* Returns whether there is an event. */
static bool usage_begin(
	struct lsapi_response_decoder *d, const struct lsapi_packet *packet, struct lsapi_event *ev)
{
	if (!d->has_header)
		return event_fail(d, ev, LSAPI_E_STATE);
	if (packet->length != LSAPI_USAGE_SIZE)
		return event_fail(d, ev, LSAPI_E_LENGTH);
	d->state = LSAPI_RS_USAGE;
	return false;
}

static bool usage_continue(
	struct lsapi_response_decoder *d, struct input *in, struct lsapi_event *ev)
{
	const uint8_t *p = take_piece(d, in, USAGE_SIZE);
	struct wire_reader r;

	if (!p)
		return event_set(ev, LSAPI_EV_MORE);
	d->state = LSAPI_RS_PACKET;
	wire_reader_init(&r, p, USAGE_SIZE);
	r.is_big_endian = d->is_big_endian;
	ev->usage.cpu_ns = wire_get_u64(&r);
	ev->usage.peak_bytes = wire_get_u64(&r);
	return event_set(ev, LSAPI_EV_USAGE);
}

/* Packets without payload. */
static bool mark_event(
	struct lsapi_response_decoder *d, const struct lsapi_packet *packet, struct lsapi_event *ev)
{
	if (packet->length != LSAPI_PACKET_HEADER_SIZE)
		return event_fail(d, ev, LSAPI_E_LENGTH);
	if (packet->type == LSAPI_CONN_CLOSE)
		return event_set(ev, LSAPI_EV_CLOSE);
	if (d->has_header != (packet->type == LSAPI_RESP_END))
		return event_fail(d, ev, LSAPI_E_STATE);
	if (packet->type == LSAPI_REQ_RECEIVED)
		return event_set(ev, LSAPI_EV_RECEIVED);
	d->has_ended = true;
	return event_set(ev, LSAPI_EV_END);
}

static bool packet_begin(struct lsapi_response_decoder *d, struct input *in, struct lsapi_event *ev)
{
	const uint8_t *p = take_piece(d, in, LSAPI_PACKET_HEADER_SIZE);
	struct lsapi_packet packet;

	if (!p)
		return event_set(ev, LSAPI_EV_MORE);
	int r = lsapi_packet_decode(p, &packet);
	if (r != 0)
		return event_fail(d, ev, (enum lsapi_error)r);
	if (d->has_ended && packet.type != LSAPI_CONN_CLOSE)
		return event_fail(d, ev, LSAPI_E_STATE);
	d->is_big_endian = packet.is_big_endian;
	switch (packet.type) {
	case LSAPI_RESP_HEADER:
		return header_begin(d, &packet, in, ev);
	case LSAPI_RESP_STREAM:
	case LSAPI_STDERR_STREAM:
		return stream_begin(d, &packet, ev);
	case LSAPI_USAGE:
		return usage_begin(d, &packet, ev);
	case LSAPI_RESP_END:
	case LSAPI_REQ_RECEIVED:
	case LSAPI_CONN_CLOSE:
		return mark_event(d, &packet, ev);
	default:
		return event_fail(d, ev, LSAPI_E_TYPE);
	}
}

/* One step; false: something was used up that means nothing by itself. */
static bool decode_step(struct lsapi_response_decoder *d, struct input *in, struct lsapi_event *ev)
{
	switch (d->state) {
	case LSAPI_RS_PACKET:
		return packet_begin(d, in, ev);
	case LSAPI_RS_HEADER:
		return header_continue(d, in, ev);
	case LSAPI_RS_BODY:
		return stream_continue(d, in, LSAPI_EV_BODY, ev);
	case LSAPI_RS_STDERR:
		return stream_continue(d, in, LSAPI_EV_STDERR, ev);
	case LSAPI_RS_NOTICE:
		return notice_continue(d, in, ev);
	case LSAPI_RS_USAGE:
		return usage_continue(d, in, ev);
	case LSAPI_RS_FAILED:
		break;
	}
	return event_fail(d, ev, (enum lsapi_error)d->error);
}

void lsapi_response_decode(struct lsapi_response_decoder *d, const uint8_t *data, size_t size,
	size_t *ret_consumed, struct lsapi_event *ret_event)
{
	struct input in = { .data = data, .size = size };

	*ret_event = (struct lsapi_event){ .type = LSAPI_EV_MORE };
	while (!decode_step(d, &in, ret_event)) {
		/* each round uses up a packet header, so this ends */
	}
	*ret_consumed = in.used;
}

void lsapi_response_give_buffer(struct lsapi_response_decoder *d, uint8_t *buf)
{
	d->buffer = buf;
	d->buffer_used = 0;
}

bool lsapi_response_next_line(struct lsapi_response_decoder *d, struct wire_bytes *ret_line)
{
	struct wire_reader r;

	if (d->line_next >= d->line_count)
		return false;
	wire_reader_init(&r, d->header, d->header_size);
	r.is_big_endian = d->is_big_endian;
	r.pos = HEADER_FIXED_SIZE + (size_t)d->line_next * LINE_LENGTH_SIZE;
	uint16_t size = wire_get_u16(&r);
	*ret_line = (struct wire_bytes){ .data = d->header + d->line_at, .size = size - 1U };
	d->line_at += size;
	d->line_next++;
	return true;
}
