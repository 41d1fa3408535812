/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lsapi.h"
#include "tests/support/golden.h"
#include "tests/support/guard.h"
#include "tests/support/lsapi_check.h"
#include "tests/support/t.h"

static const char *const goldens[] = { "lsapi_request_small", "lsapi_request_small_be",
	"lsapi_request_bare", "lsapi_request_post", "lsapi_request_post_be",
	"lsapi_request_large_body" };

struct fixture {
	struct golden golden;
	struct guard guard;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	guard_init(&f->guard, LSAPI_REQUEST_MAX + 1);
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

/* The first @size bytes of the golden packet, ending at the fence. */
static int decode(struct fixture *f, size_t size, struct lsapi_request *ret)
{
	return lsapi_request_decode(guard_copy(&f->guard, f->golden.data, size), size, ret);
}

static void put_i32(uint8_t *p, uint32_t v, bool is_big_endian)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * (is_big_endian ? 3 - i : i));
}

static bool is_text(const char *view, size_t size, const char *text)
{
	return strlen(text) == size && memcmp(view, text, size) == 0;
}

static bool is_next_env(
	const struct lsapi_request *q, struct lsapi_iter *it, const char *name, const char *value)
{
	struct lsapi_env env;

	return lsapi_request_next_env(q, it, &env) && is_text(env.name, env.name_size, name) &&
	       is_text(env.value, env.value_size, value);
}

static bool is_next_header(const struct lsapi_request *q, struct lsapi_iter *it, int known,
	const char *name, const char *value)
{
	struct lsapi_http_header h;

	return lsapi_request_next_header(q, it, &h) && h.known == known &&
	       is_text(h.name, h.name_size, name) && is_text(h.value, h.value_size, value);
}

static bool is_next_ini(const struct lsapi_request *q, struct lsapi_iter *it,
	enum lsapi_ini_class ini_class, const char *name, const char *value)
{
	enum lsapi_ini_class found;
	struct lsapi_env special;
	const char *found_name;
	const char *found_value;

	return lsapi_request_next_special(q, it, &special) &&
	       lsapi_ini_decode(&special, &found, &found_name, &found_value) &&
	       found == ini_class && strcmp(found_name, name) == 0 &&
	       strcmp(found_value, value) == 0;
}

static void decode__small_request__every_field(void **state)
{
	static const char *const names[] = { "lsapi_request_small", "lsapi_request_small_be" };
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(names); i++) {
		struct lsapi_iter it = { 0 };
		struct lsapi_http_header h;
		struct lsapi_request q;
		struct lsapi_env env;

		golden_read(names[i], &f->golden);
		assert_int_equal(decode(f, f->golden.size, &q), 0);
		assert_int_equal(q.body_size, 0);
		assert_string_equal(q.script_file, "/d/a.php");
		assert_string_equal(q.script_name, "/a.php");
		assert_string_equal(q.query, "");
		assert_string_equal(q.method, "GET");
		assert_true(is_next_ini(&q, &it, LSAPI_INI_ADMIN, "memory_limit", "64M"));
		assert_false(lsapi_request_next_special(&q, &it, &env));
		it = (struct lsapi_iter){ 0 };
		assert_true(is_next_env(&q, &it, "SCRIPT_FILENAME", "/d/a.php"));
		assert_true(is_next_env(&q, &it, "SCRIPT_NAME", "/a.php"));
		assert_true(is_next_env(&q, &it, "QUERY_STRING", ""));
		assert_true(is_next_env(&q, &it, "REQUEST_METHOD", "GET"));
		assert_false(lsapi_request_next_env(&q, &it, &env));
		it = (struct lsapi_iter){ 0 };
		assert_true(is_next_header(&q, &it, LSAPI_H_HOST, "Host", "h"));
		assert_false(lsapi_request_next_header(&q, &it, &h));
	}
}

