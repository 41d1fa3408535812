/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/wait.h>
#include <unistd.h>

#include "lsphp/child_table.h"
#include "tests/support/t.h"

static void child_table_take__until_full__then_null(void **state)
{
	(void)state;
	struct child_table *t = child_table_new(3);
	assert_non_null(t);
	struct child_row *row[3];
	for (int i = 0; i < 3; i++) {
		row[i] = child_table_take(t);
		assert_non_null(row[i]);
		row[i]->pid = 100 + i;
	}
	assert_null(child_table_take(t));
	assert_int_equal(child_table_count(t, CHILD_CONNECTED), 3);
	assert_ptr_equal(child_table_find(t, 101), row[1]);
	assert_null(child_table_find(t, 103));

	child_table_release(t, row[1]);
	assert_int_equal(atomic_load(&t->used), 2);
	assert_null(child_table_find(t, 101));
	assert_ptr_equal(child_table_take(t), row[1]);
}

static void child_table_take__used_row__starts_clean(void **state)
{
	(void)state;
	struct child_table *t = child_table_new(1);
	struct child_row *row = child_table_take(t);
	row->pid = 1;
	row->is_retired = true;
	row->term_count = 5;
	atomic_store(&row->start_ns, 7);
	atomic_store(&row->request_count, 7);
	atomic_store(&row->state, CHILD_WAITING);
	child_table_release(t, row);
	row = child_table_take(t);
	assert_false(row->is_retired);
	assert_int_equal(row->term_count, 0);
	assert_int_equal(atomic_load(&row->start_ns), 0);
	assert_int_equal(atomic_load(&row->request_count), 0);
	assert_int_equal(child_table_count(t, CHILD_WAITING), 0);
}

static void child_table__another_process_writes__is_seen(void **state)
{
	(void)state;
	struct child_table *t = child_table_new(2);
	struct child_row *row = child_table_take(t);
	pid_t pid = fork();
	if (pid == 0) {
		atomic_store(&row->state, CHILD_WAITING);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(child_table_count(t, CHILD_WAITING), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_table_take__until_full__then_null),
		cmocka_unit_test(child_table_take__used_row__starts_clean),
		cmocka_unit_test(child_table__another_process_writes__is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
