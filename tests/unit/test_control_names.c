/* SPDX-License-Identifier: Apache-2.0 */

/* What the messages of the control protocol are called, in logs and in the manual. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/control.h"
#include "tests/support/control_codec.h"
#include "tests/support/source.h"
#include "tests/support/t.h"

static void type_name__all_numbers__known_or_question_mark(void **state)
{
	size_t known = 0;

	(void)state;
	for (unsigned type = 0; type < 1000; type++)
		known += strcmp(control_type_name(type), "?") != 0;
	assert_int_equal(known, CONTROL_CODECS);
	assert_string_equal(control_type_name(CONTROL_LEASE), "LEASE");
	assert_string_equal(control_type_name(CONTROL_POOL_OK), "POOL_OK");
	assert_string_equal(control_type_name(UINT32_MAX), "?");
}

static void close_name__all_numbers__distinct_or_question_mark(void **state)
{
	(void)state;
	for (unsigned a = 0; a < CONTROL_CLOSE_COUNT; a++) {
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(control_close_name(a), control_close_name(b));
	}
	assert_string_equal(control_close_name(CONTROL_CLOSE_DIED), "died");
	assert_string_equal(control_close_name(CONTROL_CLOSE_COUNT), "?");
	assert_string_equal(control_close_name(UINT32_MAX), "?");
}

static void manual__every_type__has_its_entry(void **state)
{
	char *manual = source_read("proto/lsapid-control.7.scd");

	(void)state;
	for (size_t i = 0; i < CONTROL_CODECS; i++) {
		unsigned type = (unsigned)control_codecs[i].type;
		char entry[64];

		(void)snprintf(
			entry, sizeof(entry), "\n*%u %s*\n\t", type, control_type_name(type));
		T_ASSERT_ROW(control_type_name(type), strstr(manual, entry));
	}
	free(manual);
}

static void manual__every_close__has_its_number(void **state)
{
	char *manual = source_read("proto/lsapid-control.7.scd");
	char *close = strstr(manual, "\n*14 CLOSE*\n");
	char *end = close ? strstr(close, "\n\n") : NULL;

	(void)state;
	assert_non_null(end);
	*end = '\0';
	for (unsigned i = 0; i < CONTROL_CLOSE_COUNT; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%u %s, ", i, control_close_name(i));
		T_ASSERT_ROW(text, strstr(close, text));
	}
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_name__all_numbers__known_or_question_mark),
		cmocka_unit_test(close_name__all_numbers__distinct_or_question_mark),
		cmocka_unit_test(manual__every_type__has_its_entry),
		cmocka_unit_test(manual__every_close__has_its_number),
	};

	return cmocka_run_group_tests_name("control_names", tests, NULL, NULL);
}
