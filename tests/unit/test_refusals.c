/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "daemon/manager/refusals.h"
#include "proto/control.h"
#include "tests/support/t.h"

static int refusals_setup(void **state)
{
	struct refusals *r = refusals_new();

	assert_non_null(r);
	*state = r;
	return 0;
}

static int refusals_teardown(void **state)
{
	*state = refusals_free(*state);
	return 0;
}

static void add(struct refusals *r, uint32_t number)
{
	char name[32], detail[32];
	const struct refusal f = {
		.reason = number % 2 ? REASON_BUSY : REASON_HOST_FULL,
		.waited_ms = number,
		.name = name,
		.detail = detail,
	};

	(void)snprintf(name, sizeof(name), "site%u", number);
	(void)snprintf(detail, sizeof(detail), "detail %u", number);
	refusals_add(r, &f);
	memset(name, 'x', sizeof(name)); /* what is kept is a copy */
	memset(detail, 'x', sizeof(detail));
}

static void refusals_get__nothing_refused__nothing(void **state)
{
	const struct refusals *r = *state;

	assert_null(refusals_get(r, 0));
}

static void refusals_get__more_than_are_kept__the_last_newest_first(void **state)
{
	struct refusals *r = *state;
	char name[32];

	for (uint32_t i = 1; i <= REFUSALS_KEPT + 5; i++) {
		add(r, i);
		assert_int_equal(refusals_get(r, 0)->waited_ms, i);
	}
	for (uint32_t back = 0; back < REFUSALS_KEPT; back++) {
		uint32_t number = REFUSALS_KEPT + 5 - back;

		(void)snprintf(name, sizeof(name), "site%u", number);
		assert_int_equal(refusals_get(r, back)->waited_ms, number);
		assert_string_equal(refusals_get(r, back)->name, name);
	}
	assert_null(refusals_get(r, REFUSALS_KEPT));
	assert_null(refusals_get(r, UINT32_MAX));
}

static void refusals_add__several_reasons__each_counted(void **state)
{
	struct refusals *r = *state;
	const struct refusal odd = { .reason = (enum reason)4711 };

	for (uint32_t i = 1; i <= 101; i++)
		add(r, i);
	refusals_add(r, &odd);
	assert_int_equal(r->count[REASON_BUSY], 51);
	assert_int_equal(r->count[REASON_HOST_FULL], 50);
	assert_int_equal(r->count[REASON_INTERNAL], 1);
	assert_int_equal(r->count[REASON_QUEUE_FULL], 0);
}

static const struct {
	const char *row;
	struct refusal f;
	const char *text;
} texts[] = {
	{ "at its limit",
		{ .reason = REASON_BUSY,
			.pool = 3,
			.uid = 1001,
			.in_use = 2,
			.limit = 2,
			.host_in_use = 7,
			.host_limit = 5000,
			.queue_limit = 1024,
			.name = "one.example" },
		"pool one.example (id 3, uid 1001): every PHP child of this site is working; 2 of "
		"2 children in use, 0 of 1024 queued, 7 of 5000 children on the host" },
	{ "waited, and failed",
		{ .reason = REASON_START_EXITED,
			.pool = 3,
			.uid = 1001,
			.limit = 2,
			.host_limit = 50,
			.queued = 1,
			.queue_limit = 8,
			.waited_ms = 12,
			.next_try_ms = 990,
			.name = "one.example",
			.detail = "lsphp pid 9 exited with status 1" },
		"pool one.example (id 3, uid 1001): PHP of this site ended before it took a "
		"request: lsphp pid 9 exited with status 1; 0 of 2 children in use, 1 of 8 queued, "
		"0 of 50 children on the host, waited 12 ms, next try in 990 ms" },
	{ "no pool yet",
		{ .reason = REASON_POOLS_FULL,
			.uid = 1001,
			.pools = 10,
			.max_pools = 10,
			.name = "one.example" },
		"pool one.example (uid 1001): the host has as many pools as lsapid allows; 10 of "
		"10 pools (max_pools)" },
	{ "no site at all", { .reason = REASON_NOT_AUTHORIZED, .uid = 33, .detail = "STATUS" },
		"STATUS" },
};

static void refusal_format__table__figures(void **state)
{
	char text[CONTROL_MAX_TEXT + 1];

	(void)state;
	for (size_t i = 0; i < T_COUNT(texts); i++) {
		size_t size = refusal_format(&texts[i].f, text, sizeof(text));

		T_ASSERT_ROW(texts[i].row, size == strlen(text));
		assert_string_equal(text, texts[i].text);
	}
}

static void refusal_format__long_name_and_detail__figures_are_there(void **state)
{
	char text[CONTROL_MAX_TEXT + 1], name[5000], detail[5000];
	struct refusal f = {
		.reason = REASON_START_FAILED,
		.pool = UINT32_MAX,
		.uid = UINT32_MAX,
		.in_use = UINT32_MAX,
		.limit = UINT32_MAX,
		.host_in_use = UINT32_MAX,
		.host_limit = UINT32_MAX,
		.queued = UINT32_MAX,
		.queue_limit = UINT32_MAX,
		.waited_ms = UINT32_MAX,
		.next_try_ms = UINT32_MAX,
		.pools = UINT32_MAX,
		.max_pools = UINT32_MAX,
		.name = name,
		.detail = detail,
	};

	(void)state;
	memset(name, 'n', sizeof(name));
	memset(detail, 'd', sizeof(detail));
	name[sizeof(name) - 1] = detail[sizeof(detail) - 1] = '\0';
	for (unsigned reason = 1; reason < REASON_COUNT; reason++) {
		size_t size;

		f.reason = (enum reason)reason;
		f.pool = UINT32_MAX;
		size = refusal_format(&f, text, sizeof(text));
		T_ASSERT_ROW(reason_name(reason), size < CONTROL_MAX_TEXT);
		assert_string_equal(text + size - strlen(" in 4294967295 ms"), " in 4294967295 ms");
		f.pool = 0;
		size = refusal_format(&f, text, sizeof(text));
		T_ASSERT_ROW(reason_name(reason), size < CONTROL_MAX_TEXT);
		assert_string_equal(text + size - strlen("(max_pools)"), "(max_pools)");
	}
	assert_int_equal(refusal_format(&f, text, 10), 9);
	assert_string_equal(text, "pool nnnn");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, refusals_setup, refusals_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(refusals_get__nothing_refused__nothing),
		CASE(refusals_get__more_than_are_kept__the_last_newest_first),
		CASE(refusals_add__several_reasons__each_counted),
		CASE(refusal_format__table__figures),
		CASE(refusal_format__long_name_and_detail__figures_are_there),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
