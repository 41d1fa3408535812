/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/freeze_policy.h"

#include <string.h>

#include "tests/support/t.h"

#define S   1000000000ULL
#define MS  1000000ULL
#define NOW (1000 * S)

/* All that a pool needs to be frozen; each row says what is different. */
#define GOOD                                                                                       \
	.mode = FREEZE_MODE_ON, .is_working = true, .is_running = true, .initial_start = 15,       \
	.served = 15, .last_use_ns = NOW - S

#define AUTO GOOD, .cold_ns = 906 * MS, .mode = FREEZE_MODE_AUTO

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

static void decide__figures__expected(void **state)
{
	static const struct {
		const char *name;
		struct freeze_figures f;
		enum freeze_why why;
		uint64_t next_ns;
	} rows[] = {
		{ "warm and idle", { GOOD }, FREEZE_NOW, UINT64_MAX },
		{ "auto, and it pays", { AUTO }, FREEZE_NOW, UINT64_MAX },
		{ "off", { GOOD, .mode = FREEZE_MODE_OFF }, FREEZE_OFF, UINT64_MAX },
		{ "no criu", { GOOD, .is_working = false }, FREEZE_BROKEN, UINT64_MAX },
		{ "not running", { GOOD, .is_running = false }, FREEZE_NOT_RUNNING, UINT64_MAX },
		{ "under way", { GOOD, .is_under_way = true }, FREEZE_UNDER_WAY, UINT64_MAX },
		{ "thawed", { GOOD, .is_thawed = true }, FREEZE_THAWED, UINT64_MAX },
		{ "frozen", { GOOD, .is_frozen = true }, FREEZE_FROZEN, UINT64_MAX },
		{ "never", { GOOD, .initial_start = 0 }, FREEZE_NEVER, UINT64_MAX },
		{ "one too few", { GOOD, .served = 14 }, FREEZE_TOO_FEW, NOW + 2 * S },
		{ "too few, and at work", { GOOD, .served = 14, .is_busy = true, .last_use_ns = 0 },
			FREEZE_TOO_FEW, NOW + 2 * S },
		{ "too few, idle for a while", { GOOD, .served = 14, .last_use_ns = NOW - 7 * S },
			FREEZE_TOO_FEW, NOW + 7 * S },
		{ "too few, idle for long", { GOOD, .served = 14, .last_use_ns = 0 },
			FREEZE_TOO_FEW, NOW + 16 * S },
		{ "at work", { GOOD, .is_busy = true }, FREEZE_BUSY, NOW + S },
		{ "was at work just now", { GOOD, .last_use_ns = NOW - S / 4 }, FREEZE_BUSY,
			NOW - S / 4 + S },
		{ "last try failed", { GOOD, .retry_ns = NOW + 5 }, FREEZE_BACKING_OFF, NOW + 5 },
		{ "its time is over", { GOOD, .retry_ns = NOW }, FREEZE_NOW, UINT64_MAX },
		{ "auto: not measured", { AUTO, .cold_ns = 0 }, FREEZE_UNMEASURED, UINT64_MAX },
		{ "auto: hello world", { AUTO, .cold_ns = 15 * MS }, FREEZE_TOO_QUICK, UINT64_MAX },
		{ "auto: just below", { AUTO, .cold_ns = FREEZE_WORTH_NS - 1 }, FREEZE_TOO_QUICK,
			UINT64_MAX },
		{ "auto: just enough", { AUTO, .cold_ns = FREEZE_WORTH_NS }, FREEZE_NOW,
			UINT64_MAX },
		{ "auto: pays not", { AUTO, .pays_not = true }, FREEZE_PAYS_NOT, UINT64_MAX },
		{ "on: all the same", { GOOD, .pays_not = true, .cold_ns = MS }, FREEZE_NOW,
			UINT64_MAX },
		{ "asked for: whatever was served",
			{ AUTO, .is_asked_for = true, .served = 0, .initial_start = 0, .cold_ns = 0,
				.retry_ns = NOW + S, .pays_not = true, .is_frozen = true,
				.last_use_ns = NOW },
			FREEZE_NOW, UINT64_MAX },
		{ "asked for, but at work", { GOOD, .is_asked_for = true, .is_busy = true },
			FREEZE_BUSY, UINT64_MAX },
		{ "asked for, but thawed", { GOOD, .is_asked_for = true, .is_thawed = true },
			FREEZE_THAWED, UINT64_MAX },
		{ "asked for, but off", { GOOD, .is_asked_for = true, .mode = FREEZE_MODE_OFF },
			FREEZE_OFF, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint64_t next_ns = 0;

		T_ASSERT_ROW(rows[i].name,
			freeze_policy_decide(&rows[i].f, NOW, &next_ns) == rows[i].why);
		T_ASSERT_ROW(rows[i].name, next_ns == rows[i].next_ns);
	}
}

#pragma GCC diagnostic pop

static void pays_not__measured__expected(void **state)
{
	static const struct {
		const char *name;
		struct pace cold, thawed;
		bool pays_not;
	} rows[] = {
		{ "nothing known", { 0, 0, 0 }, { 0, 0, 0 }, false },
		{ "an application", { .mean_ns = 906 * MS, .count = 1 },
			{ .mean_ns = 96 * MS, .count = 2 }, false },
		{ "hello world", { .mean_ns = 15 * MS, .count = 1 },
			{ .mean_ns = 43 * MS, .count = 2 }, true },
		{ "one thawed start is an accident", { .mean_ns = 15 * MS, .count = 1 },
			{ .mean_ns = 43 * MS, .count = 1 }, false },
		{ "no cold start to compare with", { .mean_ns = 0, .count = 0 },
			{ .mean_ns = 43 * MS, .count = 9 }, false },
		{ "three quarters", { .mean_ns = 400, .count = 3 }, { .mean_ns = 300, .count = 3 },
			false },
		{ "a bit more", { .mean_ns = 400, .count = 3 }, { .mean_ns = 301, .count = 3 },
			true },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name,
			freeze_policy_pays_not(&rows[i].cold, &rows[i].thawed) == rows[i].pays_not);
}

static void patience__cold_start__as_long(void **state)
{
	(void)state;
	assert_int_equal(freeze_policy_patience_ns(906 * MS), 906 * MS);
	assert_int_equal(freeze_policy_patience_ns(0), FREEZE_COLD_UNKNOWN_NS);
}

static void retry__failures__doubled_up_to_a_day(void **state)
{
	(void)state;
	assert_int_equal(freeze_policy_retry_ns(1), 300 * S);
	assert_int_equal(freeze_policy_retry_ns(2), 600 * S);
	assert_int_equal(freeze_policy_retry_ns(9), 76800 * S);
	assert_int_equal(freeze_policy_retry_ns(10), 86400 * S);
	assert_int_equal(freeze_policy_retry_ns(UINT32_MAX), 86400 * S);
	assert_int_equal(freeze_policy_busy_ns(1), 1 * S);
	assert_int_equal(freeze_policy_busy_ns(4), 8 * S);
	assert_int_equal(freeze_policy_busy_ns(UINT32_MAX), 300 * S);
}

static void names__all__distinct(void **state)
{
	(void)state;
	for (int a = 0; a < FREEZE_WHY_COUNT; a++) {
		assert_true(strlen(freeze_why_text((enum freeze_why)a)) > 5);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(freeze_why_name((enum freeze_why)a),
				freeze_why_name((enum freeze_why)b));
	}
	assert_string_equal(freeze_mode_name(FREEZE_MODE_AUTO), "auto");
	assert_string_equal(freeze_mode_name(FREEZE_MODE_ON), "on");
	assert_string_equal(freeze_mode_name(FREEZE_MODE_OFF), "off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide__figures__expected),
		cmocka_unit_test(pays_not__measured__expected),
		cmocka_unit_test(patience__cold_start__as_long),
		cmocka_unit_test(retry__failures__doubled_up_to_a_day),
		cmocka_unit_test(names__all__distinct),
	};

	return cmocka_run_group_tests_name("freeze_policy", tests, NULL, NULL);
}
