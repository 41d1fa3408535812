/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/handler_name.h"

#include "tests/support/t.h"

static void is_lsphp__names_of_panels_and_others__told_apart(void **state)
{
	static const struct {
		const char *name;
		bool is_lsphp;
	} rows[] = {
		{ "application/x-httpd-lsphp", true },
		{ "application/x-httpd-alt-php82___lsphp", true },
		{ "application/x-httpd-ea-php81___lsphp", true },
		{ "application/x-lsphp", false },
		{ "application/x-httpd-", false },
		{ "application/x-httpd-php", false },
		{ "lsphp", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, handler_name_is_lsphp(rows[i].name) == rows[i].is_lsphp);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_lsphp__names_of_panels_and_others__told_apart),
	};

	return cmocka_run_group_tests_name("handler_name", tests, NULL, NULL);
}
