/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log_limit.h"
#include "tests/support/t.h"

#define T0 (50U * NS_PER_S)

static const struct log_limit_terms terms = {
	.one = { .per_s = 1, .burst = 3 },
	.all = { .per_s = 2, .burst = 5 },
};

static int limit_setup(void **state)
{
	static struct log_limit l;

	log_limit_init(&l, &terms, T0);
	*state = &l;
	return 0;
}

static struct log_limit_key key_of(const char *event, const char *pool)
{
	return (struct log_limit_key){
		.event = log_event_find(event),
		.level = LOG_LEVEL_NOTICE,
		.pool = pool,
	};
}

/* How many of @count lines are written, all at @now_ns. */
static unsigned write_lines(
	struct log_limit *l, const struct log_limit_key *k, unsigned count, uint64_t now_ns)
{
	unsigned written = 0;
	uint64_t left_out;

	while (count--)
		written += log_limit_take(l, k, now_ns, &left_out);
	return written;
}

static void take__one_pool__burst_then_rate_and_the_next_line_tells(void **state)
{
	const struct log_limit_key k = key_of("lease.refused", "a.test");
	struct log_limit *l = *state;
	uint64_t left_out = 99;

	assert_true(log_limit_take(l, &k, T0, &left_out));
	assert_int_equal(left_out, 0);
	assert_int_equal(write_lines(l, &k, 1000, T0), 2);
	assert_true(log_limit_take(l, &k, T0 + NS_PER_S, &left_out));
	assert_int_equal(left_out, 998);
	assert_false(log_limit_take(l, &k, T0 + NS_PER_S, &left_out));
	assert_true(log_limit_take(l, &k, T0 + 2 * NS_PER_S, &left_out));
	assert_int_equal(left_out, 1);
}

/* Another pool, another event, and lines that name no pool, have buckets of their own. */
static void take__others__are_not_disturbed(void **state)
{
	const struct log_limit_key a = key_of("lease.refused", "a.test");
	const struct log_limit_key b = key_of("lease.refused", "b.test");
	const struct log_limit_key other = key_of("child.killed", "a.test");
	const struct log_limit_key none = key_of("child.killed", NULL);
	struct log_limit *l = *state;

	assert_int_equal(write_lines(l, &a, 10, T0), 3);
	/* what a was refused costs those of all pools nothing */
	assert_int_equal(write_lines(l, &b, 10, T0), 2);
	assert_int_equal(write_lines(l, &other, 10, T0), 3);
	assert_int_equal(write_lines(l, &none, 10, T0), 2);
}

static void take__many_pools__bounded_together(void **state)
{
	struct log_limit *l = *state;
	unsigned written = 0;

	for (unsigned i = 0; i < 10000; i++) {
		char name[32] = "";
		struct log_limit_key k = key_of("lease.refused", name);

		(void)snprintf(name, sizeof(name), "site%u.test", i);
		written += write_lines(l, &k, 3, T0 + i * NS_PER_MS);
	}
	/* five at once, then two in each of the ten seconds */
	assert_in_range(written, 20, 25);
}

static void take__many_or_debug__ten_times_as_many(void **state)
{
	struct log_limit_key k = key_of("lsphp.stderr", "a.test");
	struct log_limit *l = *state;

	assert_int_equal(write_lines(l, &k, 1000, T0), 30);
	k = key_of("manager.request", NULL);
	k.level = LOG_LEVEL_DEBUG;
	assert_int_equal(write_lines(l, &k, 1000, T0), 30);
}

static void take__rate_of_0__no_limit(void **state)
{
	const struct log_limit_key k = key_of("lease.refused", "a.test");
	struct log_limit *l = *state;

	l->terms.one.per_s = 0;
	assert_int_equal(write_lines(l, &k, 1000, T0), 5);
	l->terms.all.per_s = 0;
	assert_int_equal(write_lines(l, &k, 1000, T0), 1000);
}

/* Room is for so many pools; more of them share the event's bucket, and come back when it is quiet.
 */
