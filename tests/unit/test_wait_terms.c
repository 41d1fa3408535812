/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/clock.h"
#include "daemon/manager/wait_terms.h"
#include "proto/control.h"
#include "tests/support/t.h"

#define ASKED    300000U
#define OWN      20000U
#define QUEUE    CONTROL_LEASE_QUEUE
#define REJECT   CONTROL_LEASE_REJECT
#define WAIT_SET CONTROL_LEASE_WAIT_SET

static void wait_terms_decide__who_says_what__the_strongest(void **state)
{
	static const struct {
		const char *name;
		bool is_queue, is_mode_of_file, is_wait_of_file;
		uint32_t flags;
		uint32_t wait_ms;
	} rows[] = {
		{ "defaults alone: reject", false, false, false, 0, 0 },
		{ "defaults alone: queue, for their time", true, false, false, 0, OWN },
		{ "the directive before defaults: queue", false, false, false, QUEUE, OWN },
		{ "the directive before defaults: reject", true, false, false, REJECT, 0 },
		{ "the file before the directive: queue", true, true, false, REJECT, OWN },
		{ "the file before the directive: reject", false, true, false, QUEUE, 0 },
		{ "the time of the directive", true, false, false, WAIT_SET, ASKED },
		{ "the time of both directives", false, false, false, QUEUE | WAIT_SET, ASKED },
		{ "the time of the file", true, false, true, WAIT_SET, OWN },
		{ "a time alone makes no queue", false, false, true, WAIT_SET, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct wait_settings s = {
			.is_queue = rows[i].is_queue,
			.is_mode_of_file = rows[i].is_mode_of_file,
			.is_wait_of_file = rows[i].is_wait_of_file,
			.queue_wait_ms = OWN,
		};

		T_ASSERT_ROW(rows[i].name,
			wait_terms_decide(&s, ASKED, rows[i].flags) == rows[i].wait_ms);
		T_ASSERT_ROW(rows[i].name, wait_terms_decide(&s, 0, rows[i].flags) == 0);
	}
}

static void wait_terms_status__lack_of_room__as_set(void **state)
{
	const struct wait_settings s = { .busy_status = 503 };

	(void)state;
	assert_int_equal(wait_terms_status(&s, REASON_BUSY), 503);
	assert_int_equal(wait_terms_status(&s, REASON_QUEUE_FULL), 503);
	assert_int_equal(wait_terms_status(&s, REASON_HOST_FULL), 503);
	assert_int_equal(wait_terms_status(&s, REASON_SESSION_FULL), 503);
	assert_int_equal(wait_terms_status(&s, REASON_QUEUE_TIMEOUT), 0);
	assert_int_equal(wait_terms_status(&s, REASON_BACKOFF), 0);
}

static void wait_terms_retry_after_s__rows__expected(void **state)
{
	static const struct {
		uint64_t busy_ns;
		uint32_t queued, limit, expected;
	} rows[] = {
		{ 0, 0, 10, 1 },
		{ 100 * NS_PER_MS, 0, 10, 1 },
		{ 5 * NS_PER_S, 0, 10, 6 },
		{ 5 * NS_PER_S, 9, 10, 6 },
		{ 5 * NS_PER_S, 10, 10, 12 },
		{ 5 * NS_PER_S, 1024, 2, WAIT_TERMS_RETRY_MAX_S },
		{ 5 * NS_PER_S, 7, 0, 6 },
		{ UINT64_MAX, UINT32_MAX, 1, WAIT_TERMS_RETRY_MAX_S },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_int_equal(
			wait_terms_retry_after_s(rows[i].busy_ns, rows[i].queued, rows[i].limit),
			rows[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wait_terms_decide__who_says_what__the_strongest),
		cmocka_unit_test(wait_terms_status__lack_of_room__as_set),
		cmocka_unit_test(wait_terms_retry_after_s__rows__expected),
	};

	return cmocka_run_group_tests_name("wait_terms", tests, NULL, NULL);
}
