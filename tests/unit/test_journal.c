/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

#define HEADER "lsapid-setup 1\n"

static const struct journal_state none = { .kind = JOURNAL_NONE };
static const struct journal_state file = {
	.kind = JOURNAL_FILE, .mode = 0640, .uid = 0, .gid = 12
};

static void encode__each_kind__what_decode_reads(void **state)
{
	static const char *const argv[] = { "/bin/x", "--name", "a b", NULL };
	char target[] = "../with blank%";
	const struct journal_state link = { .kind = JOURNAL_LINK, .target = target };
	const struct journal_state directory = { .kind = JOURNAL_DIRECTORY, .mode = 0755 };
	struct journal j = { .count = 0 }, again = { .count = 0 };
	char *text, *same;

	(void)state;
	assert_int_equal(journal_add_path(&j, "setup", "/etc/a\nb", &none, &file), 1);
	assert_int_equal(journal_add_path(&j, "global", "/etc/c", &file, &link), 2);
	assert_int_equal(journal_add_path(&j, "domain x.y/", "/d", &directory, &none), 3);
	assert_int_equal(journal_add_run(&j, "setup", argv), 4);
	text = journal_encode(&j);
	assert_string_equal(text,
		HEADER "path 1 setup none file 640 0 12 /etc/a%0ab\n"
		       "path 2 global file 640 0 12 link ../with%20blank%25 /etc/c\n"
		       "path 3 domain%20x.y/ directory 755 0 0 none /d\n"
		       "run 4 setup /bin/x --name a%20b\n");
	assert_int_equal(journal_decode(&again, text, strlen(text)), 0);
	assert_int_equal(again.count, 4);
	assert_int_equal(again.last_number, 4);
	assert_string_equal(again.entry[1].after.target, target);
	assert_string_equal(again.entry[3].argv[2], "a b");
	same = journal_encode(&again);
	assert_string_equal(same, text);
	free(same);
	free(text);
	journal_deinit(&again);
	journal_deinit(&j);
}

static void remove__one__the_others_stay(void **state)
{
	struct journal j = { .count = 0 };

	(void)state;
	for (int i = 1; i <= 3; i++)
		assert_int_equal(journal_add_path(&j, "setup", "/a", &none, &file), i);
	journal_remove(&j, 1);
	assert_int_equal(j.count, 2);
	assert_int_equal(j.entry[1].number, 3);
	/* no number comes twice: copies are named after them */
	assert_int_equal(journal_add_path(&j, "setup", "/a", &none, &file), 4);
	journal_deinit(&j);
}

static void decode__garbage__nothing_of_it(void **state)
{
	static const char *const texts[] = {
		"",
		"lsapid-setup 2\n",
		HEADER "path 1 setup none none /a", /* no end */
		HEADER "\n",
		HEADER "path\n",
		HEADER "word 1 setup none none /a\n",
		HEADER "path x setup none none /a\n",
		HEADER "path -1 setup none none /a\n",
		HEADER "path 0 setup none none /a\n",
		HEADER "path 99999999999 setup none none /a\n",
		HEADER "path 1 setup none none a\n",    /* not absolute */
		HEADER "path 1 setup none none /a b\n", /* too many words */
		HEADER "path 1 setup  none none /a\n",
		HEADER "path 1 setup thing none /a\n",
		HEADER "path 1 setup file 888 0 0 none /a\n",
		HEADER "path 1 setup file 10000 0 0 none /a\n",
		HEADER "path 1 setup file 644 0 4294967296 none /a\n",
		HEADER "path 1 setup link none /a\n",
		HEADER "path 1 setup none none /a%00b\n",
		HEADER "path 1 setup none none /a%0\n",
		HEADER "path 1 setup none none /a%zz\n",
		HEADER "path 1 setup none none /a\x01\n",
		HEADER "run 1 setup\n",
		HEADER "run 1 setup bin/x\n",
		HEADER
		"run 1 setup /1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25\n",
		HEADER "path 2 setup none none /a\npath 1 setup none none /b\n",
		HEADER "path 2 setup none none /a\npath 2 setup none none /b\n",
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(texts); i++) {
		struct journal j = { .count = 0 };

		T_ASSERT_ROW(texts[i], journal_decode(&j, texts[i], strlen(texts[i])) == -EINVAL);
		T_ASSERT_ROW(texts[i], j.count == 0 && !j.entry);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__each_kind__what_decode_reads),
		cmocka_unit_test(remove__one__the_others_stay),
		cmocka_unit_test(decode__garbage__nothing_of_it),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
