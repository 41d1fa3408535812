/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/matrix.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/host/panel.h"
#include "tests/support/t.h"

/*
 * The table of the reference manual, cell by cell, in its order: no panel, cPanel with EasyApache 3
 * and 4, DirectAdmin, Plesk, InterWorx, ISPManager. p: yes, without what domains use.
 */
static const struct {
	enum matrix_option option;
	const char *name;
	const char *cells;
} expected[] = {
	{ MATRIX_SETUP, "setup", "+++c+++" },
	{ MATRIX_SETUP_LIGHT, "setup-light", "--+----" },
	{ MATRIX_UNINSTALL, "uninstall", "+++c+++" },
	{ MATRIX_ENABLE_DOMAIN, "enable-domain", "-+-----" },
	{ MATRIX_DISABLE_DOMAIN, "disable-domain", "-+-----" },
	{ MATRIX_ENABLE_GLOBAL, "enable-global", "-++c---" },
	{ MATRIX_DISABLE_GLOBAL, "disable-global", "-+-c---" },
	{ MATRIX_BUILD_NATIVE_LSPHP, "build-native-lsphp", "-+-----" },
	{ MATRIX_BUILD_NATIVE_LSPHP_CUST, "build-native-lsphp-cust", "-+-----" },
	{ MATRIX_CHECK_PHP, "check-php", "+++-+++" },
	{ MATRIX_VERBOSE, "verbose", "+++-+++" },
	{ MATRIX_FORCE, "force", "+++-+++" },
	{ MATRIX_STAT, "stat", "pp+++pp" },
};

static void row__each_option__what_the_manual_has(void **state)
{
	static const char cells[] = {
		[MATRIX_NO] = '-',
		[MATRIX_YES] = '+',
		[MATRIX_CUSTOMBUILD] = 'c',
		[MATRIX_NO_DOMAIN_INFO] = 'p',
	};

	(void)state;
	assert_int_equal(T_COUNT(expected), MATRIX_OPTION_COUNT);
	for (size_t i = 0; i < T_COUNT(expected); i++) {
		const struct matrix_row *row = matrix_row(expected[i].option);

		T_ASSERT_ROW(expected[i].name, strcmp(row->name, expected[i].name) == 0);
		for (size_t p = 0; p < PANEL_COUNT; p++)
			T_ASSERT_ROW(expected[i].name, cells[row->cell[p]] == expected[i].cells[p]);
	}
}

static void refuse__each_no__says_what_where_and_what_instead(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < T_COUNT(expected); i++) {
		for (size_t p = 0; p < PANEL_COUNT; p++) {
			bool is_no = expected[i].cells[p] == '-';
			const char *panel = matrix_panel_name((enum panel_id)p);

			T_ASSERT_ROW(expected[i].name,
				matrix_refuse(expected[i].option, (enum panel_id)p, text,
					sizeof(text)) == is_no);
			T_ASSERT_ROW(expected[i].name,
				!is_no || (strstr(text, expected[i].name) && strstr(text, panel) &&
						  strstr(text, "; ")));
		}
	}
}

/* What the table promises, the adapter of the panel has. */
static void panel__each_yes__has_the_function(void **state)
{
	(void)state;
	for (size_t p = 0; p < PANEL_COUNT; p++) {
		const struct panel *panel = panel_get((enum panel_id)p);
		const char *name = matrix_panel_key((enum panel_id)p);
		enum matrix_cell domain = matrix_row(MATRIX_ENABLE_DOMAIN)->cell[p];
		enum matrix_cell global = matrix_row(MATRIX_ENABLE_GLOBAL)->cell[p];

		T_ASSERT_ROW(name, panel->id == p && panel->layout[0]);
		T_ASSERT_ROW(name, (panel->enable_domain != NULL) == (domain != MATRIX_NO));
		T_ASSERT_ROW(name, (panel->enable_global != NULL) == (global != MATRIX_NO));
		T_ASSERT_ROW(name, panel->is_custombuild == (global == MATRIX_CUSTOMBUILD));
		T_ASSERT_ROW(name, !panel->is_custombuild || panel->setup);
		T_ASSERT_ROW(name, (panel->count_domains != NULL) ==
					   (matrix_row(MATRIX_STAT)->cell[p] == MATRIX_YES));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(row__each_option__what_the_manual_has),
		cmocka_unit_test(refuse__each_no__says_what_where_and_what_instead),
		cmocka_unit_test(panel__each_yes__has_the_function),
	};

	return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
