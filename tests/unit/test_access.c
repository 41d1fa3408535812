/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/access.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/t.h"

#define BOTH    (ACCESS_SHIM_UID | ACCESS_ADMIN)
#define CONTROL ACCESS_DOOR_CONTROL
#define ADMIN   ACCESS_DOOR_ADMIN

static void access_roles__rows__expected(void **state)
{
	static uid_t shims[] = { 33, 34 };
	static const struct access_policy root = { true, 990, shims, 2, 4 };
	static const struct access_policy closed = { true, 990, shims, 1, (gid_t)-1 };
	static const struct access_policy empty = { true, 990, NULL, 0, (gid_t)-1 };
	static const struct access_policy user = { false, 1000, shims, 2, 4 };
	static const gid_t members[] = { 100, 4 }, others[] = { 100, 5 }, nobody[] = { (gid_t)-1 };
	static const struct {
		const char *name;
		const struct access_policy *policy;
		struct access_peer peer;
		unsigned roles;
	} rows[] = {
		{ "root", &root, { CONTROL, 0, NULL, 0 }, BOTH },
		{ "Apache may be a shim, not an administrator", &root, { CONTROL, 33, members, 2 },
			ACCESS_SHIM_UID },
		{ "a second Apache", &root, { CONTROL, 34, NULL, 0 }, ACCESS_SHIM_UID },
		{ "no longer one", &closed, { CONTROL, 34, NULL, 0 }, 0 },
		{ "the manager's own account is nobody special", &root, { CONTROL, 990, NULL, 0 },
			0 },
		{ "a customer", &root, { CONTROL, 1001, NULL, 0 }, 0 },
		{ "an administrator is no shim", &root, { CONTROL, 1001, members, 2 }, 0 },
		{ "no such Apache account", &empty, { CONTROL, (uid_t)-1, NULL, 0 }, 0 },
		{ "root as an administrator is no shim", &root, { ADMIN, 0, NULL, 0 },
			ACCESS_ADMIN },
		{ "a member of the group", &root, { ADMIN, 1001, members, 2 }, ACCESS_ADMIN },
		{ "not a member", &root, { ADMIN, 1001, others, 2 }, 0 },
		{ "Apache is no administrator", &root, { ADMIN, 33, others, 2 }, 0 },
		{ "no group at all", &closed, { ADMIN, 1001, nobody, 1 }, 0 },
		{ "unprivileged: its own user", &user, { CONTROL, 1000, NULL, 0 }, BOTH },
		{ "unprivileged: Apache's account is a stranger", &user, { CONTROL, 33, NULL, 0 },
			0 },
		{ "unprivileged: root", &user, { CONTROL, 0, NULL, 0 }, BOTH },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(
			rows[i].name, access_roles(rows[i].policy, &rows[i].peer) == rows[i].roles);
}

static void access_read_groups__of_ourselves__own_group_and_all_others(void **state)
{
	gid_t own[1024];
	gid_t *gids = NULL;
	size_t count = 0;
	int known = getgroups(1024, own);
	int pair[2];

	(void)state;
	assert_true(known >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(access_read_groups(pair[0], 4711, &gids, &count), 0);
	assert_int_equal(count, 1 + known);
	assert_int_equal(gids[0], 4711);
	for (int i = 0; i < known; i++)
		assert_int_equal(gids[1 + i], own[i]);
	free(gids);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void access_load__accounts__those_that_exist(void **state)
{
	char root[] = "root", none[] = "no-such-account", daemon[] = "daemon", empty[] = "";
	char *users[] = { none, daemon };
	struct config c = {
		.apache_user = root,
		.admin_group = daemon,
		.shim_users = { .item = users, .count = 2 },
	};
	struct access_policy policy = { .admin_gid = 7 };

	(void)state;
	assert_int_equal(access_load(&policy, &c), 0);
	assert_int_equal(policy.shim_count, 2);
	assert_int_equal(policy.shim_uids[0], 0);
	assert_true(policy.shim_uids[1] > 0);
	assert_true(policy.admin_gid != (gid_t)-1 && policy.admin_gid != 7);
	c.admin_group = empty;
	c.shim_users.count = 0;
	assert_int_equal(access_load(&policy, &c), 0);
	assert_int_equal(policy.shim_count, 1);
	assert_true(policy.admin_gid == (gid_t)-1);
	access_clear(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_roles__rows__expected),
		cmocka_unit_test(access_read_groups__of_ourselves__own_group_and_all_others),
		cmocka_unit_test(access_load__accounts__those_that_exist),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
