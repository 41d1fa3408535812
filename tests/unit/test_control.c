/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/control.h"
#include "proto/lease_table.h"
#include "tests/support/control_codec.h"
#include "tests/support/golden.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

#define LENGTH_AT 4U

#define BYTES(text)                                                                                \
	{                                                                                          \
		.data = (const uint8_t *)(text), .size = sizeof(text) - 1                          \
	}

static const uint8_t key[] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa,
	0xab, 0xac, 0xad, 0xae, 0xaf, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9,
	0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf };

/** A golden file and what it says; the key of HELLO is filled in by messages_expected(). */
struct row {
	const char *name;
	enum control_type type;
	uint32_t sequence;
	union control_message message;
};

static const struct row rows[] = {
	{ "hello", CONTROL_HELLO, 1,
		{ .hello = { .version = 2,
			  .instance = 0x8899aabbccddeeffULL,
			  .server = BYTES("www.example.org:80") } } },
	{ "hello_unnamed", CONTROL_HELLO, UINT32_MAX, { .hello = { .version = 2 } } },
	{ "welcome", CONTROL_WELCOME, 1,
		{ .welcome = { .session = 17,
			  .slot_count = 1024,
			  .boot_id = 0x1122334455667788ULL } } },
	{ "pool", CONTROL_POOL, 2, { .pool = { BYTES("gid=1001\0uid=1001\0") } } },
	{ "pool_ok", CONTROL_POOL_OK, 2, { .pool_ok = { .pool = 3, .children = 20 } } },
	{ "denied", CONTROL_DENIED, 2,
		{ .denied = { .reason = REASON_UID_FLOOR,
			  .text = BYTES("uid 33 is below uid_min 1000") } } },
	{ "lease", CONTROL_LEASE, 3,
		{ .lease = { .pool = 3,
			  .wait_ms = 300000,
			  .flags = CONTROL_LEASE_QUEUE | CONTROL_LEASE_WAIT_SET } } },
	{ "queued", CONTROL_QUEUED, 3, { .queued = { .wait_ms = 300000 } } },
	{ "grant", CONTROL_GRANT, 3,
		{ .grant = { .slot = 5,
			  .flags = CONTROL_GRANT_FRESH | CONTROL_GRANT_COLD,
			  .generation = 0xabcdef012345ULL } } },
	{ "reject", CONTROL_REJECT, 3,
		{ .reject = { REASON_BUSY, 20, 20, 0, 2, 503,
			  BYTES("20 of 20 children are working") } } },
	{ "return", CONTROL_RETURN, 4, { .ret = { .slot = 1023, .generation = 1 } } },
	{ "close", CONTROL_CLOSE, 5,
		{ .close = { .slot = 5,
			  .why = CONTROL_CLOSE_DIED,
			  .generation = UINT64_MAX >> 8,
			  .child_pid = 4711 } } },
	{ "cancel", CONTROL_CANCEL, 6, { .cancel = { .lease_sequence = 3 } } },
	{ "terminate", CONTROL_TERMINATE, 7,
		{ .terminate = { .instance = 0x8899aabbccddeeffULL } } },
	{ "status", CONTROL_STATUS, 1, { .cancel = { 0 } } },
	{ "reload", CONTROL_RELOAD, 2, { .cancel = { 0 } } },
	{ "why", CONTROL_WHY, 3, { .why = { BYTES("www.example.org") } } },
	{ "why_host", CONTROL_WHY, 4, { .why = { { .size = 0 } } } },
	{ "criu_list", CONTROL_CRIU, 5, { .criu = { .what = CONTROL_CRIU_LIST } } },
	{ "criu_freeze", CONTROL_CRIU, 6,
		{ .criu = { .what = CONTROL_CRIU_FREEZE, .pool = BYTES("www.example.org") } } },
	{ "steer_stop", CONTROL_STEER, 8,
		{ .steer = { .action = CONTROL_STEER_STOP,
			  .kind = CONTROL_STEER_POOL,
			  .flags = CONTROL_STEER_PROGRESS,
			  .wait_ms = 60000,
			  .text = BYTES("*.example.org") } } },
	{ "steer_try", CONTROL_STEER, 9, { .steer = { .action = CONTROL_STEER_TRY } } },
	{ "show", CONTROL_SHOW, 7, { .show = { BYTES("name=www.example.org\0user=alice\0") } } },
	{ "document", CONTROL_DOCUMENT, 1, { .document = { .size = 123456, .status = 22 } } },
};

