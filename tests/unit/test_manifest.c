/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/criu/digest.h"
#include "daemon/criu/stamp.h"
#include "tests/support/t.h"

static const char facts_data[] = "env.PATH=/bin\0spec.handler=php\0empty=";

static void put_good(struct manifest_builder *b)
{
	static const struct host host = { .kernel = "6.1.0", .cpu = "c0ffee", .criu = "3.17.1" };
	static const struct stamp stamp = { STAMP_FILE, 12, -5, 999999999, 7, UINT64_MAX };
	struct facts facts;

	assert_int_equal(facts_parse(facts_data, sizeof(facts_data), &facts), 0);
	manifest_begin(b);
	manifest_put_host(b, &host);
	manifest_put_facts(b, &facts);
	manifest_put_note(b, "pid", "12");
	manifest_put_note(b, "ini", "run/ini 1=2");
	manifest_put_stamp(b, MANIFEST_MAP, &stamp, "/usr/bin/lsphp");
	manifest_put_stamp(b, MANIFEST_WATCH, &stamp, "/etc/php.ini with spaces");
	manifest_put_stamp(b, MANIFEST_IMAGE, &stamp, "pages-1.img");
	manifest_put_text(b, "pool", "site\none");
	manifest_put_text(b, "handler", "php");
	manifest_put_uint(b, "uid", 4294967295U);
	manifest_put_uint(b, "gid", 1002);
	manifest_put_uint(b, "created_s", 1700000000);
	manifest_put_uint(b, "cold_ms", 906);
	manifest_put_uint(b, "freeze_ms", 0);
	manifest_put_uint(b, "bytes", UINT64_MAX);
}

/* Decodes a copy on the heap, so that a read past its end is seen. */
static int decode(const char *data, size_t size, struct manifest *ret, struct why *why)
{
	char *copy = malloc(size ? size : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, data, size);
	r = manifest_decode(copy, size, ret, why);
	if (r)
		free(copy);
	return r;
}

static void manifest_decode__what_was_put__is_there(void **state)
{
	struct manifest_builder b = { .data = NULL };
	struct manifest m;
	struct why why = { .text = "" };
	struct stamp stamp;
	const char *entry, *path;

	(void)state;
	put_good(&b);
	assert_int_equal(manifest_end(&b), 0);
	assert_int_equal(decode(b.data, b.used, &m, &why), 0);
	assert_string_equal(m.pool, "site\none");
	assert_string_equal(m.handler, "php");
	assert_string_equal(m.kernel, "6.1.0");
	assert_string_equal(m.cpu, "c0ffee");
	assert_string_equal(m.criu, "3.17.1");
	assert_int_equal(m.uid, 4294967295U);
	assert_int_equal(m.gid, 1002);
	assert_int_equal(m.created_s, 1700000000);
	assert_int_equal(m.cold_ms, 906);
	assert_int_equal(m.freeze_ms, 0);
	assert_true(m.bytes == UINT64_MAX);
	entry = manifest_next(&m, MANIFEST_FACT, NULL);
	assert_string_equal(entry, "env.PATH=/bin");
	entry = manifest_next(&m, MANIFEST_FACT, entry);
	assert_string_equal(entry, "spec.handler=php");
	entry = manifest_next(&m, MANIFEST_FACT, entry);
	assert_string_equal(entry, "empty=");
	assert_null(manifest_next(&m, MANIFEST_FACT, entry));
	assert_string_equal(manifest_note(&m, "pid"), "12");
	assert_string_equal(manifest_note(&m, "ini"), "run/ini 1=2");
	assert_null(manifest_note(&m, "in"));
	assert_true(stamp_parse(manifest_next(&m, MANIFEST_WATCH, NULL), &stamp, &path));
	assert_string_equal(path, "/etc/php.ini with spaces");
	assert_int_equal(stamp.mtime_s, -5);
	assert_int_equal(stamp.mtime_ns, 999999999);
	assert_true(stamp.device == UINT64_MAX);
	manifest_deinit(&m);
	manifest_builder_deinit(&b);
}

