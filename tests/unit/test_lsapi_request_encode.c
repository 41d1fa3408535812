/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "proto/lsapi.h"
#include "tests/support/golden.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

struct pair {
	const char *name;
	const char *value;
};

#define PAIRS_MAX 8U

/* A request as its parts; the lists end with a row without a name. */
struct parts {
	const char *golden;
	struct pair ini_user[PAIRS_MAX];
	struct pair ini_admin[PAIRS_MAX];
	struct pair env[PAIRS_MAX];
	struct pair header[PAIRS_MAX];
	uint64_t body_size;
};

static const struct parts goldens[] = {
	{ .golden = "lsapi_request_small",
		.ini_admin = { { "memory_limit", "64M" } },
		.env = { { "SCRIPT_FILENAME", "/d/a.php" }, { "SCRIPT_NAME", "/a.php" },
			{ "QUERY_STRING", "" }, { "REQUEST_METHOD", "GET" } },
		.header = { { "Host", "h" } } },
	{ .golden = "lsapi_request_bare",
		.env = { { "SCRIPT_FILENAME", "/d/a.php" }, { "SCRIPT_NAME", "/a.php" },
			{ "QUERY_STRING", "" }, { "REQUEST_METHOD", "GET" } } },
	{ .golden = "lsapi_request_post",
		.ini_user = { { "display_errors", "1" } },
		.ini_admin = { { "open_basedir", "/srv/www/site" } },
		.env = { { "SCRIPT_FILENAME", "/srv/www/site/index.php" },
			{ "SCRIPT_NAME", "/index.php" }, { "QUERY_STRING", "a=1&b=%20" },
			{ "REQUEST_METHOD", "POST" }, { "REQUEST_URI", "/index.php?a=1&b=%20" },
			{ "SERVER_NAME", "example.org" } },
		.header = { { "Host", "example.org" }, { "X-Requested-With", "XMLHttpRequest" },
			{ "content-type", "text/plain" }, { "Content-Length", "17" },
			{ "X-Empty", "" }, { "Cookie", "a=1" }, { "cookie", "b=2" } },
		.body_size = 17 },
	{ .golden = "lsapi_request_large_body",
		.env = { { "SCRIPT_FILENAME", "/d/a.php" }, { "SCRIPT_NAME", "/a.php" },
			{ "QUERY_STRING", "" }, { "REQUEST_METHOD", "PUT" } },
		.header = { { "Content-Length", "5000000000" } },
		.body_size = 5000000000ULL },
};

static const struct parts *const small = &goldens[0];

struct fixture {
	struct lsapi_request_encoder *e; /* owned: on the heap, it is large */
	struct golden golden;
	uint8_t buf[2 * LSAPI_REQUEST_MAX];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->e = malloc(sizeof(*f->e));
	*state = f;
	return f->e ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->e);
	free(f);
	return 0;
}

static void add_env(struct lsapi_request_encoder *e, const struct pair *p)
{
	lsapi_request_encode_env(e, p->name, strlen(p->name), p->value, strlen(p->value));
}

static void add_header(struct lsapi_request_encoder *e, const char *name, const char *value)
{
	lsapi_request_encode_header(e, name, strlen(name), value, strlen(value));
}

/* All but the finish. */
static void encode_parts(struct lsapi_request_encoder *e, const struct parts *parts)
{
	for (const struct pair *p = parts->ini_user; p->name; p++)
		lsapi_request_encode_ini(e, LSAPI_INI_USER, p->name, p->value);
	for (const struct pair *p = parts->ini_admin; p->name; p++)
		lsapi_request_encode_ini(e, LSAPI_INI_ADMIN, p->name, p->value);
	for (const struct pair *p = parts->env; p->name; p++)
		add_env(e, p);
	for (const struct pair *p = parts->header; p->name; p++)
		add_header(e, p->name, p->value);
}

static int encode(
	struct fixture *f, uint8_t *buf, size_t size, const struct parts *parts, size_t *ret_size)
{
	lsapi_request_encode_init(f->e, buf, size);
	encode_parts(f->e, parts);
	return lsapi_request_encode_finish(f->e, parts->body_size, ret_size);
}

