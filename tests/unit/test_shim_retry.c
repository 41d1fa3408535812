/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_retry.h"

#include "tests/support/t.h"

struct retry_case {
	const char *name;
	struct shim_retry_facts facts;
	enum shim_retry expected;
};

#define POST(...)                                                                                  \
	{                                                                                          \
		.can_resend = true, .has_body = true, __VA_ARGS__                                  \
	}
#define BARE(...)                                                                                  \
	{                                                                                          \
		.can_resend = true, __VA_ARGS__                                                    \
	}
#define GET(...)                                                                                   \
	{                                                                                          \
		.can_resend = true, .is_listed = true, .ambiguous_max = 2, __VA_ARGS__             \
	}

static const struct retry_case cases[] = {
	{ "nobody there, any method", POST(.end = SHIM_END_EPIPE), SHIM_RETRY_UNUSED },
	{ "reset, no body: unread packet", BARE(.end = SHIM_END_RESET), SHIM_RETRY_UNUSED },
	{ "reset with body: only the tail was unread", POST(.end = SHIM_END_RESET), SHIM_RETRY_NO },
	{ "reset with body, idempotent", GET(.has_body = true, .end = SHIM_END_RESET),
		SHIM_RETRY_AMBIGUOUS },
	{ "end of file may have run", BARE(.end = SHIM_END_EOF), SHIM_RETRY_NO },
	{ "end of file, idempotent", GET(.end = SHIM_END_EOF), SHIM_RETRY_AMBIGUOUS },
	{ "the last ambiguous retry", GET(.end = SHIM_END_EOF, .ambiguous = 1),
		SHIM_RETRY_AMBIGUOUS },
	{ "one too many", GET(.end = SHIM_END_EOF, .ambiguous = 2), SHIM_RETRY_NO },
	{ "no ambiguous retry is wanted",
		BARE(.end = SHIM_END_EOF, .is_listed = true, .ambiguous_max = 0), SHIM_RETRY_NO },
	{ "more of them are wanted",
		BARE(.end = SHIM_END_EOF, .is_listed = true, .ambiguous = 4, .ambiguous_max = 5),
		SHIM_RETRY_AMBIGUOUS },
	{ "ambiguous ones do not count for unused", BARE(.end = SHIM_END_EPIPE, .ambiguous = 2),
		SHIM_RETRY_UNUSED },
	{ "unused ones end too", BARE(.end = SHIM_END_EPIPE, .unused = SHIM_RETRY_UNUSED_MAX),
		SHIM_RETRY_NO },
	{ "the answer has begun", GET(.end = SHIM_END_EOF, .has_response = true), SHIM_RETRY_NO },
	{ "the answer has begun, reset", GET(.end = SHIM_END_RESET, .has_response = true),
		SHIM_RETRY_NO },
	{ "the body is gone", { .end = SHIM_END_EPIPE, .has_body = true }, SHIM_RETRY_NO },
	{ "no answer in time: it runs", GET(.end = SHIM_END_TIMEOUT), SHIM_RETRY_NO },
	{ "lsapid ended it: it would run as long again", GET(.end = SHIM_END_EOF, .is_ended = true),
		SHIM_RETRY_NO },
	{ "lsapid ended it, reset", BARE(.end = SHIM_END_RESET, .is_ended = true), SHIM_RETRY_NO },
	{ "no LSAPI", GET(.end = SHIM_END_PROTOCOL), SHIM_RETRY_NO },
	{ "the client left", GET(.end = SHIM_END_CLIENT), SHIM_RETRY_NO },
	{ "our own failure", GET(.end = SHIM_END_SERVER), SHIM_RETRY_NO },
	{ "complete", GET(.end = SHIM_END_COMPLETE), SHIM_RETRY_NO },
};

static void shim_retry_decide__each_end__as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(
			cases[i].name, shim_retry_decide(&cases[i].facts) == cases[i].expected);
}

static void shim_retry_is_listed__each_method__whole_words_only(void **state)
{
	static const char list[] = "GET,options,PROPFIND";

	(void)state;
	assert_true(shim_retry_is_listed(list, "GET"));
	assert_true(shim_retry_is_listed(list, "OPTIONS"));
	assert_true(shim_retry_is_listed(list, "PROPFIND"));
	assert_false(shim_retry_is_listed(list, "HEAD"));
	assert_false(shim_retry_is_listed(list, "PROP"));
	assert_false(shim_retry_is_listed(list, "PROPFINDS"));
	assert_false(shim_retry_is_listed(list, "GET,options"));
	assert_false(shim_retry_is_listed(list, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_retry_decide__each_end__as_the_table_says),
		cmocka_unit_test(shim_retry_is_listed__each_method__whole_words_only),
	};

	return cmocka_run_group_tests_name("shim_retry", tests, NULL, NULL);
}
