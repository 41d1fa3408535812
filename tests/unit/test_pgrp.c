/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pgrp.h"

#include "tests/support/t.h"

static void decide__figures__expected(void **state)
{
	static const struct {
		const char *name;
		struct pgrp_figures f;
		enum pgrp_step step;
	} rows[] = {
		{ "no limit", { .served = UINT64_MAX, .crashes = UINT32_MAX }, PGRP_GO_ON },
		{ "far away", { .served = 0, .max_served = PGRP_EXACT + 1 }, PGRP_GO_ON },
		{ "near", { .served = 1, .max_served = PGRP_EXACT + 1 }, PGRP_COUNT },
		{ "small from the start", { .served = 0, .max_served = 1 }, PGRP_COUNT },
		{ "one before", { .served = 4, .max_served = 5 }, PGRP_COUNT },
		{ "reached", { .served = 5, .max_served = 5 }, PGRP_FULL },
		{ "passed, as nobody looked", { .served = 900, .max_served = 5 }, PGRP_FULL },
		{ "crashes alone", { .crashes = 2, .max_crashes = 2 }, PGRP_CRASHED },
		{ "one crash less", { .crashes = 1, .max_crashes = 2 }, PGRP_GO_ON },
		{ "crashes are the worse reason",
			{ .served = 5, .max_served = 5, .crashes = 3, .max_crashes = 2 },
			PGRP_CRASHED },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, pgrp_decide(&rows[i].f) == rows[i].step);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide__figures__expected),
	};

	return cmocka_run_group_tests_name("pgrp", tests, NULL, NULL);
}
