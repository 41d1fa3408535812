/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <limits.h>

#include "daemon/base/err.h"
#include "tests/support/t.h"

static void name__table__either_sign(void **state)
{
	static const struct {
		int error;
		const char *expected;
	} cases[] = {
		{ ENOENT, "ENOENT" },
		{ -ENOENT, "ENOENT" },
		{ -EPIPE, "EPIPE" },
		{ 0, "E?" },
		{ 100000, "E?" },
		{ INT_MAX, "E?" },
		{ INT_MIN, "E?" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		assert_string_equal(err_name(cases[i].error), cases[i].expected);
}

static void origin__any_error__unchanged_and_errno_kept(void **state)
{
	(void)state;
	errno = EINTR;
	assert_int_equal(err_origin(-EPERM), -EPERM);
	assert_int_equal(errno, EINTR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name__table__either_sign),
		cmocka_unit_test(origin__any_error__unchanged_and_errno_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
