/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/select.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/answer.h"
#include "tests/support/t.h"

static const char document[] =
	"{\"pools\":["
	"{\"id\":1,\"name\":\"b.test\",\"uid\":7,\"state\":\"ready\",\"handler\":\"x\",\"busy\":0,"
	"\"waiting\":1,\"rss_kib\":500,\"pss_kib\":100},"
	"{\"id\":2,\"name\":\"a.test\",\"uid\":8,\"state\":\"cold\",\"handler\":\"y\",\"busy\":0,"
	"\"waiting\":0,\"rss_kib\":300,\"pss_kib\":null},"
	"{\"id\":10,\"name\":\"c[1].test\",\"uid\":7,\"state\":\"ready\",\"handler\":\"x\",\"busy\":3,"
	"\"waiting\":0,\"rss_kib\":200,\"pss_kib\":200}]}";

/* Numbers of the pools, "1 2 10". */
static const char *numbers(json_t *answer)
{
	static char text[64];
	json_t *pool;
	size_t i;

	text[0] = '\0';
	json_array_foreach(json_object_get(answer, "pools"), i, pool)
	{
		size_t size = strlen(text);

		(void)snprintf(text + size, sizeof(text) - size, "%s%lld", size ? " " : "",
			answer_number(pool, "id"));
	}
	return text;
}

static void pools__each_wish__those_that_fit(void **state)
{
	static char a[] = "A.*", one[] = "1", name[] = "c[1].test";
	static char *const a_or_one[] = { a, one }, *const whole[] = { name };
	static const struct {
		struct select select;
		const char *left;
	} rows[] = {
		{ { .pattern_count = 0 }, "1 2 10" },
		{ { .patterns = a_or_one, .pattern_count = 2 }, "1 2" },
		{ { .patterns = whole, .pattern_count = 1 }, "10" }, /* as a name, too */
		{ { .vhost = "*.test", .has_user = true, .uid = 7 }, "1 10" },
		{ { .is_busy = true }, "1 10" },
		{ { .state = "cold" }, "2" },
		{ { .handler = "x", .vhost = "b*" }, "1" },
		{ { .state = "failed" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		json_t *answer = json_loads(document, 0, NULL);
		size_t left = select_pools(&rows[i].select, answer);

		T_ASSERT_ROW(numbers(answer), strcmp(numbers(answer), rows[i].left) == 0);
		T_ASSERT_ROW(
			rows[i].left, left == json_array_size(json_object_get(answer, "pools")));
		T_ASSERT_ROW(rows[i].left, select_is_any(&rows[i].select) == (i == 0));
		json_decref(answer);
	}
}

static void sort__each_key__largest_or_first(void **state)
{
	static const struct {
		const char *key;
		bool is_reverse;
		const char *order;
	} rows[] = {
		{ "name", false, "2 1 10" },
		{ "name", true, "10 1 2" },
		{ "id", false, "1 2 10" },
		{ "memory", false, "2 10 1" }, /* what is resident where the share is not known */
		{ "busy", false, "10 2 1" },
		{ "queue", false, "1 2 10" },
		{ "state", false, "2 1 10" },
		{ "no key", false, "1 2 10" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		json_t *answer = json_loads(document, 0, NULL);

		select_sort(answer, rows[i].key, rows[i].is_reverse);
		T_ASSERT_ROW(rows[i].key, strcmp(numbers(answer), rows[i].order) == 0);
		json_decref(answer);
	}
}

static void next_key__in_a_circle__each_word_of_the_option(void **state)
{
	const char *key = "busy";
	char words[512] = "busy";

	(void)state;
	while (strcmp(key = select_next_key(key, 1), "busy") != 0) {
		size_t used = strlen(words);

		(void)snprintf(words + used, sizeof(words) - used, "|%s", key);
	}
	assert_string_equal(words, SELECT_KEYS);
	assert_string_equal(select_next_key("busy", -1), "user");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools__each_wish__those_that_fit),
		cmocka_unit_test(sort__each_key__largest_or_first),
		cmocka_unit_test(next_key__in_a_circle__each_word_of_the_option),
	};

	return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
