/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/stopped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "tests/support/t.h"

static void is__marks__of_user_and_name(void **state)
{
	struct stopped s;

	(void)state;
	stopped_init(&s);
	assert_false(stopped_is(&s, 1001, "a.test"));
	assert_int_equal(stopped_add(&s, 1001, "a.test"), 0);
	assert_int_equal(stopped_add(&s, 1001, "A.Test"), 0);
	assert_int_equal(s.marks.count, 1);
	assert_true(stopped_is(&s, 1001, "A.TEST"));
	assert_false(stopped_is(&s, 1002, "a.test"));
	assert_false(stopped_is(&s, 1001, "b.test"));
	/* a user as a whole, whatever his sites are called */
	assert_int_equal(stopped_add(&s, 1002, NULL), 0);
	assert_true(stopped_is(&s, 1002, "b.test"));
	assert_false(stopped_has(&s, 1002, "b.test"));
	stopped_remove(&s, 1002, "b.test");
	assert_true(stopped_is(&s, 1002, "b.test"));
	stopped_remove(&s, 1002, NULL);
	assert_false(stopped_is(&s, 1002, "b.test"));
	stopped_remove(&s, 1001, "a.TEST");
	assert_true(list_is_empty(&s.marks));
	stopped_deinit(&s);
}

static void add__name_without_place__refused(void **state)
{
	struct stopped s;

	(void)state;
	stopped_init(&s);
	assert_int_equal(stopped_add(&s, 1, ""), -EINVAL);
	assert_int_equal(stopped_add(&s, 1, "a\n0 root"), -EINVAL);
	assert_true(list_is_empty(&s.marks));
	stopped_deinit(&s);
}

static void format__parse__the_same(void **state)
{
	struct stopped a, b;
	size_t size = 0;
	char *text;

	(void)state;
	stopped_init(&a);
	stopped_init(&b);
	assert_int_equal(stopped_add(&a, 1001, "name with blanks"), 0);
	assert_int_equal(stopped_add(&a, 1001, NULL), 0);
	assert_int_equal(stopped_add(&a, 4294967294U, "\xff\x1b"), 0);
	text = stopped_format(&a, &size);
	assert_string_equal(text, "1001 name with blanks\n1001\n4294967294 \xff\x1b\n");
	assert_int_equal(size, strlen(text));
	assert_int_equal(stopped_parse(&b, text), 0);
	free(text);
	assert_int_equal(b.marks.count, 3);
	assert_true(stopped_has(&b, 1001, "NAME with blanks"));
	assert_true(stopped_has(&b, 1001, NULL));
	assert_true(stopped_has(&b, 4294967294U, "\xff\x1b"));
	stopped_deinit(&a);
	stopped_deinit(&b);
}

static void parse__lines_that_are_none__passed_over(void **state)
{
	char text[] = "x a.test\n-1 a\n4294967295 a\n1 \n\n 1\n7 good\n1e3\n8";
	struct stopped s;

	(void)state;
	stopped_init(&s);
	assert_int_equal(stopped_parse(&s, text), 6);
	assert_int_equal(s.marks.count, 2);
	assert_true(stopped_has(&s, 7, "good"));
	assert_true(stopped_has(&s, 8, NULL));
	stopped_deinit(&s);
}

static void save__load__whole_or_not_at_all(void **state)
{
	char dir[] = "/tmp/test_stopped.XXXXXX";
	struct stopped a, b;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	stopped_init(&a);
	stopped_init(&b);
	stopped_load(&a); /* there is none */
	assert_true(list_is_empty(&a.marks));
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(stopped_add(&a, i, "a.test"), 0);
	assert_int_equal(stopped_save(&a), 0);
	assert_int_equal(access(STOPPED_FILE ".new", F_OK), -1);
	stopped_load(&b);
	assert_int_equal(b.marks.count, 1000);
	assert_true(stopped_is(&b, 999, "a.test"));
	/* what lies in its place is not followed, nor does it end anything */
	assert_int_equal(unlink(STOPPED_FILE), 0);
	assert_int_equal(symlink("/etc/passwd", STOPPED_FILE), 0);
	stopped_load(&b);
	assert_int_equal(b.marks.count, 1000);
	stopped_deinit(&a);
	stopped_init(&a);
	assert_int_equal(stopped_save(&a), 0);
	assert_int_equal(access(STOPPED_FILE, F_OK), -1);
	stopped_deinit(&a);
	stopped_deinit(&b);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is__marks__of_user_and_name),
		cmocka_unit_test(add__name_without_place__refused),
		cmocka_unit_test(format__parse__the_same),
		cmocka_unit_test(parse__lines_that_are_none__passed_over),
		cmocka_unit_test(save__load__whole_or_not_at_all),
	};

	log_init("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("stopped", tests, NULL, NULL);
}