static const struct control_codec *codec(enum control_type type)
{
	return control_codec_find((unsigned)type);
}

/** Everything a test of all rows works with. */
struct fixture {
	struct golden golden;
	struct guard in;
	struct guard out;
};

static int setup(void **state)
{
	static struct fixture fixture;

	guard_init(&fixture.in, CONTROL_MAX_MESSAGE + 1);
	guard_init(&fixture.out, CONTROL_MAX_MESSAGE + 1);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guard_deinit(&f->in);
	guard_deinit(&f->out);
	return 0;
}

static const struct row *load(struct fixture *f, size_t index)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "control_%s", rows[index].name);
	golden_read(name, &f->golden);
	return &rows[index];
}

static union control_message row_message(const struct row *row)
{
	union control_message m = row->message;

	if (!strcmp(row->name, "hello"))
		memcpy(m.hello.key, key, sizeof(key));
	if (row->type == CONTROL_TERMINATE)
		memcpy(m.terminate.key, key, sizeof(key));
	return m;
}

static bool is_filled(const void *data, size_t size, uint8_t byte)
{
	const uint8_t *p = data;

	while (size && p[size - 1] == byte)
		size--;
	return !size;
}

static void put_u32(uint8_t *at, uint64_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static void encode__every_row__golden_bytes(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);
		union control_message m = row_message(row);
		size_t size = f->golden.size;
		uint8_t *out = guard_tail(&f->out, size);

		T_ASSERT_ROW(
			row->name, codec(row->type)->encode(out, size, row->sequence, &m) == size);
		T_ASSERT_ROW(row->name, !memcmp(out, f->golden.data, size));
	}
}

static void encode__buffer_too_small__nothing(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);
		union control_message m = row_message(row);

		for (size_t size = 0; size < f->golden.size; size++) {
			uint8_t *out = guard_tail(&f->out, size);

			T_ASSERT_ROW(row->name, !codec(row->type)->encode(out, size, 1, &m));
		}
	}
}

static void decode__every_row__encodes_to_the_same(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);
		size_t size = f->golden.size;
		const uint8_t *data = guard_copy(&f->in, f->golden.data, size);
		uint8_t *out = guard_tail(&f->out, size);
		struct control_header h;
		union control_message m;

		T_ASSERT_ROW(row->name, !control_decode_header(data, size, &h));
		T_ASSERT_ROW(row->name, h.type == (uint16_t)row->type);
		T_ASSERT_ROW(row->name, h.version == CONTROL_VERSION && h.length == size);
		T_ASSERT_ROW(row->name, h.sequence == row->sequence);
		memset(&m, 0xee, sizeof(m));
		T_ASSERT_ROW(row->name, !codec(row->type)->decode(data, size, &m));
		T_ASSERT_ROW(
			row->name, codec(row->type)->encode(out, size, row->sequence, &m) == size);
		T_ASSERT_ROW(row->name, !memcmp(out, f->golden.data, size));
	}
}

/* Cut anywhere, with the old length and with one that fits: refused, and nothing written. */
static void decode__truncated__refused(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);

		for (size_t size = 0; size < f->golden.size; size++) {
			uint8_t *data = guard_tail(&f->in, size);
			union control_message m;

			memset(&m, 0xee, sizeof(m));
			memcpy(data, f->golden.data, size);
			T_ASSERT_ROW(row->name,
				codec(row->type)->decode(data, size, &m) == CONTROL_E_TRUNCATED);
			if (size >= CONTROL_HEADER_SIZE)
				put_u32(data + LENGTH_AT, size);
			T_ASSERT_ROW(row->name,
				codec(row->type)->decode(data, size, &m) == CONTROL_E_TRUNCATED);
			T_ASSERT_ROW(row->name, is_filled(&m, sizeof(m), 0xee));
		}
	}
}

static void decode__bytes_left_over__refused(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);
		size_t size = f->golden.size + 1;
		uint8_t *data = guard_tail(&f->in, size);
		union control_message m;

		memcpy(data, f->golden.data, size - 1);
		data[size - 1] = 0;
		T_ASSERT_ROW(
			row->name, codec(row->type)->decode(data, size, &m) == CONTROL_E_TRAILING);
		put_u32(data + LENGTH_AT, size);
		T_ASSERT_ROW(
			row->name, codec(row->type)->decode(data, size, &m) == CONTROL_E_TRAILING);
	}
}

