/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "proto/wire.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

static const uint8_t counting[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08 };

static void reader__little_endian__lowest_byte_first(void **state)
{
	struct wire_reader r;

	(void)state;
	wire_reader_init(&r, counting, sizeof(counting));
	assert_int_equal(wire_get_u8(&r), 0x01);
	assert_int_equal(wire_get_u16(&r), 0x0302);
	assert_int_equal(wire_get_u32(&r), 0x07060504);
	assert_false(wire_reader_is_done(&r));
	assert_int_equal(wire_reader_left(&r), 1);
	assert_int_equal(wire_get_u8(&r), 0x08);
	assert_true(wire_reader_is_done(&r));
	wire_reader_init(&r, counting, sizeof(counting));
	assert_int_equal(wire_get_u64(&r), 0x0807060504030201ULL);
	assert_true(wire_reader_is_done(&r));
}

static void reader__big_endian__highest_byte_first(void **state)
{
	struct wire_reader r;

	(void)state;
	wire_reader_init(&r, counting, sizeof(counting));
	assert_int_equal(wire_get_u16be(&r), 0x0102);
	r.is_big_endian = true;
	assert_int_equal(wire_get_u16(&r), 0x0304);
	assert_int_equal(wire_get_u32(&r), 0x05060708);
	wire_reader_init(&r, counting, sizeof(counting));
	r.is_big_endian = true;
	assert_int_equal(wire_get_u64(&r), 0x0102030405060708ULL);
}

/* Every getter on every size that is too short for it. */
static void reader__too_short__fails_and_stays_failed(void **state)
{
	static const size_t widths[] = { 1, 2, 2, 4, 8 };
	struct guard g;

	(void)state;
	guard_init(&g, sizeof(counting));
	for (size_t kind = 0; kind < T_COUNT(widths); kind++) {
		for (size_t size = 0; size < widths[kind]; size++) {
			struct wire_reader r;
			uint64_t v = 0;

			wire_reader_init(&r, guard_copy(&g, counting, size), size);
			switch (kind) {
			case 0:
				v = wire_get_u8(&r);
				break;
			case 1:
				v = wire_get_u16(&r);
				break;
			case 2:
				v = wire_get_u16be(&r);
				break;
			case 3:
				v = wire_get_u32(&r);
				break;
			default:
				v = wire_get_u64(&r);
			}
			assert_int_equal(v, 0);
			assert_true(r.has_failed);
			assert_int_equal(wire_reader_left(&r), 0);
			assert_false(wire_reader_is_done(&r));
			/* there is a byte left, but not for one who has failed */
			assert_int_equal(wire_get_u8(&r), 0);
			assert_null(wire_get_bytes(&r, 1));
		}
	}
	guard_deinit(&g);
}

static void get_bytes__within__borrows(void **state)
{
	struct wire_reader r;

	(void)state;
	wire_reader_init(&r, counting, sizeof(counting));
	assert_ptr_equal(wire_get_bytes(&r, 3), counting);
	assert_null(wire_get_bytes(&r, 0));
	assert_false(r.has_failed);
	assert_ptr_equal(wire_get_bytes(&r, 5), counting + 3);
	assert_true(wire_reader_is_done(&r));
}

static void get_bytes__size_that_would_wrap__fails(void **state)
{
	struct wire_reader r;

	(void)state;
	wire_reader_init(&r, counting, sizeof(counting));
	assert_int_equal(wire_get_u8(&r), 1);
	assert_null(wire_get_bytes(&r, SIZE_MAX));
	assert_true(r.has_failed);
}

static void get_blob__table__as_told(void **state)
{
	static const struct {
		const char *row;
		uint8_t data[8];
		size_t size;
		size_t max;
		bool is_ok;
		size_t ret_size;
	} cases[] = {
		{ "empty", { 0, 0, 0, 0 }, 4, 9, true, 0 },
		{ "three", { 3, 0, 0, 0, 'a', 'b', 'c' }, 7, 3, true, 3 },
		{ "above its bound", { 3, 0, 0, 0, 'a', 'b', 'c' }, 7, 2, false, 0 },
		{ "longer than there is", { 4, 0, 0, 0, 'a', 'b', 'c' }, 7, 9, false, 0 },
		{ "length cut", { 1, 0, 0 }, 3, 9, false, 0 },
		{ "largest length", { 255, 255, 255, 255 }, 4, SIZE_MAX, false, 0 },
	};
	struct guard g;

	(void)state;
	guard_init(&g, 8);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct wire_reader r;
		struct wire_bytes blob;

		wire_reader_init(&r, guard_copy(&g, cases[i].data, cases[i].size), cases[i].size);
		blob = wire_get_blob(&r, cases[i].max);
		T_ASSERT_ROW(cases[i].row, wire_reader_is_done(&r) == cases[i].is_ok);
		T_ASSERT_ROW(cases[i].row, blob.size == cases[i].ret_size);
		T_ASSERT_ROW(cases[i].row, !blob.size || !memcmp(blob.data, "abc", blob.size));
	}
	guard_deinit(&g);
}

