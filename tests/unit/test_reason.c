/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/reason.h"
#include "tests/support/source.h"
#include "tests/support/t.h"

static void name__every_reason__distinct_word(void **state)
{
	(void)state;
	for (unsigned a = 0; a < REASON_COUNT; a++) {
		const char *name = reason_name(a);

		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		assert_string_not_equal(name, reason_name(REASON_COUNT));
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(name, reason_name(b));
	}
}

/* They stand in the middle of log lines: one line each, no full stop of their own. */
static void text__every_reason__part_of_a_sentence(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const char *texts[] = { reason_text(i), reason_remedy(i) };

		for (size_t k = 0; k < T_COUNT(texts); k++) {
			T_ASSERT_ROW(reason_name(i), strlen(texts[k]) > 10);
			T_ASSERT_ROW(reason_name(i), !strpbrk(texts[k], "\n\t\""));
			T_ASSERT_ROW(reason_name(i), !strstr(texts[k], "  "));
			T_ASSERT_ROW(reason_name(i), texts[k][strlen(texts[k]) - 1] != '.');
		}
	}
}

/* Stable numbers: what was sent by one version is read by another. */
static void name__some_numbers__never_change(void **state)
{
	(void)state;
	assert_string_equal(reason_name(1), "busy");
	assert_string_equal(reason_name(8), "backoff");
	assert_string_equal(reason_name(11), "uid-floor");
	assert_string_equal(reason_name(25), "internal");
}

static void name__out_of_range__unknown(void **state)
{
	static const unsigned numbers[] = { REASON_COUNT, REASON_COUNT + 1, UINT_MAX };

	(void)state;
	for (size_t i = 0; i < T_COUNT(numbers); i++) {
		assert_string_equal(reason_name(numbers[i]), "unknown");
		assert_non_null(reason_text(numbers[i]));
		assert_non_null(reason_remedy(numbers[i]));
	}
}

static void manual__every_reason__has_its_entry(void **state)
{
	char *manual = source_read("proto/lsapid-control.7.scd");

	(void)state;
	for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		char entry[64];

		(void)snprintf(entry, sizeof(entry), "\n*%u %s*\n\t", i, reason_name(i));
		T_ASSERT_ROW(reason_name(i), strstr(manual, entry));
	}
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name__every_reason__distinct_word),
		cmocka_unit_test(text__every_reason__part_of_a_sentence),
		cmocka_unit_test(name__some_numbers__never_change),
		cmocka_unit_test(name__out_of_range__unknown),
		cmocka_unit_test(manual__every_reason__has_its_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
