/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

static void canonical__names_and_others__lower_case_or_nothing(void **state)
{
	char longest[SHIM_NAME_SIZE + 2];
	const struct {
		const char *host;
		const char *name; /* NULL: none */
	} cases[] = {
		{ "a.test", "a.test" },
		{ "WWW.Example.ORG", "www.example.org" },
		{ "a.test.", "a.test" },
		{ "a", "a" },
		{ "under_score.x-y.0", "under_score.x-y.0" },
		{ "10.0.0.1", "10.0.0.1" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ ".a", NULL },
		{ "a..b", NULL },
		{ "a.test..", NULL },
		{ "[::1]", NULL },
		{ "a:80", NULL },
		{ "a/b", NULL },
		{ "a b", NULL },
		{ "a\nb", NULL },
		{ "a=b", NULL },
		{ "b\xc3\xbc", NULL },
	};
	char name[SHIM_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_name = shim_names_canonical(cases[i].host, name);

		T_ASSERT_ROW(cases[i].host, is_name == (cases[i].name != NULL));
		T_ASSERT_ROW(cases[i].host, !is_name || strcmp(name, cases[i].name) == 0);
	}
	memset(longest, 'a', sizeof(longest));
	longest[SHIM_NAME_SIZE] = '\0';
	assert_false(shim_names_canonical(longest, name));
	longest[SHIM_NAME_SIZE - 1] = '\0';
	assert_true(shim_names_canonical(longest, name));
}

static struct shim_names *make(size_t servers)
{
	struct shim_names *n = calloc(1, shim_names_size(servers));

	assert_non_null(n);
	n->seed = 42;
	return n;
}

static void admit__more_than_a_server_may_have__only_those_before(void **state)
{
	struct shim_names *n = make(2);
	char name[32];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < SHIM_NAMES_MAX; i++) {
			(void)snprintf(name, sizeof(name), "n%u.test", i);
			assert_int_equal(shim_names_admit(n, 0, name), 0);
		}
	assert_int_equal(shim_names_admit(n, 0, "new.test"), SHIM_NAMES_E_FULL_FIRST);
	assert_int_equal(shim_names_admit(n, 0, "new.test"), SHIM_NAMES_E_FULL);
	assert_int_equal(shim_names_admit(n, 0, "other.test"), SHIM_NAMES_E_FULL);
	assert_int_equal(shim_names_admit(n, 0, "n0.test"), 0);
	/* another server has its own */
	assert_int_equal(shim_names_admit(n, 1, "new.test"), 0);
	free(n);
}

static void admit__every_slot_is_taken__refused(void **state)
{
	struct shim_names *n = make(1);

	(void)state;
	for (size_t i = 0; i < SHIM_NAMES_SLOTS; i++)
		n->slot[i] = 7;
	assert_int_equal(shim_names_admit(n, 0, "a.test"), SHIM_NAMES_E_FULL_FIRST);
	assert_int_equal(n->count[0] & 0xffff, 0);
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical__names_and_others__lower_case_or_nothing),
		cmocka_unit_test(admit__more_than_a_server_may_have__only_those_before),
		cmocka_unit_test(admit__every_slot_is_taken__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