static void decode__post_request__every_field(void **state)
{
	static const char *const names[] = { "lsapi_request_post", "lsapi_request_post_be" };
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(names); i++) {
		struct lsapi_iter it = { 0 };
		struct lsapi_http_header h;
		struct lsapi_request q;

		golden_read(names[i], &f->golden);
		assert_int_equal(decode(f, f->golden.size, &q), 0);
		assert_int_equal(q.body_size, 17);
		assert_string_equal(q.script_file, "/srv/www/site/index.php");
		assert_string_equal(q.query, "a=1&b=%20");
		assert_string_equal(q.method, "POST");
		assert_true(is_next_ini(&q, &it, LSAPI_INI_USER, "display_errors", "1"));
		assert_true(is_next_ini(&q, &it, LSAPI_INI_ADMIN, "open_basedir", "/srv/www/site"));
		assert_int_equal(q.env_count, 6);
		it = (struct lsapi_iter){ 0 };
		assert_true(is_next_header(
			&q, &it, LSAPI_H_CONTENT_TYPE, "Content-Type", "text/plain"));
		assert_true(
			is_next_header(&q, &it, LSAPI_H_CONTENT_LENGTH, "Content-Length", "17"));
		assert_true(is_next_header(&q, &it, LSAPI_H_COOKIE, "Cookie", "a=1; b=2"));
		assert_true(is_next_header(&q, &it, LSAPI_H_HOST, "Host", "example.org"));
		assert_true(is_next_header(&q, &it, -1, "X-Requested-With", "XMLHttpRequest"));
		assert_true(is_next_header(&q, &it, -1, "X-Empty", ""));
		assert_false(lsapi_request_next_header(&q, &it, &h));
		assert_false(lsapi_request_get_header(&q, LSAPI_H_ACCEPT, &h));
		assert_false(lsapi_request_get_header(&q, LSAPI_KNOWN_HEADERS, &h));
		assert_true(lsapi_request_get_header(&q, LSAPI_H_HOST, &h));
	}
}

static void decode__body_size__as_announced(void **state)
{
	static const struct {
		const char *golden;
		uint32_t announced;
		int result;
		int64_t body_size;
	} rows[] = {
		{ "lsapi_request_small", 0, 0, 0 },
		{ "lsapi_request_small", INT32_MAX, 0, INT32_MAX },
		{ "lsapi_request_small", 0xffffffff, 0, -1 },
		{ "lsapi_request_small", 0xfffffffe, LSAPI_E_LENGTH, 0 },
		{ "lsapi_request_small", 0xfffffffd, LSAPI_E_LENGTH, 0 },
		{ "lsapi_request_small", 0x80000000, LSAPI_E_LENGTH, 0 },
		{ "lsapi_request_large_body", 0xfffffffe, 0, 5000000000LL },
		{ "lsapi_request_post_be", 0xfffffffe, 0, 17 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct lsapi_request q = { .body_size = 0 };
		char row[64];

		(void)snprintf(row, sizeof(row), "%s %08x", rows[i].golden, rows[i].announced);
		golden_read(rows[i].golden, &f->golden);
		put_i32(f->golden.data + 12, rows[i].announced, f->golden.data[3] & 1);
		T_ASSERT_ROW(row, decode(f, f->golden.size, &q) == rows[i].result);
		T_ASSERT_ROW(row, q.body_size == rows[i].body_size);
	}
}

/* The value of Content-Length stands at the end of the packet, before two CRLF. */
static void decode__content_length_is_no_number__length(void **state)
{
	static const char *const values[] = { "-000000001", "+000000001", "50000 0000",
		"0x00000010", "500000000:", "          " };
	struct fixture *f = *state;
	struct lsapi_request q;

	golden_read("lsapi_request_large_body", &f->golden);
	for (size_t i = 0; i < T_COUNT(values); i++) {
		memcpy(f->golden.data + f->golden.size - 14, values[i], 10);
		T_ASSERT_ROW(values[i], decode(f, f->golden.size, &q) == LSAPI_E_LENGTH);
	}
	/* no digit at all: a length of 0 in the index */
	golden_read("lsapi_request_large_body", &f->golden);
	assert_int_equal(decode(f, f->golden.size, &q), 0);
	f->golden.data[q.index_at + 2 * LSAPI_H_CONTENT_LENGTH] = 0;
	assert_int_equal(decode(f, f->golden.size, &q), LSAPI_E_LENGTH);
}

static void decode__truncated__refused(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		golden_read(goldens[i], &f->golden);
		bool is_big_endian = f->golden.data[3] & 1;
		for (size_t size = 0; size < f->golden.size; size++) {
			struct lsapi_request q;

			put_i32(f->golden.data + 4, (uint32_t)f->golden.size, is_big_endian);
			T_ASSERT_ROW(goldens[i], decode(f, size, &q) == LSAPI_E_LENGTH);
			/* and when the packet claims to be just as long as what is there */
			put_i32(f->golden.data + 4, (uint32_t)size, is_big_endian);
			T_ASSERT_ROW(goldens[i], decode(f, size, &q) > 0);
		}
	}
}

