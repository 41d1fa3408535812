/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lsapi.h"

/* On the wire a line is counted with its NUL; before it stands its 16-bit length. */
#define LINE_NUL_SIZE    1U
#define LINE_LENGTH_SIZE 2U

size_t lsapi_response_header_size(const uint32_t *line_size, size_t count)
{
	size_t size = LSAPI_RESPONSE_HEADER_FIXED + count * (LINE_LENGTH_SIZE + LINE_NUL_SIZE);
	for (size_t i = 0; i < count; i++)
		size += line_size[i];
	return size;
}

void lsapi_response_encode_init(struct lsapi_response_encoder *e, void *buf, size_t size,
	uint32_t line_count, uint32_t status)
{
	size_t max = LSAPI_RESPONSE_HEADER_MAX;
	wire_writer_init(&e->w, buf, size < max ? size : max);
	e->count = line_count;
	e->line = 0;
	if (line_count > LSAPI_RESPONSE_LINES_MAX)
		e->w.has_failed = true;
	/* the packet header is written last, when the length is known */
	wire_put_zeros(&e->w, LSAPI_PACKET_HEADER_SIZE);
	wire_put_u32(&e->w, line_count);
	wire_put_u32(&e->w, status);
	wire_put_zeros(&e->w, (size_t)line_count * LINE_LENGTH_SIZE);
}

void lsapi_response_encode_line(struct lsapi_response_encoder *e, const char *line, size_t size)
{
	if (size > LSAPI_RESPONSE_LINE_MAX) {
		e->w.has_failed = true;
		return;
	}
	wire_set_u16(&e->w, LSAPI_RESPONSE_HEADER_FIXED + (size_t)e->line * LINE_LENGTH_SIZE,
		(uint16_t)(size + LINE_NUL_SIZE));
	wire_put_bytes(&e->w, line, size);
	wire_put_u8(&e->w, 0);
	e->line++;
}

int lsapi_response_encode_finish(struct lsapi_response_encoder *e, size_t *ret_size)
{
	uint8_t packet[LSAPI_PACKET_HEADER_SIZE];
	struct wire_writer front;

	if (e->w.has_failed || e->line != e->count)
		return LSAPI_E_FULL;
	lsapi_packet_encode(packet, LSAPI_RESP_HEADER, (uint32_t)e->w.used);
	wire_writer_init(&front, e->w.base, sizeof(packet));
	wire_put_bytes(&front, packet, sizeof(packet));
	*ret_size = e->w.used;
	return 0;
}

void lsapi_pid_notice_encode(uint8_t out[LSAPI_PID_NOTICE_SIZE], int32_t pid)
{
	static const uint8_t mark[] = { 0, 'P', 'I', 'D' };
	uint8_t packet[LSAPI_PACKET_HEADER_SIZE];
	struct wire_writer w;

	lsapi_packet_encode(packet, LSAPI_STDERR_STREAM, LSAPI_PID_NOTICE_SIZE);
	wire_writer_init(&w, out, LSAPI_PID_NOTICE_SIZE);
	wire_put_bytes(&w, packet, sizeof(packet));
	wire_put_bytes(&w, mark, sizeof(mark));
	wire_put_u32(&w, (uint32_t)pid);
}

void lsapi_usage_encode(uint8_t out[LSAPI_USAGE_SIZE], const struct lsapi_usage *usage)
{
	uint8_t packet[LSAPI_PACKET_HEADER_SIZE];
	struct wire_writer w;

	lsapi_packet_encode(packet, LSAPI_USAGE, LSAPI_USAGE_SIZE);
	wire_writer_init(&w, out, LSAPI_USAGE_SIZE);
	wire_put_bytes(&w, packet, sizeof(packet));
	wire_put_u64(&w, usage->cpu_ns);
	wire_put_u64(&w, usage->peak_bytes);
}
