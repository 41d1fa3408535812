/* SPDX-License-Identifier: Apache-2.0 */

/* The manager as a process, between a supervisor and shims that the test plays. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define SITE "handler=php name=one.example uid=1001 gid=1001 scope=vhost"

static int world_setup(void **state)
{
	static struct fake_supervisor s;

	fake_supervisor_start(&s, "stop_grace = 2s");
	*state = &s;
	return 0;
}

static int world_teardown(void **state)
{
	fake_supervisor_end(*state);
	return 0;
}

static void lease__cold_pool__grants_at_once_and_serves(void **state)
{
	struct fake_supervisor *sv = *state;
	struct fake_lease l;
	struct fake_shim s;

	fake_shim_hello(&s, sv->key);
	fake_shim_lease(&s, fake_shim_pool(&s, SITE), &l);
	assert_int_equal(l.flags, CONTROL_GRANT_COLD | CONTROL_GRANT_FRESH);
	assert_true(fake_shim_get(&s, &l, "hello"));
	assert_non_null(strstr(s.body, "requests=1 query=hello"));
	assert_true(fake_shim_done(&s, &l));
	assert_true(fake_shim_take(&s, &l));
	assert_true(fake_shim_get(&s, &l, "again"));
	assert_non_null(strstr(s.body, "requests=2 query=again"));
	fake_shim_bye(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			lease__cold_pool__grants_at_once_and_serves, world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("manager", tests, NULL, NULL);
}
