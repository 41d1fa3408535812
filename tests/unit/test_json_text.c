/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

static void put__each_row__a_string_of_json(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} rows[] = {
		{ "", "\"\"" },
		{ "/etc/php.ini", "\"/etc/php.ini\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\", \"key\": \"x", "\"\\\", \\\"key\\\": \\\"x\"" },
		{ "a\nb\x1b[2J\x7f", "\"a?b?[2J?\"" },
		{ "\xc3\xbc\xff\xc0\xaf", "\"\xc3\xbc???\"" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char *out = NULL;
		size_t size;
		FILE *f = open_memstream(&out, &size);

		json_text_put(f, rows[i].text);
		assert_int_equal(fclose(f), 0);
		assert_string_equal(out, rows[i].json);
		free(out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(put__each_row__a_string_of_json),
	};

	return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
