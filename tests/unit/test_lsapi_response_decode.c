/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "proto/lsapi.h"
#include "tests/support/golden.h"
#include "tests/support/guard.h"
#include "tests/support/lsapi_check.h"
#include "tests/support/t.h"

#define TRANSCRIPT_SIZE 4096U
#define HTML            "line Content-type: text/html; charset=UTF-8\n"

static const struct {
	const char *golden;
	const char *transcript;
} goldens[] = {
	{ "lsapi_response_small",
		"HEADER 200\nline X-Powered-By: PHP/8.2.0\n" HTML "BODY Hello\\0a\nEND" },
	{ "lsapi_response_small_be",
		"HEADER 200\nline X-Powered-By: PHP/8.2.0\n" HTML "BODY Hello\\0a\nEND" },
	{ "lsapi_response_pid", "PID 12345\nHEADER 200\n" HTML "BODY x\nEND" },
	{ "lsapi_response_pid_be", "PID 12345\nHEADER 200\n" HTML "BODY x\nEND" },
	{ "lsapi_response_status0",
		"HEADER 0\nline Status: 404 Not Found\n" HTML "BODY gone\nEND" },
	{ "lsapi_response_received", "RECEIVED\nHEADER 200\n" HTML "BODY onetwo\nEND" },
	{ "lsapi_response_close", "RECEIVED\nHEADER 200\n" HTML "BODY bye\nEND\nCLOSE" },
	{ "lsapi_response_empty", "HEADER 204\n" HTML "END" },
	{ "lsapi_response_no_lines", "HEADER 200\nBODY raw\nEND" },
	{ "lsapi_response_cookies",
		"HEADER 302\nline Set-Cookie: a=1; path=/\nline Set-Cookie: b=2; HttpOnly\n"
		"line Location: /next\nline Set-Cookie: c=3\nline X-Empty:\n" HTML "END" },
	{ "lsapi_response_stderr",
		"STDERR PHP Notice:  first8 bytes!\\00PIE1234\nHEADER 200\n" HTML "BODY a\n"
		"STDERR later\\0a\\00\nBODY b\nEND" },
	{ "lsapi_response_close_only", "CLOSE" },
};

struct fixture {
	struct golden golden;
	struct guard guard;
	char whole[TRANSCRIPT_SIZE];
	char cut[TRANSCRIPT_SIZE];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	guard_init(&f->guard, sizeof(f->golden.data));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guard_deinit(&f->guard);
	free(f);
	return 0;
}

static void decode__golden__expected_events(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		golden_read(goldens[i].golden, &f->golden);
		lsapi_check_response(
			f->golden.data, f->golden.size, f->golden.size, f->whole, sizeof(f->whole));
		assert_string_equal(f->whole, goldens[i].transcript);
	}
}

/* From one byte at a time to the whole in two reads. */
static void decode__golden_in_pieces__same_events(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		golden_read(goldens[i].golden, &f->golden);
		for (size_t chunk = 1; chunk < f->golden.size; chunk++) {
			lsapi_check_response(
				f->golden.data, f->golden.size, chunk, f->cut, sizeof(f->cut));
			assert_string_equal(f->cut, goldens[i].transcript);
		}
	}
}

/*
 * What has come so far is told, never more, and never as an error: the shim decides what an early
 * end of the connection means. Without the last byte there is no END.
 */
static void decode__golden_truncated__beginning_of_the_events(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		golden_read(goldens[i].golden, &f->golden);
		for (size_t size = 1; size < f->golden.size; size++) {
			const uint8_t *data = guard_copy(&f->guard, f->golden.data, size);

			lsapi_check_response(data, size, size, f->cut, sizeof(f->cut));
			T_ASSERT_ROW(goldens[i].golden,
				strncmp(f->cut, goldens[i].transcript, strlen(f->cut)) == 0);
			T_ASSERT_ROW(
				goldens[i].golden, strlen(f->cut) < strlen(goldens[i].transcript));
		}
	}
}

