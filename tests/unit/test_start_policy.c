/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/start_policy.h"
#include "tests/support/t.h"

#define ANSWER START_POLICY_ANSWER_NS
#define SERVE  START_POLICY_SERVE_NS
#define UNUSED START_POLICY_UNUSED_NS

static const struct {
	const char *name;
	struct start_figures f;
	enum start_action expected;
} rows[] = {
	{ "just asked for", { .has_connections = true, .has_unread = true }, START_WAIT },
	{ "no answer, not yet for long",
		{ .age_ns = ANSWER, .has_connections = true, .has_unread = true }, START_WAIT },
	{ "no answer for long",
		{ .age_ns = ANSWER + 1, .has_connections = true, .has_unread = true },
		START_GIVE_UP },
	{ "no answer for long, and nobody waits any more", { .age_ns = ANSWER + 1 },
		START_GIVE_UP },
	{ "no answer for long, but CRIU may take as long",
		{ .age_ns = ANSWER + 5, .thaw_ns = 5, .has_connections = true }, START_WAIT },
	{ "no answer, and not even CRIU may take so long",
		{ .age_ns = ANSWER + 6, .thaw_ns = 5, .has_connections = true }, START_GIVE_UP },
	{ "an answer in time, and PHP takes its time",
		{ .age_ns = ANSWER + 1,
			.is_answered = true,
			.has_connections = true,
			.has_unread = true },
		START_WAIT },
	{ "it has served", { .is_answered = true, .has_served = true, .has_connections = true },
		START_SERVED },
	{ "it has served at last",
		{ .age_ns = SERVE + 1,
			.is_answered = true,
			.has_served = true,
			.has_connections = true,
			.has_unread = true },
		START_SERVED },
	{ "nobody waits, but somebody may have just left",
		{ .age_ns = UNUSED, .is_answered = true }, START_WAIT },
	{ "nobody waits who could see it serve", { .age_ns = UNUSED + 1, .is_answered = true },
		START_SERVED },
	{ "slow, within its time",
		{ .age_ns = SERVE,
			.is_answered = true,
			.has_connections = true,
			.has_unread = true },
		START_WAIT },
	{ "deaf: the request was never read",
		{ .age_ns = SERVE + 1,
			.is_answered = true,
			.has_connections = true,
			.has_unread = true },
		START_KILL },
	{ "it has read the request, and works on it",
		{ .age_ns = SERVE + 1, .is_answered = true, .has_connections = true }, START_WAIT },
};

static void start_policy_decide__rows__expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, start_policy_decide(&rows[i].f) == rows[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_policy_decide__rows__expected),
	};

	return cmocka_run_group_tests_name("start_policy", tests, NULL, NULL);
}