static void decode__one_bit_turned__refused_or_within_the_packet(void **state)
{
	struct fixture *f = *state;
	size_t refused = 0;
	size_t taken = 0;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		golden_read(goldens[i], &f->golden);
		for (size_t bit = 0; bit < 8 * f->golden.size; bit++) {
			struct lsapi_request q;
			uint8_t *byte = f->golden.data + bit / 8;
			uint8_t before = *byte;

			*byte = (uint8_t)(*byte ^ (1U << bit % 8));
			if (decode(f, f->golden.size, &q) == 0) {
				lsapi_check_request(&q);
				taken++;
			} else {
				refused++;
			}
			*byte = before;
		}
	}
	assert_true(refused > 0 && taken > 0);
}

/* One field of lsapi_request_small.hex set to what it may not be. */
static void decode__field_out_of_bounds__named_error(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value; /* four bytes, little-endian */
		int result;
	} rows[] = {
		{ "magic", 0, 0x0001534d, LSAPI_E_MAGIC },
		{ "type", 0, 0x0003534c, LSAPI_E_TYPE },
		{ "length short", 4, 330, LSAPI_E_LENGTH },
		{ "length long", 4, 332, LSAPI_E_LENGTH },
		{ "length negative", 4, 0x8000014b, LSAPI_E_LENGTH },
		{ "block short", 8, 10, LSAPI_E_SUM },
		{ "block long", 8, 12, LSAPI_E_SUM },
		{ "block none", 8, 0, LSAPI_E_SUM },
		{ "block negative", 8, 0xffffffff, LSAPI_E_SUM },
		{ "script file at end", 16, 331, LSAPI_E_OFFSET },
		{ "script file negative", 16, 0xffffffff, LSAPI_E_OFFSET },
		{ "script file without end", 16, 320, LSAPI_E_OFFSET },
		{ "script name at end", 20, 331, LSAPI_E_OFFSET },
		{ "script name without end", 20, 330, LSAPI_E_OFFSET },
		{ "query at end", 24, 331, LSAPI_E_OFFSET },
		{ "query negative", 24, 0x80000000, LSAPI_E_OFFSET },
		{ "method at end", 28, 331, LSAPI_E_OFFSET },
		{ "method without end", 28, 329, LSAPI_E_OFFSET },
		{ "one unknown too many", 32, 1, LSAPI_E_SUM },
		{ "unknown too many", 32, 4096, LSAPI_E_COUNT },
		{ "unknown times 16 wraps", 32, 0x10000000, LSAPI_E_COUNT },
		{ "unknown negative", 32, 0xffffffff, LSAPI_E_COUNT },
		{ "env one less", 36, 3, LSAPI_E_ENTRY },
		{ "env one more", 36, 5, LSAPI_E_ENTRY },
		{ "env most", 36, LSAPI_ENV_MAX, LSAPI_E_ENTRY },
		{ "env too many", 36, LSAPI_ENV_MAX + 1, LSAPI_E_COUNT },
		{ "env negative", 36, 0xfffffffc, LSAPI_E_COUNT },
		{ "special none", 40, 0, LSAPI_E_ENTRY },
		{ "special one more", 40, 2, LSAPI_E_ENTRY },
		{ "special too many", 40, LSAPI_ENV_MAX + 1, LSAPI_E_COUNT },
		{ "special negative", 40, 0x80000001, LSAPI_E_COUNT },
		{ "key length none", 44, 0x04000000, LSAPI_E_ENTRY },
		{ "value length none", 44, 0x00000f00, LSAPI_E_ENTRY },
		{ "no key but a value", 44, 0x13000000, LSAPI_E_ENTRY },
		{ "a key but no value", 44, 0x00001300, LSAPI_E_ENTRY },
		{ "key length short", 44, 0x04000e00, LSAPI_E_ENTRY },
		{ "value length long", 44, 0x05000f00, LSAPI_E_ENTRY },
		{ "lengths largest", 44, 0xffffffff, LSAPI_E_ENTRY },
		{ "end of list", 67, 1, LSAPI_E_ENTRY },
		{ "end of env list", 164, 0x01000000, LSAPI_E_ENTRY },
		{ "host length", 188, 6, LSAPI_E_OFFSET },
		{ "host length largest", 188, 0xffff, LSAPI_E_OFFSET },
		{ "host offset at end", 260, 11, LSAPI_E_OFFSET },
		{ "host offset beyond", 260, 12, LSAPI_E_OFFSET },
		{ "host offset negative", 260, 0xffffffff, LSAPI_E_OFFSET },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct lsapi_request q;

		golden_read("lsapi_request_small", &f->golden);
		put_i32(f->golden.data + rows[i].at, rows[i].value, false);
		T_ASSERT_ROW(rows[i].name, decode(f, f->golden.size, &q) == rows[i].result);
	}
}