static void decode__other_type__refused(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);

		for (size_t k = 0; k < T_COUNT(rows); k++) {
			union control_message m;

			if (rows[k].type == row->type)
				continue;
			T_ASSERT_ROW(row->name,
				codec(rows[k].type)->decode(f->golden.data, f->golden.size, &m) ==
					CONTROL_E_TYPE);
		}
	}
}

/*
 * Every byte, every value: refused, or taken for exactly what it says. So no bit of a message is
 * without a meaning, and nothing can be hidden in one.
 */
static void decode__any_byte_changed__refused_or_canonical(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct row *row = load(f, i);
		size_t size = f->golden.size;
		uint8_t *data = guard_tail(&f->in, size);
		uint8_t *out = guard_tail(&f->out, size);

		memcpy(data, f->golden.data, size);
		for (size_t at = 0; at < size; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				struct control_header h;
				union control_message m;

				data[at] = (uint8_t)byte;
				if (codec(row->type)->decode(data, size, &m))
					continue;
				T_ASSERT_ROW(row->name, !control_decode_header(data, size, &h));
				T_ASSERT_ROW(row->name, codec(row->type)->encode(
								out, size, h.sequence, &m) == size);
				T_ASSERT_ROW(row->name, !memcmp(out, data, size));
			}
			data[at] = f->golden.data[at];
		}
	}
}

static void decode__bad_field__says_which_kind(void **state)
{
	static const struct {
		const char *golden;
		size_t at; /* of a u32 */
		uint32_t value;
		int error;
	} cases[] = {
		{ "hello", 0, 0x00030002, CONTROL_E_VERSION },
		{ "hello", 0, 0x00010002, CONTROL_E_VERSION },
		{ "hello", 0, 0x00020000, CONTROL_E_TYPE },
		{ "hello", 0, 0x00020006, CONTROL_E_TYPE },
		{ "hello", 0, 0x00020100, CONTROL_E_TYPE },
		{ "hello", 0, 0x0002ffff, CONTROL_E_TYPE },
		{ "hello", LENGTH_AT, 0, CONTROL_E_TRAILING },
		{ "hello", LENGTH_AT, UINT32_MAX, CONTROL_E_TRUNCATED },
		{ "hello", 56, 19, CONTROL_E_TRUNCATED },
		{ "hello", 56, 17, CONTROL_E_TRAILING },
		{ "hello", 56, UINT32_MAX, CONTROL_E_TRUNCATED },
		{ "pool", 12, UINT32_MAX, CONTROL_E_TRUNCATED },
		{ "why", 12, 16, CONTROL_E_TRUNCATED },
		{ "why", 12, 14, CONTROL_E_TRAILING },
		{ "why", 12, UINT32_MAX, CONTROL_E_TRUNCATED },
		{ "steer_stop", 12, CONTROL_STEER_KILL, 0 },
		{ "steer_stop", 12, CONTROL_STEER_LOG_LEVEL, CONTROL_E_VALUE },
		{ "steer_stop", 12, CONTROL_STEER_TRY, CONTROL_E_VALUE },
		{ "steer_stop", 12, CONTROL_STEER_ACTION_COUNT, CONTROL_E_VALUE },
		{ "steer_stop", 16, CONTROL_STEER_NOBODY, CONTROL_E_VALUE },
		{ "steer_stop", 16, CONTROL_STEER_USER, 0 },
		{ "steer_stop", 16, CONTROL_STEER_ALL, CONTROL_E_VALUE },
		{ "steer_stop", 16, CONTROL_STEER_KIND_COUNT, CONTROL_E_VALUE },
		{ "steer_stop", 20, 2, CONTROL_E_VALUE },
		{ "steer_stop", 28, 14, CONTROL_E_TRUNCATED },
		{ "steer_stop", 28, 12, CONTROL_E_TRAILING },
		{ "steer_stop", 33, 0, CONTROL_E_VALUE },
		{ "steer_try", 12, CONTROL_STEER_LOG_LEVEL, 0 },
		{ "steer_try", 12, CONTROL_STEER_DRAIN, CONTROL_E_VALUE },
		{ "steer_try", 16, CONTROL_STEER_ALL, CONTROL_E_VALUE },
		{ "show", 12, 40, CONTROL_E_TRUNCATED },
		{ "show", 12, UINT32_MAX, CONTROL_E_TRUNCATED },
		{ "criu_list", 12, CONTROL_CRIU_COUNT, CONTROL_E_VALUE },
		{ "criu_list", 12, CONTROL_CRIU_RESET, CONTROL_E_VALUE },
		{ "criu_freeze", 12, CONTROL_CRIU_CHECK, CONTROL_E_VALUE },
		{ "criu_freeze", 12, CONTROL_CRIU_RESET_ALL, CONTROL_E_VALUE },
		{ "criu_freeze", 12, CONTROL_CRIU_RESET, 0 },
		{ "criu_freeze", 16, 16, CONTROL_E_TRUNCATED },
		{ "criu_freeze", 16, 14, CONTROL_E_TRAILING },
		{ "pool_ok", 12, 0, CONTROL_E_VALUE },
		{ "denied", 12, 0, CONTROL_E_VALUE },
		{ "denied", 12, 4711, 0 }, /* of a newer daemon */
		{ "lease", 12, 0, CONTROL_E_VALUE },
		{ "lease", 20, 8, CONTROL_E_VALUE },
		{ "lease", 20, 3, CONTROL_E_VALUE },
		{ "grant", 24, 0x01000000, CONTROL_E_VALUE },
		{ "reject", 12, 0, CONTROL_E_VALUE },
		{ "reject", 32, 4711, 0 }, /* the receiver takes it or leaves it */
		{ "return", 16, 0, CONTROL_E_VALUE },
		{ "close", 16, CONTROL_CLOSE_COUNT, CONTROL_E_VALUE },
		{ "close", 16, UINT32_MAX, CONTROL_E_VALUE },
		{ "close", 24, UINT32_MAX, CONTROL_E_VALUE },
		{ "terminate", LENGTH_AT, 53, CONTROL_E_TRUNCATED },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		for (size_t k = 0; k < T_COUNT(rows); k++) {
			union control_message m;

			if (strcmp(rows[k].name, cases[i].golden) != 0)
				continue;
			(void)load(f, k);
			put_u32(f->golden.data + cases[i].at, cases[i].value);
			assert_int_equal(
				codec(rows[k].type)->decode(f->golden.data, f->golden.size, &m),
				cases[i].error);
		}
	}
}

