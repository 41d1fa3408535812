/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/manager/pool_state.h"
#include "tests/support/t.h"

/* rows: from; columns: to, in the order of the enum: cold starting ready draining failed */
static const char *const expected[POOL_STATE_COUNT] = {
	[POOL_COLD] = ".s...",
	[POOL_STARTING] = "c.rdf",
	[POOL_READY] = "c..df",
	[POOL_DRAINING] = "c....",
	[POOL_FAILED] = "cs...",
};

static void pool_state_is_legal__every_pair__as_the_table_says(void **state)
{
	(void)state;
	for (int from = 0; from < POOL_STATE_COUNT; from++) {
		for (int to = 0; to < POOL_STATE_COUNT; to++)
			T_ASSERT_ROW(pool_state_name((enum pool_state)from),
				pool_state_is_legal((enum pool_state)from, (enum pool_state)to) ==
					(expected[from][to] != '.'));
	}
}

static void pool_state_is_legal__no_state__refused(void **state)
{
	(void)state;
	assert_false(pool_state_is_legal(POOL_STATE_COUNT, POOL_COLD));
	assert_false(pool_state_is_legal(POOL_COLD, POOL_STATE_COUNT));
}

static void pool_state_name__each__its_own(void **state)
{
	(void)state;
	for (int a = 0; a < POOL_STATE_COUNT; a++) {
		for (int b = 0; b < a; b++)
			assert_string_not_equal(pool_state_name((enum pool_state)a),
				pool_state_name((enum pool_state)b));
	}
	assert_string_equal(pool_state_name(POOL_STATE_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_state_is_legal__every_pair__as_the_table_says),
		cmocka_unit_test(pool_state_is_legal__no_state__refused),
		cmocka_unit_test(pool_state_name__each__its_own),
	};

	return cmocka_run_group_tests_name("pool_state", tests, NULL, NULL);
}
