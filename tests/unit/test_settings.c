/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lsphp/settings.h"
#include "tests/support/t.h"

/** Environment as pairs, and what comes of it. */
struct children_row {
	const char *name;
	const char *set[4][2];
	uint32_t children, extra, max_idle, keep_listen;
};

static const struct children_row children_rows[] = {
	{ "nothing", { { NULL } }, 0, 0, 1, 1 },
	{ "third", { { "LSAPI_CHILDREN", "9" } }, 9, 3, 3, 1 },
	{ "small", { { "LSAPI_CHILDREN", "2" } }, 2, 0, 1, 1 },
	{ "php wins", { { "LSAPI_CHILDREN", "9" }, { "PHP_LSAPI_CHILDREN", "6" } }, 6, 2, 2, 1 },
	{ "ceiling", { { "LSAPI_CHILDREN", "99999999999" } }, 10000, 3333, 3333, 1 },
	{ "negative", { { "LSAPI_CHILDREN", "-5" } }, 0, 0, 1, 1 },
	{ "no number", { { "LSAPI_CHILDREN", "many" } }, 0, 0, 1, 1 },
	{ "hard", { { "LSAPI_CHILDREN", "9" }, { "LSAPI_EXTRA_CHILDREN", "0" } }, 9, 0, 3, 1 },
	{ "extra negative", { { "LSAPI_CHILDREN", "9" }, { "LSAPI_EXTRA_CHILDREN", "-1" } }, 9, 3,
		3, 1 },
	{ "idle", { { "LSAPI_CHILDREN", "9" }, { "LSAPI_MAX_IDLE_CHILDREN", "9" } }, 9, 3, 9, 1 },
	{ "idle zero", { { "LSAPI_CHILDREN", "9" }, { "LSAPI_MAX_IDLE_CHILDREN", "0" } }, 9, 3, 3,
		1 },
	{ "keep off", { { "LSAPI_CHILDREN", "3" }, { "LSAPI_KEEP_LISTEN", "0" } }, 3, 1, 1, 0 },
	{ "avoid", { { "LSAPI_CHILDREN", "9" }, { "LSAPI_AVOID_FORK", "200M" } }, 9, 0, 10, 2 },
	{ "avoid off", { { "LSAPI_CHILDREN", "9" }, { "LSAPI_AVOID_FORK", "0" } }, 9, 3, 3, 1 },
};

static int clean(void **state)
{
	(void)state;
	return clearenv();
}

static void settings_read__children__as_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(children_rows); i++) {
		const struct children_row *row = &children_rows[i];
		(void)clearenv();
		for (size_t n = 0; n < T_COUNT(row->set) && row->set[n][0]; n++)
			(void)setenv(row->set[n][0], row->set[n][1], 1);
		struct settings s;
		settings_read(&s);
		T_ASSERT_ROW(row->name, s.children == row->children);
		T_ASSERT_ROW(row->name, s.extra_children == row->extra);
		T_ASSERT_ROW(row->name, s.max_idle_children == row->max_idle);
		T_ASSERT_ROW(row->name, s.keep_listen == row->keep_listen);
	}
}

static void settings_read__nothing_set__defaults(void **state)
{
	(void)state;
	struct settings s;
	settings_read(&s);
	assert_int_equal(s.max_requests, 0);
	assert_int_equal(s.max_idle_s, 300);
	assert_int_equal(s.pgrp_max_idle_s, 0);
	assert_int_equal(s.max_process_time_s, 3600);
	assert_false(s.is_accept_notified || s.is_core_dump_allowed || s.is_parent_ignored);
	assert_false(s.is_root_allowed || s.has_user_ini || s.is_log_on_stderr);
	assert_null(s.stderr_log);
	assert_null(s.ini_path);
	assert_null(s.user_ini_home);
}

static void settings_read__all_set__all_taken(void **state)
{
	(void)state;
	static const char *const set[][2] = { { "LSAPI_MAX_REQS", "7" }, { "LSAPI_MAX_IDLE", "-1" },
		{ "LSAPI_PGRP_MAX_IDLE", "30" }, { "LSAPI_MAX_PROCESS_TIME", "5" },
		{ "LSAPI_SLOW_REQ_MSECS", "100" }, { "LSAPI_ACCEPT_NOTIFY", "1" },
		{ "LSAPI_ALLOW_CORE_DUMP", "" }, { "LSAPI_PPID_NO_CHECK", "" },
		{ "LSAPI_ALLOW_ROOT", "1" }, { "LSPHP_ENABLE_USER_INI", "On" },
		{ "LSAPI_STDERR_LOG", "/x" }, { "LSPHRC", "/no" }, { "LSPHPRC", "/y" },
		{ "LSAPI_USER_INI_HOME", "/home/a" }, { "LSAPI_LOG_STDERR", "1" } };
	for (size_t i = 0; i < T_COUNT(set); i++)
		(void)setenv(set[i][0], set[i][1], 1);
	struct settings s;
	settings_read(&s);
	assert_int_equal(s.max_requests, 7);
	assert_int_equal(s.max_idle_s, 0); /* for ever */
	assert_int_equal(s.pgrp_max_idle_s, 30);
	assert_int_equal(s.max_process_time_s, 5);
	assert_int_equal(s.slow_request_ms, 100);
	assert_true(s.is_accept_notified && s.is_core_dump_allowed && s.is_parent_ignored);
	assert_true(s.is_root_allowed && s.has_user_ini && s.is_log_on_stderr);
	assert_string_equal(s.stderr_log, "/x");
	assert_string_equal(s.ini_path, "/y");
	assert_string_equal(s.user_ini_home, "/home/a");
	free(s.user_ini_home);
	free(s.stderr_log);
	free(s.ini_path);
}

static void settings_clean_environ__ours_and_others__only_others_stay(void **state)
{
	(void)state;
	static const char *const set[] = { "LSAPI_CHILDREN", "PHP_LSAPI_X", "HTTP_PROXY",
		"LSPHP_ENABLE_USER_INI", "PATH", "HTTP_PROXY_X", "XLSAPI_A", "LSPHPRC" };
	for (size_t i = 0; i < T_COUNT(set); i++)
		(void)setenv(set[i], "v", 1);
	assert_int_equal(settings_clean_environ(), 0);
	for (size_t i = 0; i < 4; i++)
		assert_null(getenv(set[i]));
	for (size_t i = 4; i < T_COUNT(set); i++)
		assert_string_equal(getenv(set[i]), "v");
	for (size_t i = 0; environ[i]; i++)
		free(environ[i]);
	free(environ);
	environ = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(settings_read__children__as_documented, clean),
		cmocka_unit_test_setup(settings_read__nothing_set__defaults, clean),
		cmocka_unit_test_setup(settings_read__all_set__all_taken, clean),
		cmocka_unit_test_setup(
			settings_clean_environ__ours_and_others__only_others_stay, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