/* The table of unknown headers of lsapi_request_post.hex, field by field. */
static void decode__unknown_header_out_of_block__offset(void **state)
{
	static const uint32_t bad[] = { 0x80000000, 0xffffffff, 0x7fffffff, 5000 };
	struct fixture *f = *state;

	for (size_t field = 0; field < 8; field++) {
		for (size_t i = 0; i < T_COUNT(bad); i++) {
			struct lsapi_request q;

			golden_read("lsapi_request_post", &f->golden);
			assert_int_equal(decode(f, f->golden.size, &q), 0);
			put_i32(f->golden.data + q.unknown_at + 4 * field, bad[i], false);
			assert_int_equal(decode(f, f->golden.size, &q), LSAPI_E_OFFSET);
		}
	}
}

/* As in the reference: nobody looks at index 24, whatever stands there. */
static void decode__transfer_encoding__not_looked_at(void **state)
{
	struct fixture *f = *state;
	struct lsapi_http_header h;
	struct lsapi_request q;

	golden_read("lsapi_request_small", &f->golden);
	put_i32(f->golden.data + 220 + 4 * LSAPI_H_TRANSFER_ENCODING, 0xffffffff, false);
	assert_int_equal(decode(f, f->golden.size, &q), 0);
	lsapi_check_request(&q);
	assert_false(lsapi_request_get_header(&q, LSAPI_H_TRANSFER_ENCODING, &h));
}

/* The largest packet that lsphp takes, and one byte more. */
static void decode__more_than_65535_bytes__length(void **state)
{
	struct fixture *f = *state;

	golden_read("lsapi_request_small", &f->golden);
	size_t small = f->golden.size;
	for (size_t size = LSAPI_REQUEST_MAX; size <= LSAPI_REQUEST_MAX + 1U; size++) {
		struct lsapi_request q;

		memset(f->golden.data + small, 'x', size - small);
		put_i32(f->golden.data + 4, (uint32_t)size, false);
		put_i32(f->golden.data + 8, (uint32_t)(11 + size - small), false);
		assert_int_equal(
			decode(f, size, &q), size > LSAPI_REQUEST_MAX ? LSAPI_E_LENGTH : 0);
	}
}

static void decode__refused__result_untouched(void **state)
{
	struct fixture *f = *state;
	struct lsapi_request q;
	struct lsapi_request before;

	memset(&q, 0x5a, sizeof(q));
	memcpy(&before, &q, sizeof(q));
	golden_read("lsapi_request_small", &f->golden);
	put_i32(f->golden.data + 12, 0xfffffffe, false);
	assert_int_equal(decode(f, f->golden.size, &q), LSAPI_E_LENGTH);
	assert_memory_equal(&q, &before, sizeof(q));
}

