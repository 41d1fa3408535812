/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/manager/effective.h"
#include "tests/support/t.h"

/* @entries: "key=value" strings, sorted, each ended by '\n' */
static void make(char *data, const char *entries, struct pool_spec *ret)
{
	size_t size = strlen(entries);

	for (size_t i = 0; i < size; i++)
		data[i] = entries[i];
	for (size_t i = 0; i < size; i++)
		data[i] = data[i] == '\n' ? '\0' : data[i];
	assert_int_equal(pool_spec_parse(data, size, ret), 0);
}

#define LIMITS "max_lifetime=0\nmax_memory=0\nmax_process_time=300\n"
#define WAIT   "queue_length=10\nqueue_wait=500\nuid=2\nwhen_busy=queue\n"
#define COMPLETE(children, idle)                                                                   \
	"busy_status=503\nchildren=" children "\ngid=1\nhandler=php\n" LIMITS                      \
	"pgrp_max_idle=" idle "\n" WAIT

static void effective_read__wait__as_written(void **state)
{
	char data[256];
	const char *what = NULL;
	struct pool_spec spec;
	struct effective e;

	(void)state;
	make(data, COMPLETE("3", "0"), &spec);
	assert_int_equal(effective_read(&spec, &e, &what), 0);
	assert_true(e.wait.is_queue);
	assert_int_equal(e.wait.queue_length, 10);
	assert_int_equal(e.wait.queue_wait_ms, 500);
	assert_int_equal(e.wait.busy_status, 503);
}

/* What Apache's side could write into a specification by itself. */
static void effective_read__wait_out_of_its_bounds__named(void **state)
{
	static const char head[] = "children=3\ngid=1\nhandler=php\n" LIMITS "pgrp_max_idle=0\n";
	static const struct {
		const char *before, *after, *what;
	} rows[] = {
		{ "busy_status=504\n", WAIT, SPEC_BUSY_STATUS },
		{ "", WAIT, SPEC_BUSY_STATUS },
		{ "busy_status=507\n", "queue_length=0\nqueue_wait=500\nuid=2\nwhen_busy=queue\n",
			SPEC_QUEUE_LENGTH },
		{ "busy_status=507\n",
			"queue_length=1025\nqueue_wait=500\nuid=2\nwhen_busy=queue\n",
			SPEC_QUEUE_LENGTH },
		{ "busy_status=507\n", "queue_length=1\nqueue_wait=0\nuid=2\nwhen_busy=queue\n",
			SPEC_QUEUE_WAIT },
		{ "busy_status=507\n", "queue_length=1\nqueue_wait=1\nuid=2\nwhen_busy=1\n",
			SPEC_WHEN_BUSY },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char text[256], data[256];
		const char *what = "";
		struct pool_spec spec;
		struct effective e;

		(void)snprintf(text, sizeof(text), "%s%s%s", rows[i].before, head, rows[i].after);
		make(data, text, &spec);
		T_ASSERT_ROW(rows[i].what, effective_read(&spec, &e, &what) == 1);
		T_ASSERT_ROW(rows[i].what, strcmp(what, rows[i].what) == 0);
	}
}

static void effective_is_own__keys__those_of_the_manager(void **state)
{
	(void)state;
	assert_true(effective_is_own("when_busy=queue"));
	assert_true(effective_is_own("queue_wait=1"));
	assert_true(effective_is_own("max_memory=1"));
	assert_true(effective_is_own("pgrp_max_reqs=1"));
	assert_true(effective_is_own("max_connections=1"));
	assert_true(effective_is_own("criu=on"));
	assert_true(effective_is_own("initial_start=1"));
	assert_true(effective_is_own("criu_images_dir=/x"));
	assert_true(effective_is_own("criu_reset_on_restart=1"));
	assert_true(effective_is_own("criu_debug=1"));
	assert_false(effective_is_own("max_process_time=1")); /* lsphp has it, too */
	assert_false(effective_is_own("when_busy2=queue"));
	assert_false(effective_is_own("children=3"));
}

