/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_load.h"
#include "tests/support/t.h"

static const struct handlers_case {
	const char *conf;
	const char *map;
	size_t count; /* of handlers; 0: refused */
	int line;
	const char *text; /* binary of "one"; or part of what is wrong */
} cases[] = {
	{ "", "", 1, 0, NULL },
	{ "", "# nothing\n\n \t\n", 1, 0, NULL },
	{ "", "one /opt/1\n", 1, 0, "/opt/1" },
	{ "", "one\t  /opt/1  \r\ntwo /opt/2", 2, 0, "/opt/1" },
	{ "handler two { }", " one /opt/1\n", 2, 0, "/opt/1" },
	{ "", "application/x-httpd-lsphp /opt/x\none /opt/1\n", 2, 0, "/opt/1" },
	{ "handler one { }", "\none /opt/1\n", 0, 2, "'one' is there already" },
	{ "", "one /opt/1\ntwo /opt/2\none /opt/3\n", 0, 3, "'one' is there already" },
	{ "", "one\n", 0, 1, "without a binary" },
	{ "", "one /opt/1 x\n", 0, 1, "more than" },
	{ "", "one opt/1\n", 0, 1, "absolute path" },
	{ "", "one /opt/../1\n", 0, 1, "absolute path" },
};

static void config_load_handlers__rows__expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct handlers_case *h = &cases[i];
		struct config_problems problems = { .item = NULL };
		struct config *c = calloc(1, sizeof(*c));
		char *text = strdup(h->map);
		const struct config_handler *one;

		assert_true(c && text);
		assert_int_equal(config_load(c, "l.conf", h->conf, &problems), 0);
		T_ASSERT_ROW(h->map,
			config_load_handlers(c, "map", text, &problems) == (h->count ? 0 : 1));
		if (h->count) {
			T_ASSERT_ROW(h->map, c->handler_count == h->count);
			one = config_find_handler(c, "one");
			T_ASSERT_ROW(h->map, !h->text == !one);
			T_ASSERT_ROW(h->map, !one || strcmp(one->binary, h->text) == 0);
		} else {
			T_ASSERT_ROW(h->map, problems.count == 1);
			T_ASSERT_ROW(h->map, problems.item[0].line == h->line);
			T_ASSERT_ROW(h->map, strstr(problems.item[0].what, h->text) != NULL);
		}
		config_problems_deinit(&problems);
		config_free(c);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_load_handlers__rows__expected),
	};

	return cmocka_run_group_tests_name("config_handlers", tests, NULL, NULL);
}
