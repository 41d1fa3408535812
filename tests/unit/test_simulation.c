/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A host of 10,000 pools, a million random events, and after each of them what must hold: see
 * tests/support/sim_check.c. LSAPID_SIM_SEED and LSAPID_SIM_EVENTS choose another history.
 */

#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/support/sim.h"
#include "tests/support/t.h"

/* Everything is looked at so often; a part of it after each event. */
#define LOOK_EVERY 2048U

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EVENTS 150000U
#else
#define EVENTS 1000000U
#endif

static uint64_t get_number(const char *name, uint64_t otherwise)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	const char *text = getenv(name);
	uint64_t number;

	return text && str_parse_uint(text, 1, UINT64_MAX, &number) ? number : otherwise;
}

static void simulation__random_history__nothing_is_broken(void **state)
{
	uint64_t events = get_number("LSAPID_SIM_EVENTS", EVENTS);
	struct sim *s = sim_new(get_number("LSAPID_SIM_SEED", 1));

	(void)state;
	for (uint64_t i = 0; i < events; i++) {
		sim_step(s);
		if (i % LOOK_EVERY)
			continue;
		sim_wait(s, SIM_PATIENCE_NS);
		sim_check_all(s);
		sim_check_orders(s);
	}
	print_message(
		"granted %llu, of these from a queue %llu; refused %llu; held back by the host "
		"%llu; grown at the share %llu, by a swap %llu; starts %llu, reaped %llu; "
		"orders %llu, done in time %llu; stopped %llu\n",
		(unsigned long long)s->counts[SIM_GRANTED],
		(unsigned long long)s->counts[SIM_QUEUED_GRANTED],
		(unsigned long long)s->counts[SIM_REFUSED],
		(unsigned long long)s->counts[SIM_HELD_BACK],
		(unsigned long long)s->counts[SIM_AT_SHARE],
		(unsigned long long)s->counts[SIM_SWAPS], (unsigned long long)s->counts[SIM_STARTS],
		(unsigned long long)s->counts[SIM_REAPED],
		(unsigned long long)s->counts[SIM_ORDERS],
		(unsigned long long)s->counts[SIM_ANSWERED],
		(unsigned long long)s->counts[SIM_STOPPED]);
	/* a history in which none of this happens proves nothing */
	for (size_t i = 0; i < T_COUNT(s->counts) && events >= EVENTS; i++)
		assert_true(s->counts[i] > 10);
	sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simulation__random_history__nothing_is_broken),
	};

	return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
