/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/proc_stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/t.h"

#define FIGURES                                                                                    \
	"S 70 77 77 0 -1 4194560 1 2 3 4 100 20 7 5 20 0 1 0 123456 9000000 2500 18446744073709551615 1"

static void parse__lines__state_and_parent(void **state)
{
	static const struct {
		const char *text;
		char state; /* 0: refused */
		pid_t parent;
	} cases[] = {
		{ "77 (lsphp) S 70 77 77 0", 'S', 70 },
		{ "77 (lsphp) T 0 77", 'T', 0 },
		{ "77 (a) R 1 (b) S 70 77", 'S', 70 },
		{ "77 (a\nb) Z 5 77", 'Z', 5 },
		{ "77 (lsphp) S 70", 0, 0 },
		{ "77 (lsphp) S", 0, 0 },
		{ "77 (lsphp)", 0, 0 },
		{ "77 lsphp S 70 77", 0, 0 },
		{ "77 (lsphp) S x 77", 0, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char found = 0;
		pid_t parent = 0;
		bool is_good = proc_stat_parse(cases[i].text, &found, &parent);

		T_ASSERT_ROW(cases[i].text, is_good == (cases[i].state != 0));
		T_ASSERT_ROW(cases[i].text, found == cases[i].state && parent == cases[i].parent);
	}
}

static void figures__a_line__all_of_them(void **state)
{
	struct proc_figures f;

	(void)state;
	assert_true(proc_stat_figures("77 (php) S) " FIGURES, &f));
	assert_string_equal(f.name, "php) S");
	assert_int_equal(f.parent, 70);
	assert_int_equal(f.state, 'S');
	assert_int_equal(f.cpu_ticks, 120);
	assert_int_equal(f.children_ticks, 12);
	assert_int_equal(f.start_ticks, 123456);
	assert_int_equal(f.rss_pages, 2500);
}

static void figures__cut_off__refused(void **state)
{
	static const char whole[] = "77 (php) " FIGURES;
	char text[sizeof(whole)];
	struct proc_figures f;

	(void)state;
	for (size_t size = 0; size < strlen(whole) - strlen(" 18446744073709551615 1"); size++) {
		memcpy(text, whole, size);
		text[size] = '\0';
		assert_false(proc_stat_figures(text, &f));
	}
	assert_false(proc_stat_figures("77 ) S 1 (", &f));
	assert_false(proc_stat_figures(") S 70 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 (", &f));
}

static void figures__long_name__cut(void **state)
{
	char text[512] = "1 (";
	struct proc_figures f;

	(void)state;
	memset(text + 3, 'x', 200);
	(void)snprintf(text + 203, sizeof(text) - 203, "%s", ") " FIGURES);
	assert_true(proc_stat_figures(text, &f));
	assert_int_equal(strlen(f.name), sizeof(f.name) - 1);
}

static void figures__own__plausible(void **state)
{
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	struct proc_figures f;

	(void)state;
	assert_true(n > 0);
	(void)close(fd);
	text[n] = '\0';
	assert_true(proc_stat_figures(text, &f));
	assert_int_equal(f.parent, getppid());
	assert_true(f.rss_pages > 10 && f.start_ticks > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__lines__state_and_parent),
		cmocka_unit_test(figures__a_line__all_of_them),
		cmocka_unit_test(figures__cut_off__refused),
		cmocka_unit_test(figures__long_name__cut),
		cmocka_unit_test(figures__own__plausible),
	};

	return cmocka_run_group_tests_name("proc_stat", tests, NULL, NULL);
}
