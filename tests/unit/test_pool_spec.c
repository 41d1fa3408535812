/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "proto/pool_spec.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

struct fixture {
	struct guard guard;
	struct pool_spec_builder builder;
	char data[POOL_SPEC_MAX_BYTES];
	char out[POOL_SPEC_MAX_BYTES];
	char filler[POOL_SPEC_MAX_VALUE + 2]; /* 'x' and a NUL */
	struct pool_spec spec;
};

static int setup(void **state)
{
	static struct fixture f;

	guard_init(&f.guard, POOL_SPEC_MAX_BYTES + 1);
	pool_spec_builder_init(&f.builder, f.data, sizeof(f.data));
	memset(f.filler, 'x', sizeof(f.filler) - 1);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guard_deinit(&f->guard);
	return 0;
}

static int finish(struct fixture *f)
{
	return pool_spec_finish(&f->builder, f->out, sizeof(f->out), &f->spec);
}

static int parse(struct fixture *f, const char *data, size_t size)
{
	return pool_spec_parse(guard_copy(&f->guard, data, size), size, &f->spec);
}

static void finish__any_order__canonical(void **state)
{
	static const char expected[] = "a=1\0a.b=2\0a0=3\0a_b=4\0ab=5\0env.A=6\0env._z=7\0uid=8";
	static const char *const entries[][2] = { { "uid", "8" }, { "env._z", "7" }, { "a_b", "4" },
		{ "a.b", "2" }, { "ab", "5" }, { "a", "1" }, { "env.A", "6" }, { "a0", "3" } };
	struct fixture *f = *state;

	for (size_t first = 0; first < T_COUNT(entries); first++) {
		struct pool_spec back;

		pool_spec_builder_init(&f->builder, f->data, sizeof(f->data));
		for (size_t i = 0; i < T_COUNT(entries); i++) {
			const char *const *e = entries[(first + i * 3) % T_COUNT(entries)];

			pool_spec_add(&f->builder, e[0], e[1]);
		}
		assert_int_equal(finish(f), 0);
		assert_int_equal(f->spec.count, T_COUNT(entries));
		assert_int_equal(f->spec.size, sizeof(expected));
		assert_memory_equal(f->spec.data, expected, sizeof(expected));
		assert_int_equal(pool_spec_parse(f->spec.data, f->spec.size, &back), 0);
		assert_int_equal(back.count, f->spec.count);
	}
}

static void add__same_key_again__replaces(void **state)
{
	static const char expected[] = "env.A=\0gid=2\0uid=30";
	struct fixture *f = *state;

	pool_spec_add_uint(&f->builder, "uid", 1000000);
	pool_spec_add_env(&f->builder, "A", "something long");
	pool_spec_add_uint(&f->builder, "gid", 1);
	pool_spec_add_env(&f->builder, "A", "");
	pool_spec_add_uint(&f->builder, "uid", 30);
	pool_spec_add_uint(&f->builder, "gid", 2);
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->spec.size, sizeof(expected));
	assert_memory_equal(f->spec.data, expected, sizeof(expected));
}

/* Values that were replaced leave no waste: the bound is one of the result. */
static void add__replaced_many_times__room_is_reused(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 100; i++) {
		pool_spec_add(&f->builder, "phprc", f->filler + 1);
		pool_spec_add_uint(&f->builder, "uid", i);
	}
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->spec.count, 2);
	assert_string_equal(pool_spec_get(&f->spec, "uid"), "99");
}

static void add_uint__largest__decimal(void **state)
{
	struct fixture *f = *state;

	pool_spec_add_uint(&f->builder, "uid", UINT64_MAX);
	assert_int_equal(finish(f), 0);
	assert_string_equal(pool_spec_get(&f->spec, "uid"), "18446744073709551615");
}