static void manifest_decode__any_byte_changed_or_cut__refused(void **state)
{
	struct manifest_builder b = { .data = NULL };
	struct manifest m;
	struct why why = { .text = "" };

	(void)state;
	put_good(&b);
	assert_int_equal(manifest_end(&b), 0);
	for (size_t i = 0; i < b.used; i++) {
		b.data[i] ^= 0x20;
		assert_int_equal(decode(b.data, b.used, &m, &why), 1);
		assert_string_not_equal(why.text, "");
		b.data[i] ^= 0x20;
		assert_int_equal(decode(b.data, i, &m, &why), 1);
	}
	manifest_builder_deinit(&b);
}

static void manifest_decode__well_ended_but_wrong__refused_with_a_reason(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		const char *why;
	} cases[] = {
		{ "uid", "7", "manifest: twice: uid=" },
		{ "strange", "1", "manifest: an entry is broken" },
		{ "fact", "novalue", "manifest: an entry is broken" },
		{ "fact", "=nokey", "manifest: an entry is broken" },
		{ "note", "", "manifest: an entry is broken" },
		{ "map", "f 1 2 3 4 5 relative", "manifest: an entry is broken" },
		{ "map", "f 1 2 3 4 5 ", "manifest: an entry is broken" },
		{ "map", "f 1 2 3 4 5", "manifest: an entry is broken" },
		{ "map", "x 1 2 3 4 5 /a", "manifest: an entry is broken" },
		{ "map", "ff 1 2 3 4 5 /a", "manifest: an entry is broken" },
		{ "map", "f  1 2 3 4 5 /a", "manifest: an entry is broken" },
		{ "map", "f 1 2 1000000000 4 5 /a", "manifest: an entry is broken" },
		{ "map", "f 18446744073709551616 2 3 4 5 /a", "manifest: an entry is broken" },
		{ "image", "f 1 2 3 4 5 ../a", "manifest: an entry is broken" },
		{ "image", "f 1 2 3 4 5 ..", "manifest: an entry is broken" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct manifest_builder b = { .data = NULL };
		struct manifest m;
		struct why why = { .text = "" };

		put_good(&b);
		manifest_put_text(&b, cases[i].key, cases[i].value);
		assert_int_equal(manifest_end(&b), 0);
		T_ASSERT_ROW(cases[i].value, decode(b.data, b.used, &m, &why) == 1);
		assert_string_equal(why.text, cases[i].why);
		manifest_builder_deinit(&b);
	}
}

static void manifest_decode__something_missing__refused(void **state)
{
	struct manifest_builder b = { .data = NULL };
	struct manifest m;
	struct why why = { .text = "" };

	(void)state;
	manifest_begin(&b);
	manifest_put_text(&b, "pool", "x");
	assert_int_equal(manifest_end(&b), 0);
	assert_int_equal(decode(b.data, b.used, &m, &why), 1);
	assert_string_equal(why.text, "manifest: missing: handler=");
	manifest_builder_deinit(&b);
	/* another format: first line */
	manifest_put_text(&b, "format", "2");
	put_good(&b);
	assert_int_equal(manifest_end(&b), 0);
	assert_int_equal(decode(b.data, b.used, &m, &why), 1);
	assert_string_equal(why.text, "manifest: of another version of lsapid");
	manifest_builder_deinit(&b);
	assert_int_equal(decode("", 0, &m, &why), 1);
}

static void manifest_put__too_much_or_no_key__error_at_the_end(void **state)
{
	struct manifest_builder b = { .data = NULL };
	char *large = malloc(MANIFEST_MAX_BYTES);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', MANIFEST_MAX_BYTES - 1);
	large[MANIFEST_MAX_BYTES - 1] = '\0';
	manifest_begin(&b);
	manifest_put_text(&b, "pool", large);
	manifest_put_text(&b, "uid", "1");
	assert_int_equal(manifest_end(&b), -EFBIG);
	manifest_builder_deinit(&b);
	free(large);
	manifest_begin(&b);
	manifest_put_note(&b, "", "1");
	assert_int_equal(manifest_end(&b), -EINVAL);
	manifest_builder_deinit(&b);
	manifest_begin(&b);
	manifest_put_note(&b, "a=b", "1");
	assert_int_equal(manifest_end(&b), -EINVAL);
	manifest_builder_deinit(&b);
}