/* The longest variable parts pass, one byte more does not, on both sides. */
static void text__at_its_bound__passes_and_not_above(void **state)
{
	static uint8_t filler[POOL_SPEC_MAX_BYTES + 1];
	static const struct {
		const char *name;
		enum control_type type;
		size_t at; /* of the length */
		size_t max;
	} cases[] = {
		{ "hello", CONTROL_HELLO, 56, CONTROL_MAX_NAME },
		{ "pool", CONTROL_POOL, 12, POOL_SPEC_MAX_BYTES },
		{ "denied", CONTROL_DENIED, 16, CONTROL_MAX_TEXT },
		{ "reject", CONTROL_REJECT, 36, CONTROL_MAX_TEXT },
		{ "why", CONTROL_WHY, 12, CONTROL_MAX_NAME },
		{ "criu", CONTROL_CRIU, 16, CONTROL_MAX_NAME },
		{ "show", CONTROL_SHOW, 12, POOL_SPEC_MAX_BYTES },
		{ "steer", CONTROL_STEER, 28, CONTROL_MAX_NAME },
	};
	struct fixture *f = *state;

	memset(filler, 'x', sizeof(filler));
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct wire_bytes longest = { filler, cases[i].max };
		const struct wire_bytes longer = { filler, cases[i].max + 1 };
		size_t size = cases[i].at + 4 + cases[i].max;
		uint8_t *out = guard_tail(&f->out, CONTROL_MAX_MESSAGE);
		union control_message m = { .cancel = { 0 } };
		struct wire_bytes *part[] = { &m.hello.server, &m.pool.spec, &m.denied.text,
			&m.reject.text, &m.why.what, &m.criu.pool, &m.show.query, &m.steer.text };
		union control_message back;

		if (i >= 2)
			m.denied.reason = REASON_BUSY; /* the first field of REJECT as well */
		if (cases[i].type == CONTROL_CRIU)
			m.criu.what = CONTROL_CRIU_FREEZE;
		if (cases[i].type == CONTROL_STEER)
			m.steer.kind = CONTROL_STEER_USER;
		*part[i] = longer;
		T_ASSERT_ROW(cases[i].name,
			!codec(cases[i].type)->encode(out, CONTROL_MAX_MESSAGE, 1, &m));
		*part[i] = longest;
		T_ASSERT_ROW(cases[i].name,
			codec(cases[i].type)->encode(out, CONTROL_MAX_MESSAGE, 1, &m) == size);
		T_ASSERT_ROW(cases[i].name, !codec(cases[i].type)->decode(out, size, &back));
		/* the same by hand with one byte more */
		put_u32(out + LENGTH_AT, size + 1);
		put_u32(out + cases[i].at, cases[i].max + 1);
		out[size] = 'x';
		T_ASSERT_ROW(cases[i].name,
			codec(cases[i].type)->decode(out, size + 1, &back) == CONTROL_E_VALUE);
	}
}