static void decode__one_bit_turned__same_events_in_any_pieces(void **state)
{
	struct fixture *f = *state;
	size_t refused = 0;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		golden_read(goldens[i].golden, &f->golden);
		for (size_t bit = 0; bit < 8 * f->golden.size; bit++) {
			uint8_t *byte = f->golden.data + bit / 8;

			*byte = (uint8_t)(*byte ^ (1U << bit % 8));
			lsapi_check_response(f->golden.data, f->golden.size, f->golden.size,
				f->whole, sizeof(f->whole));
			lsapi_check_response(
				f->golden.data, f->golden.size, 1, f->cut, sizeof(f->cut));
			assert_string_equal(f->whole, f->cut);
			refused += strstr(f->whole, "ERROR") != NULL;
			*byte = (uint8_t)(*byte ^ (1U << bit % 8));
		}
	}
	assert_true(refused > 0);
}

/* The first call sees all of the input, ending at the fence. */
static int first_error(struct fixture *f, const uint8_t *data, size_t size)
{
	struct lsapi_response_decoder d;
	const uint8_t *input = guard_copy(&f->guard, data, size);
	size_t pos = 0;
	struct lsapi_event ev;

	lsapi_response_init(&d);
	do {
		size_t used;

		lsapi_response_decode(&d, input + pos, size - pos, &used, &ev);
		pos += used;
	} while (ev.type != LSAPI_EV_ERROR && ev.type != LSAPI_EV_MORE &&
		 ev.type != LSAPI_EV_NEED_BUFFER);
	if (ev.type != LSAPI_EV_ERROR)
		return 0;
	int error = ev.error;
	size_t used = 1;
	/* and it stays so, whatever comes */
	lsapi_response_decode(&d, input, size, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_ERROR);
	assert_int_equal(ev.error, error);
	assert_int_equal(used, 0);
	return error;
}

#define PACKET(type, length)                                                                       \
	'L', 'S', (type), 0, (uint8_t)(length), (uint8_t)((length) >> 8),                          \
		(uint8_t)((length) >> 16), (uint8_t)((uint32_t)(length) >> 24)
/* RESP_HEADER without lines, status 200 */
#define HEADER PACKET(3, 16), 0, 0, 0, 0, 200, 0, 0, 0
#define END    PACKET(5, 8)

static void decode__packet_against_the_rules__named_error(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		int error;
		uint8_t bytes[64];
	} rows[] = {
		{ "garbage", 8, LSAPI_E_MAGIC, { "HTTP/1.1" } },
		{ "type 0", 8, LSAPI_E_TYPE, { PACKET(0, 8) } },
		{ "begin request", 8, LSAPI_E_TYPE, { PACKET(1, 8) } },
		{ "abort request", 8, LSAPI_E_TYPE, { PACKET(2, 8) } },
		{ "internal error", 8, LSAPI_E_TYPE, { PACKET(9, 8) } },
		{ "length below header", 8, LSAPI_E_LENGTH, { PACKET(5, 7) } },
		{ "length negative", 8, LSAPI_E_LENGTH, { PACKET(4, -8) } },
		{ "body before header", 8, LSAPI_E_STATE, { PACKET(4, 9) } },
		{ "end before header", 8, LSAPI_E_STATE, { END } },
		{ "header twice", 24, LSAPI_E_STATE, { HEADER, PACKET(3, 16) } },
		{ "received after header", 24, LSAPI_E_STATE, { HEADER, PACKET(7, 8) } },
		{ "end with payload", 24, LSAPI_E_LENGTH, { HEADER, PACKET(5, 9) } },
		{ "received with payload", 8, LSAPI_E_LENGTH, { PACKET(7, 9) } },
		{ "close with payload", 8, LSAPI_E_LENGTH, { PACKET(8, 16) } },
		{ "body after end", 32, LSAPI_E_STATE, { HEADER, END, PACKET(4, 9) } },
		{ "stderr after end", 32, LSAPI_E_STATE, { HEADER, END, PACKET(6, 9) } },
		{ "header after end", 32, LSAPI_E_STATE, { HEADER, END, PACKET(3, 16) } },
		{ "end twice", 32, LSAPI_E_STATE, { HEADER, END, END } },
		{ "usage", 48, 0, { HEADER, PACKET(64, 24), [40] = 'L', 'S', 5, 0, 8 } },
		{ "usage before header", 24, LSAPI_E_STATE, { PACKET(64, 24) } },
		{ "usage after end", 48, LSAPI_E_STATE, { HEADER, END, PACKET(64, 24) } },
		{ "usage too short", 24, LSAPI_E_LENGTH, { HEADER, PACKET(64, 23) } },
		{ "usage too long", 24, LSAPI_E_LENGTH, { HEADER, PACKET(64, 25) } },
		{ "close after end", 32, 0, { HEADER, END, PACKET(8, 8) } },
		{ "close before header", 32, 0, { PACKET(8, 8), HEADER, END } },
		{ "body largest", 24, 0, { HEADER, PACKET(4, 16392) } },
		{ "body too long", 24, LSAPI_E_LENGTH, { HEADER, PACKET(4, 16393) } },
		{ "stderr too long", 8, LSAPI_E_LENGTH, { PACKET(6, 16393) } },
		{ "header too short", 8, LSAPI_E_LENGTH, { PACKET(3, 15) } },
		{ "header largest", 8, 0, { PACKET(3, 1048576) } },
		{ "header too long", 8, LSAPI_E_LENGTH, { PACKET(3, 1048577) } },
		{ "lines without table", 16, LSAPI_E_SUM, { PACKET(3, 16), 1 } },
		{ "lines too many", 16, LSAPI_E_COUNT, { PACKET(3, 16), 0xe9, 3 } },
		{ "lines negative", 16, LSAPI_E_COUNT, { PACKET(3, 16), 255, 255, 255, 255 } },
		{ "bytes behind lines", 17, LSAPI_E_SUM, { PACKET(3, 17), 0 } },
		{ "line of no bytes", 18, LSAPI_E_SUM, { PACKET(3, 18), 1, [16] = 0, 0 } },
		{ "line too long", 20, LSAPI_E_SUM, { PACKET(3, 20), 1, [16] = 3, 0, 'a', 0 } },
		{ "line too short", 20, LSAPI_E_SUM, { PACKET(3, 20), 1, [16] = 1, 0, 0, 0 } },
		{ "line without NUL", 20, LSAPI_E_ENTRY,
			{ PACKET(3, 20), 1, [16] = 2, 0, 'a', 'b' } },
		{ "line as it should be", 20, 0, { PACKET(3, 20), 1, [16] = 2, 0, 'a', 0 } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		T_ASSERT_ROW(
			rows[i].name, first_error(f, rows[i].bytes, rows[i].size) == rows[i].error);
	}
}

