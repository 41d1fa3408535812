/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "proto/lsapi.h"
#include "tests/support/t.h"

static void packet_decode__table__as_expected(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[LSAPI_PACKET_HEADER_SIZE];
		int result;
		struct lsapi_packet packet;
	} rows[] = {
		{ "smallest", { 'L', 'S', 5, 0, 8, 0, 0, 0 }, 0, { 5, false, 8 } },
		{ "big-endian", { 'L', 'S', 3, 1, 0, 1, 2, 3 }, 0, { 3, true, 0x10203 } },
		{ "little-endian", { 'L', 'S', 3, 0, 3, 2, 1, 0 }, 0, { 3, false, 0x10203 } },
		{ "other flags", { 'L', 'S', 3, 0xfe, 9, 0, 0, 0 }, 0, { 3, false, 9 } },
		{ "any type", { 'L', 'S', 255, 0, 8, 0, 0, 0 }, 0, { 255, false, 8 } },
		{ "largest", { 'L', 'S', 4, 0, 255, 255, 255, 127 }, 0, { 4, false, INT32_MAX } },
		{ "first letter", { 'l', 'S', 5, 0, 8, 0, 0, 0 }, LSAPI_E_MAGIC, { 0 } },
		{ "second letter", { 'L', 's', 5, 0, 8, 0, 0, 0 }, LSAPI_E_MAGIC, { 0 } },
		{ "below header", { 'L', 'S', 5, 0, 7, 0, 0, 0 }, LSAPI_E_LENGTH, { 0 } },
		{ "zero", { 'L', 'S', 5, 0, 0, 0, 0, 0 }, LSAPI_E_LENGTH, { 0 } },
		{ "negative", { 'L', 'S', 5, 0, 8, 0, 0, 0x80 }, LSAPI_E_LENGTH, { 0 } },
		{ "negative, big", { 'L', 'S', 5, 1, 0x80, 0, 0, 8 }, LSAPI_E_LENGTH, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct lsapi_packet packet = { 0 };

		T_ASSERT_ROW(rows[i].name,
			lsapi_packet_decode(rows[i].bytes, &packet) == rows[i].result);
		T_ASSERT_ROW(rows[i].name, packet.type == rows[i].packet.type);
		T_ASSERT_ROW(rows[i].name, packet.length == rows[i].packet.length);
		T_ASSERT_ROW(rows[i].name, packet.is_big_endian == rows[i].packet.is_big_endian);
	}
}

static void packet_encode__any__decodes_to_the_same(void **state)
{
	static const uint32_t lengths[] = { 8, 0x10203, INT32_MAX };
	static const uint8_t literal[] = { 'L', 'S', 4, 0, 3, 2, 1, 0 };
	uint8_t bytes[LSAPI_PACKET_HEADER_SIZE];

	(void)state;
	for (size_t i = 0; i < T_COUNT(lengths); i++) {
		struct lsapi_packet packet;

		lsapi_packet_encode(bytes, LSAPI_RESP_STREAM, lengths[i]);
		assert_int_equal(lsapi_packet_decode(bytes, &packet), 0);
		assert_int_equal(packet.type, LSAPI_RESP_STREAM);
		assert_int_equal(packet.length, lengths[i]);
		assert_false(packet.is_big_endian);
	}
	lsapi_packet_encode(bytes, LSAPI_RESP_STREAM, 0x10203);
	assert_memory_equal(bytes, literal, 3);
	assert_memory_equal(bytes + 4, literal + 4, 4);
}

static void error_text__every_error__has_its_own(void **state)
{
	(void)state;
	for (int a = LSAPI_E_MAGIC; a <= LSAPI_E_STATE; a++) {
		assert_string_not_equal(lsapi_error_text(a), lsapi_error_text(0));
		for (int b = LSAPI_E_MAGIC; b < a; b++)
			assert_string_not_equal(lsapi_error_text(a), lsapi_error_text(b));
	}
	assert_string_equal(lsapi_error_text(0), lsapi_error_text(LSAPI_E_STATE + 1));
	assert_string_equal(lsapi_error_text(0), lsapi_error_text(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_decode__table__as_expected),
		cmocka_unit_test(packet_encode__any__decodes_to_the_same),
		cmocka_unit_test(error_text__every_error__has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
