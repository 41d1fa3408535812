/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/requests.h"

#include "tests/support/t.h"

#define STARTING REQUEST_PHASE_STARTING
#define UP       REQUEST_PHASE_UP
#define STOPPING REQUEST_PHASE_STOPPING

static const struct {
	const char *name;
	enum priv_type type;
	unsigned phases;
} expected[] = {
	{ "SETUP", PRIV_SETUP, 0 },
	{ "READY", PRIV_READY, STARTING },
	{ "SPAWN", PRIV_SPAWN, UP | STOPPING },
	{ "SPAWNED", PRIV_SPAWNED, 0 },
	{ "SPAWN_FAILED", PRIV_SPAWN_FAILED, 0 },
	{ "SIGNAL", PRIV_SIGNAL, UP | STOPPING },
	{ "EXITED", PRIV_EXITED, 0 },
	{ "RELOAD", PRIV_RELOAD, 0 },
	{ "RELOAD_FAILED", PRIV_RELOAD_FAILED, 0 },
	{ "RELOADED", PRIV_RELOADED, UP | STOPPING },
	{ "RELOAD_REQUEST", PRIV_RELOAD_REQUEST, UP | STOPPING },
	{ "STOP", PRIV_STOP, 0 },
	{ "STOPPED", PRIV_STOPPED, STOPPING },
	{ "LOG_OPEN", PRIV_LOG_OPEN, UP | STOPPING },
	{ "LOG_FD", PRIV_LOG_FD, 0 },
	{ "LOG_ROTATE", PRIV_LOG_ROTATE, 0 },
	{ "USER_FILE", PRIV_USER_FILE, UP | STOPPING },
	{ "USER_FILE_DATA", PRIV_USER_FILE_DATA, 0 },
	{ "DUMPED", PRIV_DUMPED, 0 },
};

static void requests_find__every_type_in_every_phase__legal_only_where_the_table_says(void **state)
{
	static const enum request_phase phases[] = { STARTING, UP, STOPPING };

	(void)state;
	for (size_t i = 0; i < T_COUNT(expected); i++) {
		for (size_t k = 0; k < T_COUNT(phases); k++) {
			const struct request *found = requests_find(expected[i].type, phases[k]);
			bool is_legal = (expected[i].phases & phases[k]) != 0;

			T_ASSERT_ROW(expected[i].name, (found != NULL) == is_legal);
			T_ASSERT_ROW(expected[i].name, !found || found->type == expected[i].type);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			requests_find__every_type_in_every_phase__legal_only_where_the_table_says),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