static void encode__golden_parts__golden_bytes(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		size_t size = 0;

		golden_read(goldens[i].golden, &f->golden);
		memset(f->buf, 0xaa, sizeof(f->buf));
		T_ASSERT_ROW(goldens[i].golden,
			encode(f, f->buf, sizeof(f->buf), &goldens[i], &size) == 0);
		assert_int_equal(size, f->golden.size);
		assert_memory_equal(f->buf, f->golden.data, size);
	}
}

/* Every buffer that is too small is refused, and no byte is written behind it. */
static void encode__buffer_too_small__full(void **state)
{
	struct fixture *f = *state;
	struct guard g;

	guard_init(&g, LSAPI_REQUEST_MAX);
	for (size_t i = 0; i < T_COUNT(goldens); i++) {
		size_t needed = 0;
		size_t size = 0;

		assert_int_equal(encode(f, f->buf, sizeof(f->buf), &goldens[i], &needed), 0);
		for (size_t room = 0; room < needed; room++) {
			T_ASSERT_ROW(goldens[i].golden,
				encode(f, guard_tail(&g, room), room, &goldens[i], &size) ==
					LSAPI_E_FULL);
		}
		assert_int_equal(encode(f, guard_tail(&g, needed), needed, &goldens[i], &size), 0);
	}
	guard_deinit(&g);
}

/* The bound of lsphp holds whatever the size of the buffer. */
static void encode__packet_of_65535_bytes__is_the_largest(void **state)
{
	struct fixture *f = *state;
	size_t bare = 0;
	size_t size = 0;

	assert_int_equal(encode(f, f->buf, sizeof(f->buf), small, &bare), 0);
	/* "A: " and CRLF, and a row in the table of unknown headers */
	size_t fits = LSAPI_REQUEST_MAX - bare - LSAPI_UNKNOWN_HEADER_SIZE - 5;
	char *value = malloc(LSAPI_REQUEST_MAX);
	assert_non_null(value);
	memset(value, 'v', LSAPI_REQUEST_MAX);
	for (size_t more = 0; more < 2; more++) {
		lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
		encode_parts(f->e, small);
		lsapi_request_encode_header(f->e, "A", 1, value, fits + more);
		assert_int_equal(
			lsapi_request_encode_finish(f->e, 0, &size), more ? LSAPI_E_FULL : 0);
	}
	assert_int_equal(size, LSAPI_REQUEST_MAX);
	free(value);
}

/* Lengths on the wire are 16 bits: longer ones must not be cut. */
static void encode__value_longer_than_16_bits__full(void **state)
{
	struct fixture *f = *state;
	size_t large = UINT16_MAX + 10U;
	char *value = calloc(1, large + 1);
	size_t size;

	assert_non_null(value);
	memset(value, 'v', large);
	for (int which = 0; which < 5; which++) {
		lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
		if (which == 0)
			lsapi_request_encode_ini(f->e, LSAPI_INI_USER, "a", value);
		encode_parts(f->e, &goldens[1]);
		if (which == 1)
			lsapi_request_encode_header(f->e, "A", 1, value, large);
		if (which == 2)
			lsapi_request_encode_header(f->e, value, large, "", 0);
		if (which == 3 || which == 4) {
			lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
			lsapi_request_encode_env(
				f->e, value, which == 3 ? large : 1, value, which == 3 ? 1 : large);
		}
		assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), LSAPI_E_FULL);
	}
	free(value);
}

static void encode__parts_in_wrong_order__order(void **state)
{
	struct fixture *f = *state;
	size_t size;

	lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
	encode_parts(f->e, small);
	add_env(f->e, &small->env[0]);
	assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), LSAPI_E_ORDER);

	lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
	encode_parts(f->e, &goldens[1]);
	lsapi_request_encode_ini(f->e, LSAPI_INI_USER, "a", "b");
	assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), LSAPI_E_ORDER);

	assert_int_equal(encode(f, f->buf, sizeof(f->buf), small, &size), 0);
	assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), LSAPI_E_ORDER);
}