static void add__table__as_the_rules_say(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		int error;
	} cases[] = {
		{ "uid", "", 0 },
		{ "a.b_c.9", "x=y", 0 },
		{ "name", "M\xc3\xbcnchen \xff", 0 },
		{ "env.A1_z", "1", 0 },
		{ "env._", "1", 0 },
		{ "environ", "1", 0 },
		{ "", "1", POOL_SPEC_E_BAD_KEY },
		{ "Uid", "1", POOL_SPEC_E_BAD_KEY },
		{ "u-id", "1", POOL_SPEC_E_BAD_KEY },
		{ "u id", "1", POOL_SPEC_E_BAD_KEY },
		{ "u=id", "1", POOL_SPEC_E_BAD_KEY },
		{ "u\xc3\xbc", "1", POOL_SPEC_E_BAD_KEY },
		{ "ini.session.save_path", "/tmp", 0 },
		{ "ini.SMTP", "localhost", 0 },
		{ "ini.a-b", "1", 0 },
		{ "ini.", "1", POOL_SPEC_E_BAD_KEY },
		{ "ini.a b", "1", POOL_SPEC_E_BAD_KEY },
		{ "ini.[a]", "1", POOL_SPEC_E_BAD_KEY },
		{ "env.", "1", POOL_SPEC_E_BAD_KEY },
		{ "env.1A", "1", POOL_SPEC_E_BAD_KEY },
		{ "env.A.B", "1", POOL_SPEC_E_BAD_KEY },
		{ "env.A=B", "1", POOL_SPEC_E_BAD_KEY },
		{ "uid", "1\n2", POOL_SPEC_E_BAD_VALUE },
		{ "uid", "\t", POOL_SPEC_E_BAD_VALUE },
		{ "uid", "\x1f", POOL_SPEC_E_BAD_VALUE },
		{ "uid", "\x7f", POOL_SPEC_E_BAD_VALUE },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		pool_spec_builder_init(&f->builder, f->data, sizeof(f->data));
		pool_spec_add(&f->builder, cases[i].key, cases[i].value);
		T_ASSERT_ROW(cases[i].key, finish(f) == cases[i].error);
	}
}

static void add__after_an_error__first_error_stays(void **state)
{
	struct fixture *f = *state;

	pool_spec_add(&f->builder, "uid", "\n");
	pool_spec_add(&f->builder, "BAD", "1");
	pool_spec_add_env(&f->builder, f->filler, "1");
	pool_spec_add(&f->builder, "uid", "1");
	assert_int_equal(finish(f), POOL_SPEC_E_BAD_VALUE);
}

static void add__key_and_value_at_their_bounds__pass_and_not_above(void **state)
{
	struct fixture *f = *state;
	char *at_bound = f->filler + sizeof(f->filler) - 1;

	pool_spec_add(&f->builder, at_bound - POOL_SPEC_MAX_KEY, at_bound - POOL_SPEC_MAX_VALUE);
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->spec.size, POOL_SPEC_MAX_KEY + POOL_SPEC_MAX_VALUE + 2);

	pool_spec_builder_init(&f->builder, f->data, sizeof(f->data));
	pool_spec_add(&f->builder, at_bound - POOL_SPEC_MAX_KEY - 1, "");
	assert_int_equal(finish(f), POOL_SPEC_E_TOO_LARGE);

	pool_spec_builder_init(&f->builder, f->data, sizeof(f->data));
	pool_spec_add(&f->builder, "a", at_bound - POOL_SPEC_MAX_VALUE - 1);
	assert_int_equal(finish(f), POOL_SPEC_E_TOO_LARGE);

	/* env. and its name together are the key */
	pool_spec_builder_init(&f->builder, f->data, sizeof(f->data));
	pool_spec_add_env(&f->builder, at_bound - POOL_SPEC_MAX_KEY + 4, "");
	assert_int_equal(finish(f), 0);
	pool_spec_add_env(&f->builder, at_bound - POOL_SPEC_MAX_KEY + 3, "");
	assert_int_equal(finish(f), POOL_SPEC_E_TOO_LARGE);
}

static void add__entries_at_their_bound__pass_and_not_above(void **state)
{
	struct fixture *f = *state;
	char key[16];

	for (unsigned i = 0; i < POOL_SPEC_MAX_ENTRIES; i++) {
		(void)snprintf(key, sizeof(key), "k%u", i);
		pool_spec_add(&f->builder, key, "v");
	}
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->spec.count, POOL_SPEC_MAX_ENTRIES);
	assert_int_equal(parse(f, f->spec.data, f->spec.size), 0);
	pool_spec_add(&f->builder, "k0", "w"); /* replaces: still as many */
	assert_int_equal(finish(f), 0);
	pool_spec_add(&f->builder, "l", "v");
	assert_int_equal(finish(f), POOL_SPEC_E_TOO_LARGE);
}

static void add__bytes_at_their_bound__pass_and_not_above(void **state)
{
	struct fixture *f = *state;
	/* "a=" and NUL with a value of 4093 are 4096 bytes, four times */
	char *value = f->filler + sizeof(f->filler) - 1 - 4093;

	for (const char *key = "abcd"; *key; key++) {
		char name[] = { *key, '\0' };

		pool_spec_add(&f->builder, name, value);
	}
	assert_int_equal(finish(f), 0);
	assert_int_equal(f->spec.size, POOL_SPEC_MAX_BYTES);
	assert_int_equal(parse(f, f->spec.data, f->spec.size), 0);
	pool_spec_add(&f->builder, "e", "");
	assert_int_equal(finish(f), POOL_SPEC_E_TOO_LARGE);
}

