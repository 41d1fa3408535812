/* SPDX-License-Identifier: Apache-2.0 */

/* The status page apart from Apache: what is asked, what is shown, and that names stay names. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/shim_status_brief.h"
#include "shim/shim_status_figure.h"
#include "shim/shim_status_page.h"
#include "tests/support/t.h"

/** All that was written. */
struct paper {
	char *text;
	size_t size;
	FILE *file;
	struct shim_out out;
};

static void write_to_paper(void *sink, const char *data, size_t size)
{
	assert_int_equal(fwrite(data, 1, size, sink), size);
}

static void paper_begin(struct paper *p)
{
	p->file = open_memstream(&p->text, &p->size);
	assert_non_null(p->file);
	p->out = (struct shim_out){ .write = write_to_paper, .sink = p->file };
}

static void paper_check(struct paper *p, const char *expected)
{
	assert_int_equal(fclose(p->file), 0);
	assert_string_equal(p->text, expected);
	free(p->text);
}

static void out_text__text_of_strangers__is_text(void **state)
{
	(void)state;
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "", "" },
		{ "a.test", "a.test" },
		{ "<script>alert('1')</script>",
			"&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;" },
		{ "\" onload=\"x&amp;", "&quot; onload=&quot;x&amp;amp;" },
		{ "a\nb\x7f\x1b[2J", "a\\x0ab\\x7f\\x1b[2J" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		/* C1, direction, line separator */
		{ "\xc2\x85\xe2\x80\xae\xe2\x80\xac\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\xa8",
			"\\xc2\\x85\\xe2\\x80\\xae\\xe2\\x80\\xac\\xe2\\x81\\xa6\\xe2\\x81\\xa9\\xe2\\x80\\xa8" },
		/* overlong '<', surrogate, above U+10FFFF, cut short, stray */
		{ "\xc0\xbc", "\\xc0\\xbc" },
		{ "\xe0\x80\xbc", "\\xe0\\x80\\xbc" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xf0\x9f<", "\\xf0\\x9f&lt;" },
		{ "\xff", "\\xff" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct paper p;

		paper_begin(&p);
		shim_out_text(&p.out, cases[i].text);
		paper_check(&p, cases[i].shown);
	}
}

static void out_line__line_feed__stays_in_the_line(void **state)
{
	(void)state;
	struct paper p;

	paper_begin(&p);
	shim_out_line(&p.out, "a<&\r\nLsapiUp: 0");
	paper_check(&p, "a<&\\x0d\\x0aLsapiUp: 0");
}

static void put__figures__are_short(void **state)
{
	(void)state;
	struct paper p;

	paper_begin(&p);
	shim_status_put_count(&p.out, 1002003);
	shim_out_put(&p.out, " ");
	shim_status_put_count(&p.out, 0);
	shim_out_put(&p.out, " ");
	shim_status_put_age(&p.out, 5);
	shim_out_put(&p.out, " ");
	shim_status_put_age(&p.out, 5.25);
	shim_out_put(&p.out, " ");
	shim_status_put_age(&p.out, 86400 * 40.0);
	shim_out_put(&p.out, " ");
	shim_status_put_bytes(&p.out, 812000);
	paper_check(&p, "1&#8239;002&#8239;003 0 5&#8239;s 5.2&#8239;s 40&#8239;d 812&#8239;kB");
}

static void check_query(const char *text, const char *expected)
{
	struct shim_status_query q;
	struct paper p;

	shim_status_query_parse(text, &q);
	paper_begin(&p);
	shim_status_query_put(&p.out, &q);
	paper_check(&p, expected);
}

static void query__any_bytes__make_a_url_that_is_one(void **state)
{
	(void)state;
	char large[500];

	memset(large, 'q', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	large[1] = '=';
	check_query(NULL, "?pools=running");
	check_query("&&=&x&pools=all&page=3", "?pools=all&amp;page=3");
	check_query("refresh=7&sort=-busy", "?pools=running&amp;refresh=7&amp;sort=-busy");
	check_query("refresh=99999999999&page=-1", "?pools=running&amp;refresh=3600");
	check_query("q=%3Cscript%3E%22%00+%zz", "?pools=running&amp;q=%3cscript%3e%22%20%25zz");
	check_query("q=%", "?pools=running&amp;q=%25");
	check_query("sort=nosuchcolumnwithalongname", "?pools=running");
	struct shim_status_query q;

	shim_status_query_parse(large, &q);
	assert_int_equal(strlen(q.word), SHIM_STATUS_WORD - 1);
}

static const char document_text[] =
	"{\"daemon\": {\"version\": \"1<2\", \"uptime_s\": 3.5, \"max_pools\": 10},"
	" \"config\":{\"problems\":[{\"file\":\"/etc/x\",\"line\":7,\"what\":\"bad <b>\","
	"\"remedy\":\"mend it\",\"is_kept\":true}]},"
	"\"pools\":[{\"name\":\"cold.test\",\"uid\":1,\"state\":\"cold\"} ,\n"
	"{\"name\":\"b.test\",\"uid\":2,\"state\":\"ready\",\"busy\":1,\"requests\":20,\"backends\":"
	"[{\"state\":\"busy\",\"pid\":77,\"state_s\":9.0,\"request\":{\"vhost\":\"b.test\","
	"\"method\":\"GET\",\"uri\":\"/?<script>\",\"script\":\"/b.php\"}},{\"state\":\"idle\"}]},"
	"{\"name\":\"a.test\",\"uid\":3,\"state\":\"ready\",\"requests\":5},"
	"{\"name\":\"x.test\",\"uid\":4,\"state\":\"failed\",\"failure\":{\"text\":\"no PHP\","
	"\"detail\":\"ENOENT\",\"remedy\":\"install it\"}}],"
	"\"totals\":{\"connections\":2,\"rejects\":{\"busy\":3}},\"sessions\":[]}";

static void view_of(const char *text, const char *query, struct shim_status_query *q,
	struct shim_status_view *ret_view)
{
	shim_status_query_parse(query, q);
	assert_true(shim_status_view_init(ret_view, text, strlen(text), q));
}

/* Names of the pools that are shown, in order. */
static void check_pools(const char *query, const char *names)
{
	struct shim_status_query q;
	struct shim_status_view v;
	char got[200] = "";

	view_of(document_text, query, &q, &v);
	for (size_t i = 0; i < v.pools; i++) {
		json_t *pool = shim_document_parse(v.pool[i].at, v.pool[i].size);

		(void)strncat(got, shim_status_text(pool, "name"), 20);
		(void)strncat(got, " ", 2);
		json_decref(pool);
	}
	assert_string_equal(got, names);
	shim_status_view_deinit(&v);
}

static void view__pools__are_sorted_and_chosen(void **state)
{
	(void)state;
	check_pools("", "x.test b.test a.test ");
	check_pools("pools=all", "x.test b.test a.test cold.test ");
	check_pools("sort=name", "a.test b.test x.test ");
	check_pools("sort=-name&pools=all", "x.test cold.test b.test a.test ");
	check_pools("sort=-requests", "b.test a.test x.test ");
	check_pools("sort=requests", "x.test a.test b.test ");
	check_pools("q=COLD", "cold.test ");
	check_pools("q=nobody", "");
	check_pools("sort=nonsense&page=9", "x.test b.test a.test ");
}

static void page__document__shows_all_of_it(void **state)
{
	(void)state;
	static const char *const shown[] = { "<small>1&lt;2</small>", "/etc/x:7", "bad &lt;b&gt;",
		"mend it", "install it", "/?&lt;script&gt;", ">77</td>", "needs attention",
		"Refused: ", "aria-sort=\"descending\"", "b.test", "content=\"5\"" };
	const struct shim_status_frame frame = { .host = "h<ost", .time = "now" };
	struct shim_status_query q;
	struct shim_status_view v;
	struct paper p;

	view_of(document_text, "sort=-requests&q=te&q=b.&refresh=5&pools=all", &q, &v);
	paper_begin(&p);
	shim_status_put_page(&p.out, &v, &frame);
	assert_int_equal(fclose(p.file), 0);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!strstr(p.text, shown[i]))
			fail_msg("the page does not show %s", shown[i]);
	assert_non_null(strstr(p.text, "1 of 4"));
	assert_null(strstr(p.text, "<script>/?"));
	assert_null(strstr(p.text, "bad <b>"));
	free(p.text);
	shim_status_view_deinit(&v);
}

static void lines__document__have_its_sums(void **state)
{
	(void)state;
	struct shim_status_query q;
	struct shim_status_view v;
	struct paper p;

	view_of(document_text, "auto", &q, &v);
	assert_int_equal(q.form, SHIM_STATUS_AUTO);
	paper_begin(&p);
	shim_status_put_lines(&p.out, &v);
	assert_int_equal(fclose(p.file), 0);
	assert_non_null(strstr(p.text, "LsapiUp: 1\nLsapiVersion: 1<2\nLsapiUptime: 3\n"));
	assert_non_null(strstr(p.text, "LsapiPools: 4\nLsapiPoolsMax: 10\n"));
	assert_non_null(strstr(p.text, "LsapiBusy: 1\n"));
	assert_non_null(strstr(p.text, "LsapiRequests: 25\n"));
	assert_non_null(strstr(p.text, "LsapiConfigProblems: 1\nLsapiPoolsTroubled: 1\n"));
	free(p.text);
	shim_status_view_deinit(&v);
}

static void view__what_is_no_document__is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "{", "[]", "{}x", "{\"pools\":{}}",
		"{\"pools\":[1]}", "{\"pools\":[{}}", "{\"a\":}", "{\"a\":1 \"b\":2}",
		"{\"pools\":[{},]}", "null" };
	struct shim_status_query q;
	struct shim_status_view v;

	shim_status_query_parse("", &q);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (shim_status_view_init(&v, texts[i], strlen(texts[i]), &q))
			fail_msg("taken: %s", texts[i]);
		shim_status_view_deinit(&v);
	}
	view_of(" { } ", "", &q, &v);
	shim_status_view_deinit(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_text__text_of_strangers__is_text),
		cmocka_unit_test(out_line__line_feed__stays_in_the_line),
		cmocka_unit_test(put__figures__are_short),
		cmocka_unit_test(query__any_bytes__make_a_url_that_is_one),
		cmocka_unit_test(view__pools__are_sorted_and_chosen),
		cmocka_unit_test(page__document__shows_all_of_it),
		cmocka_unit_test(lines__document__have_its_sums),
		cmocka_unit_test(view__what_is_no_document__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