static void encode__one_of_the_four_variables_missing__offset(void **state)
{
	struct fixture *f = *state;
	size_t size;

	for (size_t missing = 0; missing < 4; missing++) {
		lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
		for (size_t i = 0; i < 4; i++) {
			if (i != missing)
				add_env(f->e, &small->env[i]);
		}
		T_ASSERT_ROW(small->env[missing].name,
			lsapi_request_encode_finish(f->e, 0, &size) == LSAPI_E_OFFSET);
	}
}

static void encode__large_body_without_content_length__length(void **state)
{
	struct fixture *f = *state;
	size_t size;

	lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
	encode_parts(f->e, small);
	assert_int_equal(
		lsapi_request_encode_finish(f->e, INT32_MAX + 1ULL, &size), LSAPI_E_LENGTH);
	lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
	encode_parts(f->e, small);
	assert_int_equal(lsapi_request_encode_finish(f->e, INT32_MAX, &size), 0);
}

static void encode__too_many_entries__count(void **state)
{
	struct fixture *f = *state;
	size_t size;

	for (size_t more = 0; more < 2; more++) {
		lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
		encode_parts(f->e, &goldens[1]);
		for (size_t i = 0; i < LSAPI_HEADERS_MAX + more; i++)
			add_header(f->e, "A", "");
		assert_int_equal(
			lsapi_request_encode_finish(f->e, 0, &size), more ? LSAPI_E_COUNT : 0);
	}

	lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
	for (size_t i = 0; i <= LSAPI_ENV_MAX; i++)
		lsapi_request_encode_env(f->e, "", 0, "", 0);
	assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), LSAPI_E_COUNT);
}

static void encode__known_header_again__merged_in_order(void **state)
{
	static const struct {
		const char *name;
		const char *values[4];
		const char *merged;
	} rows[] = {
		{ "Accept", { "a" }, "a" },
		{ "Accept", { "a", "b" }, "a, b" },
		{ "Cookie", { "a=1", "b=2", "c=3" }, "a=1; b=2; c=3" },
		{ "Via", { "", "x", "" }, ", x, " },
		{ "X-Forwarded-For", { "1.2.3.4", "::1" }, "1.2.3.4, ::1" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct lsapi_http_header h;
		struct lsapi_request q;
		size_t size = 0;

		lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
		encode_parts(f->e, small);
		for (size_t k = 0; rows[i].values[k]; k++) {
			add_header(f->e, rows[i].name, rows[i].values[k]);
			add_header(f->e, "Between", "x");
		}
		assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), 0);
		assert_int_equal(lsapi_request_decode(f->buf, size, &q), 0);
		int known = lsapi_header_find(rows[i].name, strlen(rows[i].name));
		T_ASSERT_ROW(rows[i].merged, lsapi_request_get_header(&q, (unsigned)known, &h));
		assert_int_equal(h.value_size, strlen(rows[i].merged));
		assert_memory_equal(h.value, rows[i].merged, h.value_size);
	}
}

/* Of a variable that comes twice, $_SERVER shows the last; so does the fixed header. */
static void encode__variable_again__last_one_counts(void **state)
{
	struct fixture *f = *state;
	struct lsapi_request q;
	size_t size = 0;

	lsapi_request_encode_init(f->e, f->buf, sizeof(f->buf));
	encode_parts(f->e, &goldens[1]);
	add_env(f->e, &(const struct pair){ "REQUEST_METHOD", "HEAD" });
	assert_int_equal(lsapi_request_encode_finish(f->e, 0, &size), 0);
	assert_int_equal(lsapi_request_decode(f->buf, size, &q), 0);
	assert_string_equal(q.method, "HEAD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__golden_parts__golden_bytes),
		cmocka_unit_test(encode__buffer_too_small__full),
		cmocka_unit_test(encode__packet_of_65535_bytes__is_the_largest),
		cmocka_unit_test(encode__value_longer_than_16_bits__full),
		cmocka_unit_test(encode__parts_in_wrong_order__order),
		cmocka_unit_test(encode__one_of_the_four_variables_missing__offset),
		cmocka_unit_test(encode__large_body_without_content_length__length),
		cmocka_unit_test(encode__too_many_entries__count),
		cmocka_unit_test(encode__known_header_again__merged_in_order),
		cmocka_unit_test(encode__variable_again__last_one_counts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