static void writer__all_kinds__exact_bytes(void **state)
{
	static const uint8_t expected[] = { 0x01, 0x03, 0x02, 0x04, 0x05, 0x09, 0x08, 0x07, 0x06,
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 'x', 0x00, 0x00, 0x02, 0x00, 0x00,
		0x00, 'h', 'i' };
	struct guard g;
	struct wire_writer w;
	uint8_t *out;

	(void)state;
	guard_init(&g, sizeof(expected));
	out = guard_tail(&g, sizeof(expected));
	wire_writer_init(&w, out, sizeof(expected));
	wire_put_u8(&w, 0x01);
	wire_put_u16(&w, 0x0203);
	wire_put_u16be(&w, 0x0405);
	wire_put_u32(&w, 0x06070809);
	wire_put_u64(&w, 0x0102030405060708ULL);
	wire_put_bytes(&w, "x", 1);
	wire_put_zeros(&w, 2);
	wire_put_blob(&w, "hi", 2);
	assert_false(w.has_failed);
	assert_int_equal(w.used, sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));
	wire_put_u8(&w, 1);
	assert_true(w.has_failed);
	guard_deinit(&g);
}

/* The writer of seven bytes, once it did not fit, takes not even one. */
static void writer__does_not_fit__fails_and_stays_failed(void **state)
{
	struct guard g;
	struct wire_writer w;

	(void)state;
	guard_init(&g, 7);
	wire_writer_init(&w, guard_tail(&g, 7), 7);
	wire_put_u64(&w, 1);
	assert_true(w.has_failed);
	wire_put_u8(&w, 1);
	wire_put_zeros(&w, 1);
	wire_put_bytes(&w, "x", 1);
	wire_put_blob(&w, "x", 1);
	assert_null(wire_put_space(&w, 1));
	assert_int_equal(w.used, 0);
	wire_writer_init(&w, guard_tail(&g, 7), 7);
	wire_put_bytes(&w, counting, SIZE_MAX);
	assert_true(w.has_failed);
	guard_deinit(&g);
}

static void put_blob__body_does_not_fit__fails(void **state)
{
	uint8_t out[6];
	struct wire_writer w;

	(void)state;
	wire_writer_init(&w, out, sizeof(out));
	wire_put_blob(&w, "abc", 3);
	assert_true(w.has_failed);
}

static void put_space__within__is_the_next_part(void **state)
{
	uint8_t out[4];
	struct wire_writer w;

	(void)state;
	wire_writer_init(&w, out, sizeof(out));
	wire_put_u8(&w, 1);
	assert_ptr_equal(wire_put_space(&w, 3), out + 1);
	assert_null(wire_put_space(&w, 0));
	assert_false(w.has_failed);
	assert_null(wire_put_space(&w, 1));
	assert_true(w.has_failed);
}

static void set__already_put__overwrites(void **state)
{
	static const uint8_t expected[] = { 0xff, 0x04, 0x03, 0x02, 0x01, 0x06, 0x05, 0xff };
	uint8_t out[8];
	struct wire_writer w;

	(void)state;
	wire_writer_init(&w, out, sizeof(out));
	wire_put_u64(&w, UINT64_MAX);
	wire_set_u32(&w, 1, 0x01020304);
	wire_set_u16(&w, 5, 0x0506);
	assert_false(w.has_failed);
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(w.used, 8);
}

static void set__not_yet_put__fails(void **state)
{
	static const size_t places[] = { 5, 6, 8, 9, SIZE_MAX, SIZE_MAX - 2 };
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < T_COUNT(places); i++) {
		struct wire_writer w;

		wire_writer_init(&w, out, sizeof(out));
		wire_put_u64(&w, 0);
		wire_set_u32(&w, places[i], 1);
		assert_true(w.has_failed);
		assert_int_equal(out[7], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader__little_endian__lowest_byte_first),
		cmocka_unit_test(reader__big_endian__highest_byte_first),
		cmocka_unit_test(reader__too_short__fails_and_stays_failed),
		cmocka_unit_test(get_bytes__within__borrows),
		cmocka_unit_test(get_bytes__size_that_would_wrap__fails),
		cmocka_unit_test(get_blob__table__as_told),
		cmocka_unit_test(writer__all_kinds__exact_bytes),
		cmocka_unit_test(writer__does_not_fit__fails_and_stays_failed),
		cmocka_unit_test(put_blob__body_does_not_fit__fails),
		cmocka_unit_test(put_space__within__is_the_next_part),
		cmocka_unit_test(set__already_put__overwrites),
		cmocka_unit_test(set__not_yet_put__fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