static void effective_read__criu__as_written_or_off(void **state)
{
	static const char head[] = "busy_status=507\nchildren=3\n", tail[] = "gid=1\nhandler=php\n";
	static const char rest[] = LIMITS "pgrp_max_idle=0\n" WAIT;
	static const struct {
		const char *criu, *start;
		const char *what; /* NULL: usable */
		enum freeze_mode mode;
		uint32_t initial_start;
		bool has_reset;
	} rows[] = {
		{ "", "", NULL, FREEZE_MODE_OFF, 0, false },
		{ "criu=auto\n", "initial_start=15\n", NULL, FREEZE_MODE_AUTO, 15, false },
		{ "criu=on\ncriu_reset_on_restart=1\n", "", NULL, FREEZE_MODE_ON, 0, true },
		{ "criu=off\n", "initial_start=1\n", NULL, FREEZE_MODE_OFF, 1, false },
		{ "criu=On\n", "", SPEC_CRIU, FREEZE_MODE_OFF, 0, false },
		{ "criu=on\n", "initial_start=x\n", SPEC_INITIAL_START, FREEZE_MODE_OFF, 0, false },
		{ "criu_reset_on_restart=2\n", "", SPEC_CRIU_RESET, FREEZE_MODE_OFF, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char text[512], data[512];
		const char *what = NULL;
		struct pool_spec spec;
		struct effective e;

		(void)snprintf(text, sizeof(text), "%s%s%s%s%s", head, rows[i].criu, tail,
			rows[i].start, rest);
		make(data, text, &spec);
		T_ASSERT_ROW(text, effective_read(&spec, &e, &what) == (rows[i].what != NULL));
		if (rows[i].what) {
			assert_string_equal(what, rows[i].what);
			continue;
		}
		T_ASSERT_ROW(text, e.criu == rows[i].mode);
		T_ASSERT_ROW(text, e.initial_start == rows[i].initial_start);
		T_ASSERT_ROW(text, e.has_criu_reset == rows[i].has_reset);
	}
}

static void effective_read__rows__expected(void **state)
{
	static const struct {
		const char *entries;
		const char *what; /* NULL: usable */
		uint32_t children, idle_s;
	} rows[] = {
		{ COMPLETE("20", "30"), NULL, 20, 30 },
		{ COMPLETE("3", "0"), NULL, 3, 0 },
		{ "gid=1\nhandler=php\nuid=2\n", SPEC_CHILDREN, 0, 0 },
		{ "children=3\ngid=1\nhandler=php\nuid=2\n", SPEC_PGRP_MAX_IDLE, 0, 0 },
		{ "gid=1\nuid=2\n", SPEC_HANDLER, 0, 0 },
		{ "gid=1\nhandler=php\n", SPEC_UID, 0, 0 },
		{ "handler=php\nuid=2\n", SPEC_GID, 0, 0 },
		{ "gid=1\nhandler=php\nuid=-1\n", SPEC_UID, 0, 0 },
		{ "gid=1\nhandler=php\nuid=4294967295\n", SPEC_UID, 0, 0 },
		{ "children=1\ngid=1\nhandler=php\nuid=2\n", SPEC_CHILDREN, 0, 0 },
		{ "children=10001\ngid=1\nhandler=php\nuid=2\n", SPEC_CHILDREN, 0, 0 },
		{ "children=3\ngid=1\nhandler=php\npgrp_max_idle=x\nuid=2\n", SPEC_PGRP_MAX_IDLE, 0,
			0 },
		{ "children=3\ngid=1\nhandler=php\nmax_process_time=0\npgrp_max_idle=1\nuid=2\n",
			SPEC_MAX_PROCESS_TIME, 0, 0 },
		{ "children=3\ngid=1\nhandler=php\nmax_lifetime=x\nmax_process_time=1\n"
		  "pgrp_max_idle=1\nuid=2\n",
			SPEC_MAX_LIFETIME, 0, 0 },
		{ "children=3\ngid=1\nhandler=php\nmax_lifetime=0\nmax_memory=-1\n"
		  "max_process_time=1\npgrp_max_idle=1\nuid=2\n",
			SPEC_MAX_MEMORY, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char data[256];
		const char *what = NULL;
		struct pool_spec spec;
		struct effective e = { .children = 0 };
		int r;

		make(data, rows[i].entries, &spec);
		r = effective_read(&spec, &e, &what);
		T_ASSERT_ROW(rows[i].entries, r == (rows[i].what != NULL));
		if (r) {
			T_ASSERT_ROW(rows[i].entries, strcmp(what, rows[i].what) == 0);
			continue;
		}
		T_ASSERT_ROW(rows[i].entries, e.uid == 2 && e.gid == 1);
		T_ASSERT_ROW(rows[i].entries, e.children == rows[i].children);
		T_ASSERT_ROW(rows[i].entries, e.pgrp_max_idle_s == rows[i].idle_s);
	}
}

static void effective_read__limits__as_they_are_written(void **state)
{
	static const char entries[] = "busy_status=503\nchildren=3\ngid=1\nhandler=php\n"
				      "max_lifetime=86400\nmax_memory=137438953472\n"
				      "max_process_time=60\npgrp_max_idle=1\n" WAIT;
	const char *what = NULL;
	struct pool_spec spec;
	struct effective e;
	char data[256];

	(void)state;
	make(data, entries, &spec);
	assert_int_equal(effective_read(&spec, &e, &what), 0);
	assert_int_equal(e.max_process_time_s, 60);
	assert_int_equal(e.max_lifetime_s, 86400);
	assert_true(e.max_memory == 128ULL << 30);
}

/* What nobody need say: as documented when it is missing, named when it is none. */
static void effective_read__optional__default_or_named(void **state)
{
	static const char head[] = "busy_status=503\nchildren=3\n";
	static const struct {
		const char *children_to_gid, *limits_to_process_time, *end, *what;
	} rows[] = {
		{ "", "", "", NULL },
		{ "dump_debug_info=1\n", "max_connections=7\n", "pgrp_max_crashes=2\n", NULL },
		{ "dump_debug_info=2\n", "", "", SPEC_DUMP_DEBUG_INFO },
		{ "connection_pool=on\n", "", "", SPEC_CONNECTION_POOL },
		{ "", "max_connections=0\n", "", SPEC_MAX_CONNECTIONS },
		{ "", "max_connections=10001\n", "", SPEC_MAX_CONNECTIONS },
		{ "", "", "pgrp_max_crashes=-1\n", SPEC_PGRP_MAX_CRASHES },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		bool is_set = rows[i].end[0] != '\0';
		char text[512], data[512];
		const char *what = "";
		struct pool_spec spec;
		struct effective e;
		int r;

		(void)snprintf(text, sizeof(text),
			"%s%sgid=1\nhandler=php\n%smax_lifetime=0\nmax_memory=0\n"
			"max_process_time=300\n%spgrp_max_idle=1\n" WAIT,
			head, rows[i].children_to_gid, rows[i].limits_to_process_time, rows[i].end);
		make(data, text, &spec);
		r = effective_read(&spec, &e, &what);
		T_ASSERT_ROW(text, r == (rows[i].what != NULL));
		if (r) {
			T_ASSERT_ROW(text, strcmp(what, rows[i].what) == 0);
			continue;
		}
		T_ASSERT_ROW(text, e.has_connection_pool && e.pgrp_max_reqs == 0);
		T_ASSERT_ROW(text, e.has_dump_debug_info == is_set);
		T_ASSERT_ROW(text, e.max_connections == (is_set ? 7U : 10000U));
		T_ASSERT_ROW(text, e.pgrp_max_crashes == (is_set ? 2U : 0U));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effective_read__rows__expected),
		cmocka_unit_test(effective_read__limits__as_they_are_written),
		cmocka_unit_test(effective_read__optional__default_or_named),
		cmocka_unit_test(effective_read__wait__as_written),
		cmocka_unit_test(effective_read__wait_out_of_its_bounds__named),
		cmocka_unit_test(effective_is_own__keys__those_of_the_manager),
		cmocka_unit_test(effective_read__criu__as_written_or_off),
	};

	return cmocka_run_group_tests_name("effective", tests, NULL, NULL);
}