static void add__small_memory__not_beyond_it(void **state)
{
	struct fixture *f = *state;
	char *small = (char *)guard_tail(&f->guard, 12);

	pool_spec_builder_init(&f->builder, small, 12);
	pool_spec_add(&f->builder, "uid", "1");
	pool_spec_add(&f->builder, "gid", "1");
	assert_int_equal(finish(f), 0);
	pool_spec_add(&f->builder, "a", "");
	assert_int_equal(finish(f), POOL_SPEC_E_TOO_LARGE);
}

static void finish__small_output__refused(void **state)
{
	struct fixture *f = *state;

	pool_spec_add(&f->builder, "uid", "1");
	assert_int_equal(
		pool_spec_finish(&f->builder, (char *)guard_tail(&f->guard, 5), 5, &f->spec),
		POOL_SPEC_E_TOO_LARGE);
	assert_int_equal(
		pool_spec_finish(&f->builder, (char *)guard_tail(&f->guard, 6), 6, &f->spec), 0);
}

static void parse__table__as_the_rules_say(void **state)
{
	static const struct {
		const char *row;
		const char *data;
		size_t size;
		int error;
	} cases[] = {
		{ "nothing at all", TEXT(""), 0 },
		{ "one", TEXT("uid=1\0"), 0 },
		{ "empty value", TEXT("uid=\0"), 0 },
		{ "value with equals", TEXT("a=b=c\0"), 0 },
		{ "dot before equals sign", TEXT("a=1\0a.b=1\0"), 0 },
		{ "by string, not by key", TEXT("a.b=1\0a=1\0"), POOL_SPEC_E_NOT_SORTED },
		{ "twice", TEXT("uid=1\0uid=1\0"), POOL_SPEC_E_NOT_SORTED },
		{ "twice, values sorted", TEXT("uid=1\0uid=2\0"), POOL_SPEC_E_NOT_SORTED },
		{ "wrong order", TEXT("uid=1\0gid=1\0"), POOL_SPEC_E_NOT_SORTED },
		{ "upper before lower", TEXT("env.B=1\0env.a=1\0"), 0 },
		{ "not ended", TEXT("uid=1"), POOL_SPEC_E_BAD_FORM },
		{ "last not ended", TEXT("gid=1\0uid=1"), POOL_SPEC_E_BAD_FORM },
		{ "no equals sign", TEXT("uid\0"), POOL_SPEC_E_BAD_FORM },
		{ "empty string", TEXT("\0"), POOL_SPEC_E_BAD_FORM },
		{ "empty string behind", TEXT("uid=1\0\0"), POOL_SPEC_E_BAD_FORM },
		{ "no key", TEXT("=1\0"), POOL_SPEC_E_BAD_KEY },
		{ "upper case", TEXT("UID=1\0"), POOL_SPEC_E_BAD_KEY },
		{ "no name", TEXT("env.=1\0"), POOL_SPEC_E_BAD_KEY },
		{ "digit first", TEXT("env.1=1\0"), POOL_SPEC_E_BAD_KEY },
		{ "newline", TEXT("uid=1\n\0"), POOL_SPEC_E_BAD_VALUE },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(
			cases[i].row, parse(f, cases[i].data, cases[i].size) == cases[i].error);
}

static void parse__too_large__refused(void **state)
{
	struct fixture *f = *state;
	char *data = (char *)guard_tail(&f->guard, POOL_SPEC_MAX_BYTES + 1);
	size_t used = 0;

	memset(data, 'x', POOL_SPEC_MAX_BYTES + 1);
	assert_int_equal(
		pool_spec_parse(data, POOL_SPEC_MAX_BYTES + 1, &f->spec), POOL_SPEC_E_TOO_LARGE);
	for (unsigned i = 0; i <= POOL_SPEC_MAX_ENTRIES; i++)
		used += (size_t)snprintf(data + used, 16, "k%03u=", i) + 1;
	assert_int_equal(pool_spec_parse(data, used, &f->spec), POOL_SPEC_E_TOO_LARGE);
	assert_int_equal(pool_spec_parse(data, used - 6, &f->spec), 0);
	/* a key one too long, and a value */
	memset(data, 'x', POOL_SPEC_MAX_BYTES);
	data[POOL_SPEC_MAX_KEY + 1] = '=';
	data[POOL_SPEC_MAX_KEY + 2] = '\0';
	assert_int_equal(
		pool_spec_parse(data, POOL_SPEC_MAX_KEY + 3, &f->spec), POOL_SPEC_E_TOO_LARGE);
	memset(data, 'x', POOL_SPEC_MAX_BYTES);
	data[1] = '=';
	data[POOL_SPEC_MAX_VALUE + 3] = '\0';
	assert_int_equal(
		pool_spec_parse(data, POOL_SPEC_MAX_VALUE + 4, &f->spec), POOL_SPEC_E_TOO_LARGE);
}

/* Cut anywhere but between two entries: refused; a view of the rest otherwise. */
static void parse__truncated__refused_or_shorter(void **state)
{
	static const char whole[] = "env.A=1\0gid=1001\0handler=php\0uid=1001";
	struct fixture *f = *state;

	for (size_t size = 0; size < sizeof(whole); size++) {
		int expected = !size || whole[size - 1] == '\0' ? 0 : POOL_SPEC_E_BAD_FORM;

		assert_int_equal(parse(f, whole, size), expected);
	}
}

/* What the parser takes, the builder would have written. */
static void parse__any_byte_changed__refused_or_canonical(void **state)
{
	static const char whole[] = "env.A=1\0env.a=2\0gid=10\0uid=10";
	struct fixture *f = *state;
	char data[sizeof(whole)];

	memcpy(data, whole, sizeof(data));
	for (size_t at = 0; at < sizeof(data); at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			struct pool_spec spec;

			data[at] = (char)byte;
			if (pool_spec_parse(data, sizeof(data), &spec))
				continue;
			pool_spec_builder_init(&f->builder, f->data, sizeof(f->data));
			for (const char *e = pool_spec_next(&spec, NULL); e;
				e = pool_spec_next(&spec, e)) {
				char key[sizeof(data)] = { 0 };
				size_t key_size = strcspn(e, "=");

				memcpy(key, e, key_size);
				pool_spec_add(&f->builder, key, e + key_size + 1);
			}
			assert_int_equal(finish(f), 0);
			assert_int_equal(f->spec.size, sizeof(data));
			assert_memory_equal(f->spec.data, data, sizeof(data));
		}
		data[at] = whole[at];
	}
}

