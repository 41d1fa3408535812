/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "lsphp/title.h"
#include "tests/support/t.h"

/** Arguments as the kernel lays them out, and an environment string right behind. */
static char area[] = "lsphp:site1/example.org\0-c\0/etc/php\0PATH=/usr/bin";
#define ARGUMENTS_SIZE (sizeof("lsphp:site1/example.org\0-c\0/etc/php") - 1)

static void init(struct title *t)
{
	char *argv[] = { area, strchr(area, '\0') + 1, NULL };
	char *third = strchr(argv[1], '\0') + 1;
	char *all[] = { argv[0], argv[1], third };
	title_init(t, 3, all);
}

static void title_show__path_fits__whole_path(void **state)
{
	(void)state;
	struct title t;
	init(&t);
	assert_int_equal(t.size, ARGUMENTS_SIZE);
	title_show(&t, "/srv/a.php");
	assert_string_equal(area, "lsphp:/srv/a.php");
	assert_string_equal(area + ARGUMENTS_SIZE + 1, "PATH=/usr/bin");
	title_reset(&t);
	assert_string_equal(area, "lsphp:site1/example.org");
	free(t.original);
}

static void title_show__path_too_long__its_end_and_nothing_behind(void **state)
{
	(void)state;
	struct title t;
	init(&t);
	title_show(&t, "/a/very/long/path/of/a/script/that/does/not/fit/index.php");
	assert_int_equal(strlen(area), ARGUMENTS_SIZE);
	assert_string_equal(area + ARGUMENTS_SIZE - strlen("/fit/index.php"), "/fit/index.php");
	assert_string_equal(area + ARGUMENTS_SIZE + 1, "PATH=/usr/bin");
	title_reset(&t);
	assert_string_equal(strchr(area, '\0') + 1, "-c");
	free(t.original);
}

static void title_show__short_name__nothing_written(void **state)
{
	(void)state;
	char name[] = "lsphp\0PATH=/usr/bin";
	char *argv[] = { name };
	struct title t;
	title_init(&t, 1, argv);
	title_show(&t, "/srv/a.php");
	title_reset(&t);
	assert_memory_equal(name, "lsphp\0PATH=/usr/bin", sizeof(name));
	free(t.original);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(title_show__path_fits__whole_path),
		cmocka_unit_test(title_show__path_too_long__its_end_and_nothing_behind),
		cmocka_unit_test(title_show__short_name__nothing_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
