/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/launch.h"

#include <errno.h>

#include "tests/support/t.h"

static void launch_reason__each_row__what_to_tell(void **state)
{
	static const struct {
		enum priv_step step;
		int error;
		enum reason reason;
	} rows[] = {
		{ PRIV_STEP_FORK, EAGAIN, REASON_PROCESS_LIMIT },
		{ PRIV_STEP_FORK, ENOMEM, REASON_START_FAILED },
		{ PRIV_STEP_UID, EAGAIN, REASON_START_FAILED },
		{ PRIV_STEP_GROUPS, EPERM, REASON_START_FAILED },
		{ PRIV_STEP_EXEC, EAGAIN, REASON_PROCESS_LIMIT },
		{ PRIV_STEP_EXEC, ENOEXEC, REASON_EXEC_FAILED },
		{ PRIV_STEP_EXEC, EACCES, REASON_EXEC_FAILED },
		{ PRIV_STEP_EXEC, ENOENT, REASON_EXEC_FAILED },
		{ PRIV_STEP_EXEC, ENOMEM, REASON_START_FAILED },
		{ PRIV_STEP_EXEC, E2BIG, REASON_START_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_int_equal(launch_reason(rows[i].step, rows[i].error), rows[i].reason);
}

static void launch_check_home__each_kind__only_directories(void **state)
{
	(void)state;
	assert_int_equal(launch_check_home("/tmp"), 0);
	assert_int_equal(launch_check_home("/proc/self/cwd"), 0); /* links are followed */
	assert_int_equal(launch_check_home("/no/such/home"), -ENOENT);
	assert_int_equal(launch_check_home("/etc/passwd"), -ENOTDIR);
	assert_int_equal(launch_check_home("/etc/passwd/x"), -ENOTDIR);
	assert_int_equal(launch_check_home(""), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(launch_reason__each_row__what_to_tell),
		cmocka_unit_test(launch_check_home__each_kind__only_directories),
	};

	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