static void get__key__its_value_only(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, TEXT("a=1\0a.b=2\0uid=\0")), 0);
	assert_string_equal(pool_spec_get(&f->spec, "a"), "1");
	assert_string_equal(pool_spec_get(&f->spec, "a.b"), "2");
	assert_string_equal(pool_spec_get(&f->spec, "uid"), "");
	assert_null(pool_spec_get(&f->spec, "ui"));
	assert_null(pool_spec_get(&f->spec, "uidx"));
	assert_null(pool_spec_get(&f->spec, ""));
	assert_int_equal(parse(f, TEXT("")), 0);
	assert_null(pool_spec_get(&f->spec, "a"));
}

static void hash__known_vectors__fnv_1a(void **state)
{
	/* Source: test vectors of RFC 9923 for the strings "", "a" and "foobar" */
	const struct pool_spec empty = { "", 0, 0 };
	const struct pool_spec a = { "a", 1, 0 };
	const struct pool_spec foobar = { "foobar", 6, 0 };

	(void)state;
	assert_int_equal(pool_spec_hash(&empty), 0xcbf29ce484222325ULL);
	assert_int_equal(pool_spec_hash(&a), 0xaf63dc4c8601ec8cULL);
	assert_int_equal(pool_spec_hash(&foobar), 0x85944171f73967e8ULL);
}

static void error_text__all_numbers__distinct(void **state)
{
	(void)state;
	for (int a = POOL_SPEC_E_TOO_LARGE; a <= POOL_SPEC_E_BAD_FORM; a++) {
		for (int b = POOL_SPEC_E_TOO_LARGE - 2; b < a; b++)
			assert_string_not_equal(pool_spec_error_text(a), pool_spec_error_text(b));
	}
	assert_string_equal(pool_spec_error_text(POOL_SPEC_E_BAD_FORM + 1), "unknown error");
	assert_string_equal(pool_spec_error_text(-1), "unknown error");
}

#define spec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		spec_test(finish__any_order__canonical),
		spec_test(add__same_key_again__replaces),
		spec_test(add__replaced_many_times__room_is_reused),
		spec_test(add_uint__largest__decimal),
		spec_test(add__table__as_the_rules_say),
		spec_test(add__after_an_error__first_error_stays),
		spec_test(add__key_and_value_at_their_bounds__pass_and_not_above),
		spec_test(add__entries_at_their_bound__pass_and_not_above),
		spec_test(add__bytes_at_their_bound__pass_and_not_above),
		spec_test(add__small_memory__not_beyond_it),
		spec_test(finish__small_output__refused),
		spec_test(parse__table__as_the_rules_say),
		spec_test(parse__too_large__refused),
		spec_test(parse__truncated__refused_or_shorter),
		spec_test(parse__any_byte_changed__refused_or_canonical),
		spec_test(get__key__its_value_only),
		spec_test(hash__known_vectors__fnv_1a),
		cmocka_unit_test(error_text__all_numbers__distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
