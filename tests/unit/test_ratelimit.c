/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/t.h"
#include "daemon/base/clock.h"
#include "daemon/base/ratelimit.h"

#define T0 (50U * NS_PER_S)

static const struct ratelimit_terms terms = { .per_s = 10, .burst = 3 };

static void ratelimit_take__burst__then_refused(void **state)
{
	struct ratelimit l;

	(void)state;
	ratelimit_init(&l, &terms, T0);
	for (int i = 0; i < 3; i++)
		assert_true(ratelimit_take(&l, &terms, T0));
	assert_false(ratelimit_take(&l, &terms, T0));
	assert_false(ratelimit_take(&l, &terms, T0 + NS_PER_S / 10 - 1));
}

static void ratelimit_take__time_passes__refilled_up_to_burst(void **state)
{
	struct ratelimit l;
	unsigned taken = 0;

	(void)state;
	ratelimit_init(&l, &terms, T0);
	while (ratelimit_take(&l, &terms, T0))
		taken++;
	assert_int_equal(taken, 3);
	assert_true(ratelimit_take(&l, &terms, T0 + NS_PER_S / 10));
	assert_false(ratelimit_take(&l, &terms, T0 + NS_PER_S / 10));
	for (taken = 0; ratelimit_take(&l, &terms, T0 + 100 * NS_PER_S); taken++)
		continue;
	assert_int_equal(taken, 3);
}

/* Asked often, the parts of a token between two questions must not be lost. */
static void ratelimit_take__asked_every_ms__rate_holds(void **state)
{
	const struct ratelimit_terms one = { .per_s = 10, .burst = 1 };
	struct ratelimit l;
	unsigned taken = 0;

	(void)state;
	ratelimit_init(&l, &one, T0);
	for (unsigned ms = 0; ms < 10000; ms++)
		taken += ratelimit_take(&l, &one, T0 + ms * NS_PER_MS);
	assert_in_range(taken, 99, 101);
}

/* A reload: what was saved up under the old terms counts no more. */
static void ratelimit_take__terms_are_lowered__in_force_at_once(void **state)
{
	const struct ratelimit_terms lower = { .per_s = 1, .burst = 1 };
	struct ratelimit l;

	(void)state;
	ratelimit_init(&l, &terms, T0);
	assert_true(ratelimit_take(&l, &lower, T0));
	assert_false(ratelimit_take(&l, &lower, T0));
	assert_false(ratelimit_is_full(&l, &lower, T0 + NS_PER_S - 1));
	assert_true(ratelimit_is_full(&l, &lower, T0 + NS_PER_S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratelimit_take__burst__then_refused),
		cmocka_unit_test(ratelimit_take__time_passes__refilled_up_to_burst),
		cmocka_unit_test(ratelimit_take__asked_every_ms__rate_holds),
		cmocka_unit_test(ratelimit_take__terms_are_lowered__in_force_at_once),
	};

	return cmocka_run_group_tests_name("ratelimit", tests, NULL, NULL);
}
