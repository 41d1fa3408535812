/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/procs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/t.h"

static struct procs made(const pid_t rows[][2], size_t count)
{
	struct procs p = { .item = calloc(count, sizeof(*p.item)), .count = count };

	assert_non_null(p.item);
	for (size_t i = 0; i < count; i++) {
		p.item[i].pid = rows[i][0];
		p.item[i].figures.parent = rows[i][1];
	}
	assert_int_equal(procs_sort(&p), 0);
	return p;
}

static void below__a_tree__after_their_parents(void **state)
{
	static const pid_t rows[][2] = { { 30, 20 }, { 5, 1 }, { 20, 5 }, { 1, 0 }, { 9, 1 },
		{ 21, 5 }, { 31, 21 } };
	struct procs p = made(rows, T_COUNT(rows));
	pid_t found[8];

	(void)state;
	assert_int_equal(procs_below(&p, 5, found, 8), 5);
	assert_int_equal(found[0], 5);
	assert_int_equal(found[1], 20);
	assert_int_equal(found[2], 21);
	assert_int_equal(found[3], 30);
	assert_int_equal(found[4], 31);
	assert_int_equal(procs_below(&p, 5, found, 2), 2);
	assert_int_equal(procs_below(&p, 77, found, 8), 0);
	assert_null(procs_find(&p, 77));
	assert_int_equal(procs_find(&p, 31)->figures.parent, 21);
	procs_deinit(&p);
}

static void below__a_circle__ends(void **state)
{
	static const pid_t rows[][2] = { { 5, 1 }, { 6, 7 }, { 7, 6 }, { 8, 5 } };
	struct procs p = made(rows, T_COUNT(rows));
	pid_t found[8];

	(void)state;
	assert_int_equal(procs_below(&p, 5, found, 8), 2);
	assert_true(procs_below(&p, 6, found, 8) <= 8);
	procs_deinit(&p);
}

static void of_pool__thawed_and_orphans__has_all(void **state)
{
	/* 40 has lost its parent; 60 has ended; 11 is below the parent, and known */
	static const pid_t rows[][2] = { { 1, 0 }, { 9, 1 }, { 10, 9 }, { 11, 10 }, { 40, 1 } };
	static const pid_t children[] = { 11, 40, 0, 60 };
	struct procs p = made(rows, T_COUNT(rows));
	pid_t found[PROCS_OF_POOL_MAX];
	struct procs_sum sum = { .processes = 0 };

	(void)state;
	assert_int_equal(procs_of_pool(&p, 10, children, T_COUNT(children), found), 3);
	(void)strcpy(p.item[1].figures.name, "lsapid-criu");
	assert_int_equal(procs_of_pool(&p, 10, children, T_COUNT(children), found), 4);
	assert_int_equal(found[0], 9);
	assert_int_equal(found[3], 40);
	assert_int_equal(procs_of_pool(&p, 0, children, T_COUNT(children), found), 2);
	assert_int_equal(procs_of_pool(&p, 0, NULL, 0, found), 0);
	p.ticks_per_s = 100;
	p.page_kib = 4;
	p.item[0].figures.cpu_ticks = 50;
	p.item[0].figures.children_ticks = 25;
	p.item[0].figures.rss_pages = 3;
	procs_add_up(&sum, &p, &p.item[0]);
	procs_add_up(&sum, &p, &p.item[0]);
	assert_int_equal(sum.processes, 2);
	assert_int_equal(sum.rss_kib, 24);
	assert_true(sum.cpu_s > 1.49 && sum.cpu_s < 1.51);
	procs_deinit(&p);
}

static void read__this_host__has_us(void **state)
{
	struct procs p;
	uint64_t pss_kib = 0;
	const struct proc *us;

	(void)state;
	assert_int_equal(procs_read(200000, &p), 0);
	us = procs_find(&p, getpid());
	assert_non_null(us);
	assert_int_equal(us->figures.parent, getppid());
	assert_true(procs_rss_kib(&p, us) > 100);
	assert_true(procs_age_s(&p, us) < 3600 && procs_cpu_s(&p, us) < 3600);
	assert_int_equal(procs_pss_kib(getpid(), &pss_kib), 0);
	assert_true(pss_kib > 0);
	assert_true(procs_pss_kib(INT32_MAX, &pss_kib) < 0);
	procs_deinit(&p);
	/* a part of them would be wrong sums */
	assert_int_equal(procs_read(1, &p), -E2BIG);
	assert_int_equal(p.count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(below__a_tree__after_their_parents),
		cmocka_unit_test(below__a_circle__ends),
		cmocka_unit_test(of_pool__thawed_and_orphans__has_all),
		cmocka_unit_test(read__this_host__has_us),
	};

	return cmocka_run_group_tests_name("procs", tests, NULL, NULL);
}