static void facts_parse__forms__only_pairs(void **state)
{
	static const struct {
		const char *name;
		const char *data;
		size_t size;
		int expected;
	} cases[] = {
		{ "none", "", 0, 0 },
		{ "one", "a=b", 4, 0 },
		{ "empty value", "a=", 3, 0 },
		{ "not ended", "a=b", 3, -EINVAL },
		{ "no key", "=b", 3, -EINVAL },
		{ "no value", "ab", 3, -EINVAL },
		{ "empty string", "a=b\0", 5, -EINVAL },
	};
	struct facts f;
	char *large = calloc(1, JOB_FACTS_MAX + 2);

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].name,
			facts_parse(cases[i].data, cases[i].size, &f) == cases[i].expected);
	assert_non_null(large);
	memset(large, 'x', JOB_FACTS_MAX);
	large[1] = '=';
	assert_int_equal(facts_parse(large, JOB_FACTS_MAX + 1, &f), -EINVAL);
	large[JOB_FACTS_MAX - 1] = '\0';
	assert_int_equal(facts_parse(large, JOB_FACTS_MAX, &f), 0);
	free(large);
}

static void facts_get__keys__whole_ones_only(void **state)
{
	struct facts f;

	(void)state;
	assert_int_equal(facts_parse(facts_data, sizeof(facts_data), &f), 0);
	assert_string_equal(facts_get(&f, "spec.handler"), "php");
	assert_string_equal(facts_get(&f, "empty"), "");
	assert_null(facts_get(&f, "spec"));
	assert_null(facts_get(&f, "handler"));
}

static void stamp_difference__each_member__is_named(void **state)
{
	static const struct stamp old = { STAMP_FILE, 1, 2, 3, 4, 5 };
	static const struct {
		struct stamp now;
		const char *expected;
	} cases[] = {
		{ { STAMP_FILE, 9, 2, 3, 4, 5 }, "has another size" },
		{ { STAMP_FILE, 1, 9, 3, 4, 5 }, "was changed" },
		{ { STAMP_FILE, 1, 2, 9, 4, 5 }, "was changed" },
		{ { STAMP_FILE, 1, 2, 3, 9, 5 }, "was replaced" },
		{ { STAMP_FILE, 1, 2, 3, 4, 9 }, "was replaced" },
		{ { STAMP_DIRECTORY, 1, 2, 3, 4, 5 }, "is of another kind" },
		{ { STAMP_ABSENT, 0, 0, 0, 0, 0 }, "is gone" },
	};
	static const struct stamp absent = { .kind = STAMP_ABSENT };

	(void)state;
	assert_null(stamp_difference(&old, &old));
	assert_null(stamp_difference(&absent, &absent));
	for (size_t i = 0; i < T_COUNT(cases); i++)
		assert_string_equal(stamp_difference(&old, &cases[i].now), cases[i].expected);
	assert_string_equal(stamp_difference(&absent, &old), "is there now");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifest_decode__what_was_put__is_there),
		cmocka_unit_test(manifest_decode__any_byte_changed_or_cut__refused),
		cmocka_unit_test(manifest_decode__well_ended_but_wrong__refused_with_a_reason),
		cmocka_unit_test(manifest_decode__something_missing__refused),
		cmocka_unit_test(manifest_put__too_much_or_no_key__error_at_the_end),
		cmocka_unit_test(facts_parse__forms__only_pairs),
		cmocka_unit_test(facts_get__keys__whole_ones_only),
		cmocka_unit_test(stamp_difference__each_member__is_named),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
