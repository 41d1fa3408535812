/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/clock.h"
#include "daemon/manager/backoff.h"
#include "tests/support/t.h"

#define T0 (1000U * NS_PER_S)

/* Failures in a row, one second apart each: the delay after each of them. */
static const struct {
	const char *name;
	bool has_served;
	uint64_t lived_s;
	unsigned delay_s[8];
} rows[] = {
	{ "never serves", false, 0, { 1, 2, 4, 8, 16, 32, 60, 60 } },
	{ "serves but dies young", true, 1, { 0, 1, 2, 4, 8, 16, 32, 60 } },
	{ "healthy, then killed", true, 10, { 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "lives long but never serves", false, 100, { 1, 2, 4, 8, 16, 32, 60, 60 } },
};

static void backoff_fail__in_a_row__delays_grow(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct backoff b = BACKOFF_NONE;

		for (size_t n = 0; n < T_COUNT(rows[i].delay_s); n++) {
			uint64_t now = T0 + n * NS_PER_S;

			backoff_fail(&b, rows[i].has_served, rows[i].lived_s * NS_PER_S, now);
			T_ASSERT_ROW(rows[i].name,
				backoff_left_ns(&b, now) == rows[i].delay_s[n] * NS_PER_S);
		}
	}
}

static void backoff_fail__thousands__delay_stays_at_longest(void **state)
{
	struct backoff b = BACKOFF_NONE;

	(void)state;
	for (unsigned n = 0; n < 10000; n++)
		backoff_fail(&b, false, 0, T0 + n);
	assert_int_equal(backoff_left_ns(&b, T0 + 9999), BACKOFF_LONGEST_NS);
}

static void backoff_fail__long_ago__is_forgotten(void **state)
{
	struct backoff b = BACKOFF_NONE;
	uint64_t later = T0 + 2 + BACKOFF_FORGET_NS + 1;

	(void)state;
	backoff_fail(&b, false, 0, T0);
	backoff_fail(&b, false, 0, T0 + 2);
	assert_int_equal(b.failures, 2);
	backoff_fail(&b, false, 0, later);
	assert_int_equal(b.failures, 1);
	assert_int_equal(backoff_left_ns(&b, later), BACKOFF_FIRST_NS);
}

static void backoff_left_ns__time_passes__zero_at_the_end(void **state)
{
	struct backoff b = BACKOFF_NONE;

	(void)state;
	assert_int_equal(backoff_left_ns(&b, T0), 0);
	backoff_fail(&b, false, 0, T0);
	assert_int_equal(backoff_left_ns(&b, T0 + 1), BACKOFF_FIRST_NS - 1);
	assert_int_equal(backoff_left_ns(&b, T0 + BACKOFF_FIRST_NS), 0);
	assert_int_equal(backoff_left_ns(&b, T0 + 2 * BACKOFF_FIRST_NS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff_fail__in_a_row__delays_grow),
		cmocka_unit_test(backoff_fail__thousands__delay_stays_at_longest),
		cmocka_unit_test(backoff_fail__long_ago__is_forgotten),
		cmocka_unit_test(backoff_left_ns__time_passes__zero_at_the_end),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