/* 300 KB of header, as seen from lsphp: ten lines of 30,000 bytes. */
static uint8_t *make_large_header(size_t *ret_size)
{
	enum {
		LINES = 10,
		LINE = 30000
	};
	size_t size = LSAPI_RESPONSE_HEADER_FIXED + LINES * (2 + LINE);
	uint8_t *data = malloc(size);
	const uint8_t front[] = { PACKET(3, size), LINES, 0, 0, 0, 200, 0, 0, 0 };

	assert_non_null(data);
	memcpy(data, front, sizeof(front));
	for (size_t i = 0; i < LINES; i++) {
		uint8_t *line = data + sizeof(front) + 2 * (size_t)LINES + i * LINE;

		data[sizeof(front) + 2 * i] = (uint8_t)(LINE & 0xff);
		data[sizeof(front) + 2 * i + 1] = (uint8_t)(LINE >> 8);
		memset(line, 'a' + (int)i, LINE - 1);
		line[LINE - 1] = 0;
	}
	*ret_size = size;
	return data;
}

static void decode__header_of_300_kb__whole_and_in_pieces(void **state)
{
	static const size_t chunks[] = { 1, 8, 1000, 16384, 65536, 1 << 20 };
	struct fixture *f = *state;
	size_t size = 0;
	uint8_t *data = make_large_header(&size);
	char *out = malloc(2 * size);

	(void)f;
	assert_true(size > 300000 && out);
	for (size_t i = 0; i < T_COUNT(chunks); i++) {
		lsapi_check_response(data, size, chunks[i], out, 2 * size);
		const char *line = strchr(out, '\n');

		assert_memory_equal(out, "HEADER 200\n", 11);
		for (int k = 0; k < 10; k++) {
			assert_non_null(line);
			assert_memory_equal(line, "\nline ", 6);
			assert_int_equal(
				strspn(line + 6, (const char[]){ (char)('a' + k), 0 }), 29999);
			line = strchr(line + 6, '\n');
		}
		assert_null(line);
	}
	free(out);
	free(data);
}

