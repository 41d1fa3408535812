/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_account.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/t.h"

static void check__paths_of_the_machine__root_and_its_directories(void **state)
{
	const struct {
		const char *path;
		uid_t uid;
		const char *text; /* NULL: fine */
	} cases[] = {
		{ "/usr", 0, NULL },
		{ "/usr/share", 0, NULL },
		{ "/usr/share", 1000, "belongs to another user" },
		{ "/usr/no-such-thing", 0, "can not be looked at" },
		{ "/etc/passwd", 0, "is no directory" },
		{ "/etc/passwd/x", 0, "is no directory" },
		/* a link of root's */
		{ "/proc/self/cwd", 0, NULL },
		{ "/tmp/x", 0, "is not root's alone" },
		{ "", 0, "is no path of a directory" },
		{ "/", 0, "is no path of a directory" },
		{ "usr", 0, "is no path of a directory" },
	};

	(void)state;
	if (geteuid() != 0 || chdir("/usr") != 0)
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shim_account_fault fault = { .text = NULL };
		bool is_fine = shim_account_check(
			cases[i].path, strlen(cases[i].path), cases[i].uid, &fault);

		T_ASSERT_ROW(cases[i].path, is_fine == !cases[i].text);
		T_ASSERT_ROW(cases[i].path, is_fine || strcmp(fault.text, cases[i].text) == 0);
	}
	/* only as much of the path as is told */
	struct shim_account_fault fault;

	assert_true(shim_account_check("/usr/no-such-thing", 4, 0, &fault));
}

static void find__kept__until_it_is_too_old(void **state)
{
	static struct shim_accounts accounts = { .lock = PTHREAD_MUTEX_INITIALIZER };
	const struct shim_account kept = { .uid = 5, .gid = 60 };
	struct shim_account found;
	char longest[SHIM_ACCOUNT_PATH + 1];

	(void)state;
	assert_false(shim_accounts_find(&accounts, "/home/a", 7, 1, &found));
	shim_accounts_keep(&accounts, "/home/a/x.php", 7, 1, &kept);
	assert_true(shim_accounts_find(&accounts, "/home/a", 7, SHIM_ACCOUNT_NS, &found));
	assert_int_equal(found.uid, 5);
	assert_int_equal(found.gid, 60);
	assert_false(shim_accounts_find(&accounts, "/home/a", 7, SHIM_ACCOUNT_NS + 1, &found));
	assert_false(shim_accounts_find(&accounts, "/home/b", 7, 2, &found));
	assert_false(shim_accounts_find(&accounts, "/home/ab", 8, 2, &found));
	assert_false(shim_accounts_find(&accounts, "/home/", 6, 2, &found));
	memset(longest, 'a', sizeof(longest));
	shim_accounts_keep(&accounts, longest, sizeof(longest), 2, &kept);
	assert_false(shim_accounts_find(&accounts, longest, sizeof(longest), 2, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check__paths_of_the_machine__root_and_its_directories),
		cmocka_unit_test(find__kept__until_it_is_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
