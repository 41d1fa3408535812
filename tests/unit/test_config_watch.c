/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_watch.h"

#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/config/config_handlers.h"
#include "daemon/config/config_load.h"
#include "tests/support/t.h"

#define OWN LSAPID_LIBEXECDIR "/lsphp"

static struct config *load(const char *text, struct config_problems *problems)
{
	struct config *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	*problems = (struct config_problems){ .item = NULL };
	/* what is wrong with it is for the test to see */
	assert_true(config_load(c, "l.conf", text, problems) >= 0);
	return c;
}

static void load__rows__paths_of_the_handler(void **state)
{
	static const struct {
		const char *text;
		size_t count; /* of paths; SIZE_MAX: lsphp's own */
		const char *first;
	} rows[] = {
		{ "handler a { }", SIZE_MAX, LSAPID_PHP_INI_DIR "/php.ini" },
		{ "", SIZE_MAX, LSAPID_PHP_INI_DIR "/php.ini" },
		{ "handler a { watch = { } }", SIZE_MAX, LSAPID_PHP_INI_DIR "/php.ini" },
		{ "handler a { binary = \"" OWN "\" watch = { \"/x\" } }", 1, "/x" },
		{ "handler a { binary = \"/opt/lsphp\" }", 0, NULL },
		{ "handler a { binary = \"/opt/lsphp\" watch = { \"/a\", \"/b/c\" } }", 2, "/a" },
	};
	static const char library[] = LSAPID_PHP_LIBRARY;
	size_t own = sizeof(library) > 1 ? 4 : 0;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct config_problems problems;
		struct config *c = load(rows[i].text, &problems);
		size_t count = rows[i].count == SIZE_MAX ? own : rows[i].count;

		T_ASSERT_ROW(rows[i].text, problems.count == 0 && c->handler_count == 1);
		T_ASSERT_ROW(rows[i].text, c->handlers[0].watch_count == count);
		T_ASSERT_ROW(rows[i].text,
			!count || strcmp(c->handlers[0].watch[0], rows[i].first) == 0);
		config_problems_deinit(&problems);
		config_free(c);
	}
}

static void load__relative_path__refused(void **state)
{
	struct config_problems problems;
	struct config *c = load("handler a { watch = { \"conf.d\" } }", &problems);

	(void)state;
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.item[0].what, "watch is 'conf.d', not an absolute path"));
	config_problems_deinit(&problems);
	config_free(c);
}

static void handler_map__takes_the_default_place__binary_only(void **state)
{
	char map[] = "a /opt/lsphp\n";
	struct config_problems problems;
	struct config *c = load("", &problems);

	(void)state;
	assert_int_equal(config_load_handlers(c, "map", map, &problems), 0);
	assert_int_equal(c->handler_count, 1);
	assert_int_equal(c->handlers[0].watch_count, 0);
	assert_null(c->handlers[0].watch);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__rows__paths_of_the_handler),
		cmocka_unit_test(load__relative_path__refused),
		cmocka_unit_test(handler_map__takes_the_default_place__binary_only),
	};

	return cmocka_run_group_tests_name("config_watch", tests, NULL, NULL);
}