/* Whole packets are handed on without being copied. */
static void decode__whole_response__views_into_the_input(void **state)
{
	struct fixture *f = *state;
	struct lsapi_response_decoder d;
	struct wire_bytes line;
	struct lsapi_event ev;
	size_t used;

	golden_read("lsapi_response_small", &f->golden);
	lsapi_response_init(&d);
	lsapi_response_decode(&d, f->golden.data, f->golden.size, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_HEADER);
	assert_int_equal(ev.line_count, 2);
	assert_true(lsapi_response_next_line(&d, &line));
	assert_ptr_equal(line.data, f->golden.data + 20);
	assert_true(lsapi_response_next_line(&d, &line));
	assert_false(lsapi_response_next_line(&d, &line));
	size_t at = used;
	lsapi_response_decode(&d, f->golden.data + at, f->golden.size - at, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_BODY);
	assert_ptr_equal(ev.bytes.data, f->golden.data + at + 8);
	assert_int_equal(ev.bytes.size, 6);
}

/* Input that comes before the buffer is not lost: it is not taken. */
static void decode__buffer_not_given__asked_again(void **state)
{
	struct fixture *f = *state;
	struct lsapi_response_decoder d;
	uint8_t buffer[LSAPI_RESPONSE_HEADER_FIXED];
	struct lsapi_event ev;
	size_t used;

	golden_read("lsapi_response_no_lines", &f->golden);
	lsapi_response_init(&d);
	lsapi_response_decode(&d, f->golden.data, 10, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_NEED_BUFFER);
	assert_int_equal(ev.need_size, 8);
	assert_int_equal(used, 8);
	lsapi_response_decode(&d, f->golden.data + 8, 2, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_NEED_BUFFER);
	assert_int_equal(ev.need_size, 8);
	assert_int_equal(used, 0);
	lsapi_response_give_buffer(&d, buffer);
	lsapi_response_decode(&d, f->golden.data + 8, 2, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_MORE);
	assert_int_equal(used, 2);
	lsapi_response_decode(&d, f->golden.data + 10, 6, &used, &ev);
	assert_int_equal(ev.type, LSAPI_EV_HEADER);
	assert_int_equal(ev.status, 200);
}

static void decode__encoded_response__comes_back(void **state)
{
	static const char *const lines[] = { "A: b", "", "Set-Cookie: x" };
	static const struct lsapi_usage usage = { .cpu_ns = 1ULL << 40, .peak_bytes = 2097152 };
	struct fixture *f = *state;
	struct lsapi_response_encoder e;
	uint8_t buf[256];
	size_t size = 0;

	lsapi_response_encode_init(&e, buf + LSAPI_PID_NOTICE_SIZE,
		sizeof(buf) - LSAPI_PID_NOTICE_SIZE, T_COUNT(lines), 418);
	for (size_t i = 0; i < T_COUNT(lines); i++)
		lsapi_response_encode_line(&e, lines[i], strlen(lines[i]));
	assert_int_equal(lsapi_response_encode_finish(&e, &size), 0);
	lsapi_pid_notice_encode(buf, -1);
	size += LSAPI_PID_NOTICE_SIZE;
	lsapi_usage_encode(buf + size, &usage);
	size += LSAPI_USAGE_SIZE;
	lsapi_packet_encode(buf + size, LSAPI_RESP_END, LSAPI_PACKET_HEADER_SIZE);
	size += LSAPI_PACKET_HEADER_SIZE;
	for (size_t chunk = 1; chunk <= size; chunk++) {
		lsapi_check_response(buf, size, chunk, f->whole, sizeof(f->whole));
		assert_string_equal(f->whole,
			"PID -1\nHEADER 418\nline A: b\nline \nline Set-Cookie: x\n"
			"USAGE 1099511627776\npeak 2097152\nEND");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__golden__expected_events),
		cmocka_unit_test(decode__golden_in_pieces__same_events),
		cmocka_unit_test(decode__golden_truncated__beginning_of_the_events),
		cmocka_unit_test(decode__one_bit_turned__same_events_in_any_pieces),
		cmocka_unit_test(decode__packet_against_the_rules__named_error),
		cmocka_unit_test(decode__header_of_300_kb__whole_and_in_pieces),
		cmocka_unit_test(decode__whole_response__views_into_the_input),
		cmocka_unit_test(decode__buffer_not_given__asked_again),
		cmocka_unit_test(decode__encoded_response__comes_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