static void encode__field_out_of_bounds__nothing(void **state)
{
	static const struct {
		const char *name;
		enum control_type type;
		union control_message message;
	} cases[] = {
		{ "no pool", CONTROL_POOL_OK, { .pool_ok = { .children = 1 } } },
		{ "no reason", CONTROL_DENIED, { .denied = { .reason = REASON_NONE } } },
		{ "no reason", CONTROL_REJECT, { .reject = { .reason = REASON_NONE } } },
		{ "no pool", CONTROL_LEASE, { .lease = { .wait_ms = 1 } } },
		{ "unknown flag", CONTROL_LEASE, { .lease = { .pool = 1, .flags = 8 } } },
		{ "both modes", CONTROL_LEASE, { .lease = { .pool = 1, .flags = 3 } } },
		{ "generation 0", CONTROL_GRANT, { .grant = { .slot = 1 } } },
		{ "57 bits", CONTROL_GRANT, { .grant = { .generation = 1ULL << 56 } } },
		{ "generation 0", CONTROL_RETURN, { .ret = { .slot = 1 } } },
		{ "57 bits", CONTROL_RETURN, { .ret = { .generation = 1ULL << 56 } } },
		{ "generation 0", CONTROL_CLOSE, { .close = { .slot = 1 } } },
		{ "why", CONTROL_CLOSE,
			{ .close = { .why = CONTROL_CLOSE_COUNT, .generation = 1 } } },
		{ "what", CONTROL_CRIU, { .criu = { .what = CONTROL_CRIU_COUNT } } },
		{ "no pool", CONTROL_CRIU, { .criu = { .what = CONTROL_CRIU_FREEZE } } },
		{ "a pool", CONTROL_CRIU, { .criu = { CONTROL_CRIU_LIST, BYTES("x") } } },
		{ "nobody", CONTROL_STEER, { .steer = { .action = CONTROL_STEER_KILL } } },
		{ "no instance", CONTROL_TERMINATE, { .terminate = { .instance = 0 } } },
	};
	uint8_t out[CONTROL_MAX_MESSAGE];

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].name,
			!codec(cases[i].type)->encode(out, sizeof(out), 1, &cases[i].message));
	assert_int_equal(control_encode_bare(out, sizeof(out), 1, CONTROL_HELLO), 0);
}

static void decode_bare__type_with_a_body__refused(void **state)
{
	struct fixture *f = *state;

	(void)load(f, 0);
	assert_int_equal(
		control_decode_bare(f->golden.data, f->golden.size, CONTROL_HELLO), CONTROL_E_TYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__every_row__golden_bytes),
		cmocka_unit_test(encode__buffer_too_small__nothing),
		cmocka_unit_test(decode__every_row__encodes_to_the_same),
		cmocka_unit_test(decode__truncated__refused),
		cmocka_unit_test(decode__bytes_left_over__refused),
		cmocka_unit_test(decode__other_type__refused),
		cmocka_unit_test(decode__any_byte_changed__refused_or_canonical),
		cmocka_unit_test(decode__bad_field__says_which_kind),
		cmocka_unit_test(text__at_its_bound__passes_and_not_above),
		cmocka_unit_test(encode__field_out_of_bounds__nothing),
		cmocka_unit_test(decode_bare__type_with_a_body__refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
