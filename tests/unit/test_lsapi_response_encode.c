/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "proto/lsapi.h"
#include "tests/support/golden.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

#define TYPE_HTML "Content-type: text/html; charset=UTF-8"
#define LINES_MAX 7U

struct response {
	const char *golden;
	size_t at; /* of RESP_HEADER in it */
	uint32_t status;
	const char *lines[LINES_MAX]; /* up to NULL */
};

static const struct response responses[] = {
	{ "lsapi_response_small", 0, 200, { "X-Powered-By: PHP/8.2.0", TYPE_HTML } },
	{ "lsapi_response_status0", 0, 0, { "Status: 404 Not Found", TYPE_HTML } },
	{ "lsapi_response_empty", 0, 204, { TYPE_HTML } },
	{ "lsapi_response_no_lines", 0, 200, { NULL } },
	{ "lsapi_response_received", 8, 200, { TYPE_HTML } },
	{ "lsapi_response_pid", 16, 200, { TYPE_HTML } },
	{ "lsapi_response_cookies", 0, 302,
		{ "Set-Cookie: a=1; path=/", "Set-Cookie: b=2; HttpOnly", "Location: /next",
			"Set-Cookie: c=3", "X-Empty:", TYPE_HTML } },
};

static uint32_t count_lines(const struct response *r)
{
	uint32_t count = 0;

	while (r->lines[count])
		count++;
	return count;
}

static int encode(
	const struct response *r, uint32_t count, uint8_t *buf, size_t size, size_t *ret_size)
{
	struct lsapi_response_encoder e;

	lsapi_response_encode_init(&e, buf, size, count, r->status);
	for (size_t i = 0; r->lines[i]; i++)
		lsapi_response_encode_line(&e, r->lines[i], strlen(r->lines[i]));
	return lsapi_response_encode_finish(&e, ret_size);
}

static size_t announced_size(const struct response *r)
{
	uint32_t sizes[LINES_MAX];

	for (size_t i = 0; r->lines[i]; i++)
		sizes[i] = (uint32_t)strlen(r->lines[i]);
	return lsapi_response_header_size(sizes, count_lines(r));
}

static void encode__golden_lines__golden_bytes(void **state)
{
	static struct golden g;
	uint8_t buf[512];

	(void)state;
	for (size_t i = 0; i < T_COUNT(responses); i++) {
		const struct response *r = &responses[i];
		size_t size = 0;

		golden_read(r->golden, &g);
		memset(buf, 0xaa, sizeof(buf));
		T_ASSERT_ROW(r->golden, encode(r, count_lines(r), buf, sizeof(buf), &size) == 0);
		T_ASSERT_ROW(r->golden, size == announced_size(r));
		assert_true(size <= g.size - r->at);
		assert_memory_equal(buf, g.data + r->at, size);
	}
}

static void encode__buffer_too_small__full(void **state)
{
	struct guard g;

	(void)state;
	guard_init(&g, 512);
	for (size_t i = 0; i < T_COUNT(responses); i++) {
		const struct response *r = &responses[i];
		size_t needed = announced_size(r);
		size_t size;

		for (size_t room = 0; room < needed; room++) {
			T_ASSERT_ROW(r->golden, encode(r, count_lines(r), guard_tail(&g, room),
							room, &size) == LSAPI_E_FULL);
		}
		T_ASSERT_ROW(r->golden,
			encode(r, count_lines(r), guard_tail(&g, needed), needed, &size) == 0);
	}
	guard_deinit(&g);
}

static void encode__other_number_of_lines__full(void **state)
{
	const struct response *r = &responses[0];
	uint8_t buf[512];
	size_t size;

	(void)state;
	assert_int_equal(encode(r, 1, buf, sizeof(buf), &size), LSAPI_E_FULL);
	assert_int_equal(encode(r, 3, buf, sizeof(buf), &size), LSAPI_E_FULL);
	assert_int_equal(encode(r, UINT32_MAX, buf, sizeof(buf), &size), LSAPI_E_FULL);
}

static void encode__limits_of_lsphp__kept(void **state)
{
	static const char line[LSAPI_RESPONSE_LINE_MAX + 1] = { 0 };
	static uint8_t buf[LSAPI_RESPONSE_HEADER_MAX];
	struct lsapi_response_encoder e;
	size_t size;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		lsapi_response_encode_init(&e, buf, sizeof(buf), 1, 200);
		lsapi_response_encode_line(&e, line, LSAPI_RESPONSE_LINE_MAX + more);
		assert_int_equal(lsapi_response_encode_finish(&e, &size), more ? LSAPI_E_FULL : 0);

		uint32_t count = LSAPI_RESPONSE_LINES_MAX + (uint32_t)more;
		lsapi_response_encode_init(&e, buf, sizeof(buf), count, 200);
		for (uint32_t i = 0; i < count; i++)
			lsapi_response_encode_line(&e, "A: b", 4);
		assert_int_equal(lsapi_response_encode_finish(&e, &size), more ? LSAPI_E_FULL : 0);
	}
}

static void pid_notice__pid__golden_bytes(void **state)
{
	static struct golden g;
	uint8_t notice[LSAPI_PID_NOTICE_SIZE];

	(void)state;
	golden_read("lsapi_response_pid", &g);
	lsapi_pid_notice_encode(notice, 12345);
	assert_memory_equal(notice, g.data, sizeof(notice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__golden_lines__golden_bytes),
		cmocka_unit_test(encode__buffer_too_small__full),
		cmocka_unit_test(encode__other_number_of_lines__full),
		cmocka_unit_test(encode__limits_of_lsphp__kept),
		cmocka_unit_test(pid_notice__pid__golden_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
