/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/base/log_event.h"
#include "tests/support/t.h"

struct event_row {
	const char *name;
	const char *cause;
	const char *remedy;
};

static const struct event_row events[] = {
#define LOG_EVENT(name, id, cause, remedy)      { (name), (cause), (remedy) },
#define LOG_EVENT_MANY(name, id, cause, remedy) LOG_EVENT(name, id, cause, remedy)
#include "daemon/base/log_events.def"
#undef LOG_EVENT_MANY
#undef LOG_EVENT
};

static void events__table__sorted_and_complete(void **state)
{
	(void)state;
	assert_int_equal(T_COUNT(events), LOG_EVENT_COUNT);
	for (size_t i = 0; i < T_COUNT(events); i++) {
		const char *name = events[i].name;

		/* sorted means unique as well */
		T_ASSERT_ROW(name, !i || strcmp(events[i - 1].name, name) < 0);
		T_ASSERT_ROW(name,
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name));
		T_ASSERT_ROW(name, strchr(name, '.'));
		T_ASSERT_ROW(name, strlen(events[i].cause) > 10);
		T_ASSERT_ROW(name, strlen(events[i].remedy) > 3);
	}
}

/* As journald wants it: 128 bits in lower case, and nobody else's. */
static void events__ids__one_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < LOG_EVENT_COUNT; i++) {
		const struct log_event *e = log_event_get(i);

		T_ASSERT_ROW(e->name, strlen(e->id) == 32);
		T_ASSERT_ROW(e->name, strspn(e->id, "0123456789abcdef") == 32);
		for (size_t j = 0; j < i; j++)
			T_ASSERT_ROW(e->name, strcmp(log_event_get(j)->id, e->id) != 0);
	}
}

static void find__each_name__its_place(void **state)
{
	static const char *const others[] = { "", "a", "backend", "backend.die", "backend.died ",
		"watch.z", "zzz" };

	(void)state;
	for (size_t i = 0; i < LOG_EVENT_COUNT; i++)
		T_ASSERT_ROW(events[i].name, log_event_find(events[i].name) == i);
	for (size_t i = 0; i < T_COUNT(others); i++)
		T_ASSERT_ROW(others[i], log_event_find(others[i]) == LOG_EVENT_COUNT);
}

static void get__lines_that_belong_together__many(void **state)
{
	(void)state;
	assert_true(log_event_get(log_event_find("lsphp.stderr"))->is_many);
	assert_true(log_event_get(log_event_find("child.dump_file"))->is_many);
	assert_false(log_event_get(log_event_find("child.killed"))->is_many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events__table__sorted_and_complete),
		cmocka_unit_test(events__ids__one_each),
		cmocka_unit_test(find__each_name__its_place),
		cmocka_unit_test(get__lines_that_belong_together__many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