static void ini_decode__special_entry__told_apart(void **state)
{
	static const struct {
		const char *name;
		uint32_t name_size;
		bool is_ini;
		enum lsapi_ini_class ini_class;
	} rows[] = {
		{ "\1\4a", 3, true, LSAPI_INI_ADMIN },
		{ "\1\2a", 3, true, LSAPI_INI_USER },
		{ "\1\3a", 3, true, LSAPI_INI_SERVER },
		{ "\1\5a", 3, true, LSAPI_INI_FILE },
		{ "\1\6a", 3, true, LSAPI_INI_SERVER_FILE },
		{ "\1\7a", 3, true, LSAPI_INI_USER },
		{ "\1\1a", 3, true, LSAPI_INI_USER },
		{ "\1\0a", 3, true, LSAPI_INI_USER },
		{ "\1\4", 2, false, LSAPI_INI_USER },
		{ "\1", 1, false, LSAPI_INI_USER },
		{ "", 0, false, LSAPI_INI_USER },
		{ "\0SUEXEC_UGID", 12, false, LSAPI_INI_USER },
		{ "other", 5, false, LSAPI_INI_USER },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct lsapi_env special = { .name = rows[i].name,
			.value = "v",
			.name_size = rows[i].name_size,
			.value_size = 1 };
		enum lsapi_ini_class ini_class = LSAPI_INI_USER;
		const char *name = "a";
		const char *value = "v";

		assert_int_equal(
			lsapi_ini_decode(&special, &ini_class, &name, &value), rows[i].is_ini);
		assert_int_equal(ini_class, rows[i].ini_class);
		assert_string_equal(name, "a");
		assert_string_equal(value, "v");
	}
}

/* What the encoder makes of entries of every length, all eight paddings among them. */
static void decode__encoded_entries__come_back(void **state)
{
	static const char text[] = "0123456789abcdef";
	struct fixture *f = *state;
	struct lsapi_request_encoder *e = malloc(sizeof(*e));

	assert_non_null(e);
	for (size_t n = 0; n < sizeof(text); n++) {
		struct lsapi_iter it = { 0 };
		struct lsapi_request q;
		char part[sizeof(text)] = "";

		memcpy(part, text, n);
		lsapi_request_encode_init(e, f->golden.data, LSAPI_REQUEST_MAX);
		lsapi_request_encode_ini(e, LSAPI_INI_USER, "name", part);
		lsapi_request_encode_env(e, "SCRIPT_FILENAME", 15, part, n);
		lsapi_request_encode_env(e, "SCRIPT_NAME", 11, "/", 1);
		lsapi_request_encode_env(e, "QUERY_STRING", 12, part, n);
		lsapi_request_encode_env(e, "REQUEST_METHOD", 14, "GET", 3);
		lsapi_request_encode_header(e, "X-Text", 6, part, n);
		lsapi_request_encode_header(e, "Accept", 6, part, n);
		assert_int_equal(lsapi_request_encode_finish(e, n, &f->golden.size), 0);
		assert_int_equal(decode(f, f->golden.size, &q), 0);
		lsapi_check_request(&q);
		assert_int_equal(q.body_size, n);
		assert_string_equal(q.script_file, part);
		assert_string_equal(q.query, part);
		assert_true(is_next_ini(&q, &it, LSAPI_INI_USER, "name", part));
		it = (struct lsapi_iter){ 0 };
		assert_true(is_next_env(&q, &it, "SCRIPT_FILENAME", part));
		it = (struct lsapi_iter){ 0 };
		assert_true(is_next_header(&q, &it, LSAPI_H_ACCEPT, "Accept", part));
		assert_true(is_next_header(&q, &it, -1, "X-Text", part));
	}
	free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__small_request__every_field),
		cmocka_unit_test(decode__post_request__every_field),
		cmocka_unit_test(decode__body_size__as_announced),
		cmocka_unit_test(decode__content_length_is_no_number__length),
		cmocka_unit_test(decode__truncated__refused),
		cmocka_unit_test(decode__one_bit_turned__refused_or_within_the_packet),
		cmocka_unit_test(decode__field_out_of_bounds__named_error),
		cmocka_unit_test(decode__unknown_header_out_of_block__offset),
		cmocka_unit_test(decode__transfer_encoding__not_looked_at),
		cmocka_unit_test(decode__more_than_65535_bytes__length),
		cmocka_unit_test(decode__refused__result_untouched),
		cmocka_unit_test(ini_decode__special_entry__told_apart),
		cmocka_unit_test(decode__encoded_entries__come_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
