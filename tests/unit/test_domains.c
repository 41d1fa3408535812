/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/domains.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

static void add__more_of_one__one_row(void **state)
{
	struct domains d = { .count = 0 };
	char name[DOMAINS_PHP_SIZE + 1];

	(void)state;
	domains_add(&d, "ea-php74", 0);
	domains_add(&d, "ea-php81", 2);
	domains_add(&d, "ea-php74", 1);
	assert_int_equal(d.count, 2);
	assert_int_equal(d.item[0].count, 1);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	domains_add(&d, name, 1);
	assert_int_equal(d.count, 2);
	for (int i = 0; i < 2 * DOMAINS_MAX_PHP; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		domains_add(&d, name, 1);
	}
	assert_int_equal(d.count, DOMAINS_MAX_PHP);
}

static void is_name__each_row__a_domain_or_not(void **state)
{
	static const struct {
		const char *name;
		bool is_name;
	} rows[] = {
		{ "example.org", true },
		{ "xn--mnchen-3ya.example", true },
		{ "a", true },
		{ "", false },
		{ "..", false },
		{ "../etc", false },
		{ "a/b", false },
		{ ".a", false },
		{ "-a", false },
		{ "a..b", false },
		{ "a.", false },
		{ "A.example", false },
		{ "a b", false },
		{ "a\nb", false },
		{ "*.example", false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, domains_is_name(rows[i].name) == rows[i].is_name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(add__more_of_one__one_row),
		cmocka_unit_test(is_name__each_row__a_domain_or_not),
	};

	return cmocka_run_group_tests_name("domains", tests, NULL, NULL);
}