static void take__more_pools_than_places__still_bounded_and_counted(void **state)
{
	struct log_limit *l = *state;
	struct log_limit_untold u;
	uint64_t left_out, told = 0;
	unsigned written = 0, pools = LOG_LIMIT_SETS * LOG_LIMIT_WAYS * 2;
	size_t at = 0;

	l->terms.all = (struct ratelimit_terms){ .per_s = 1000, .burst = 1000000 };
	for (unsigned i = 0; i < pools; i++) {
		char name[32] = "";
		struct log_limit_key k = key_of("lease.refused", name);

		(void)snprintf(name, sizeof(name), "site%u.test", i);
		written += write_lines(l, &k, 10, T0);
	}
	/* three of those with a place, ten of those without */
	assert_in_range(written, pools * 3, pools * 7);
	while (log_limit_next_untold(l, &at, T0, true, &u))
		told += u.left_out;
	assert_int_equal(written + told, pools * 10);
	/* all places are full buckets again, so that anybody gets one */
	for (unsigned i = 0; i < 4; i++) {
		const struct log_limit_key late = key_of("child.killed", "late.test");

		assert_int_equal(log_limit_take(l, &late, T0 + 100 * NS_PER_S, &left_out), i < 3);
	}
}

static void next_untold__nobody_comes_any_more__told_after_the_silence(void **state)
{
	const struct log_limit_key a = key_of("lease.refused", "a.test");
	const struct log_limit_key b = key_of("child.killed", NULL);
	struct log_limit *l = *state;
	struct log_limit_untold u;
	uint64_t end_ns = T0 + LOG_LIMIT_SILENCE_NS;
	size_t at = 0;

	assert_true(l->next_ns == UINT64_MAX);
	(void)write_lines(l, &a, 3, T0);
	assert_true(l->next_ns == UINT64_MAX);
	(void)write_lines(l, &a, 4, T0);
	(void)write_lines(l, &b, 8, T0 + 1);
	assert_true(l->next_ns == end_ns);
	assert_false(log_limit_next_untold(l, &at, end_ns - 1, false, &u));
	assert_true(l->next_ns == end_ns);
	at = 0;
	assert_true(log_limit_next_untold(l, &at, end_ns, false, &u));
	assert_string_equal(u.event, "lease.refused");
	assert_string_equal(u.pool, "a.test");
	assert_int_equal(u.level, LOG_LEVEL_NOTICE);
	assert_int_equal(u.left_out, 4);
	assert_false(log_limit_next_untold(l, &at, end_ns, false, &u));
	assert_true(l->next_ns == end_ns + 1);
	at = 0;
	assert_true(log_limit_next_untold(l, &at, end_ns, true, &u));
	assert_string_equal(u.event, "child.killed");
	assert_null(u.pool);
	assert_int_equal(u.left_out, 5);
	assert_false(log_limit_next_untold(l, &at, end_ns, true, &u));
	assert_true(l->next_ns == UINT64_MAX);
}

static void next_untold__name_is_long__its_beginning(void **state)
{
	char name[200] = "";
	struct log_limit_key k = key_of("lease.refused", name);
	struct log_limit *l = *state;
	struct log_limit_untold u;
	size_t at = 0;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(write_lines(l, &k, 4, T0), 3);
	name[sizeof(name) - 2] = 'm'; /* another pool */
	assert_int_equal(write_lines(l, &k, 1, T0), 1);
	assert_true(log_limit_next_untold(l, &at, T0, true, &u));
	assert_int_equal(strspn(u.pool, "n"), strlen(u.pool));
	assert_in_range(strlen(u.pool), 60, 64);
	assert_int_equal(u.left_out, 1);
}

#define limit_test(name) cmocka_unit_test_setup(name, limit_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		limit_test(take__one_pool__burst_then_rate_and_the_next_line_tells),
		limit_test(take__others__are_not_disturbed),
		limit_test(take__many_pools__bounded_together),
		limit_test(take__many_or_debug__ten_times_as_many),
		limit_test(take__rate_of_0__no_limit),
		limit_test(take__more_pools_than_places__still_bounded_and_counted),
		limit_test(next_untold__nobody_comes_any_more__told_after_the_silence),
		limit_test(next_untold__name_is_long__its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
