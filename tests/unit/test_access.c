/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/access.h"
#include "tests/support/t.h"

#define BOTH (ACCESS_SHIM_UID | ACCESS_ADMIN)

static void access_roles__rows__expected(void **state)
{
	static const struct {
		const char *name;
		struct access_policy policy;
		uid_t uid;
		unsigned roles;
	} rows[] = {
		{ "root", { true, 33, 990 }, 0, BOTH },
		{ "Apache may be a shim, not an administrator", { true, 33, 990 }, 33,
			ACCESS_SHIM_UID },
		{ "the manager's own account is nobody special", { true, 33, 990 }, 990, 0 },
		{ "a customer", { true, 33, 990 }, 1001, 0 },
		{ "no such Apache account", { true, (uid_t)-1, 990 }, (uid_t)-1, 0 },
		{ "unprivileged: its own user", { false, 33, 1000 }, 1000, BOTH },
		{ "unprivileged: Apache's account is a stranger", { false, 33, 1000 }, 33, 0 },
		{ "unprivileged: root", { false, 33, 1000 }, 0, BOTH },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(
			rows[i].name, access_roles(&rows[i].policy, rows[i].uid) == rows[i].roles);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(access_roles__rows__expected) };

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
