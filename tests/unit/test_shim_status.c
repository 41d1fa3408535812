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
	"{\"daemon\": {\"version\": \"1<2\", \"is_log_level_set\":true, \"log_level\":\"de<bug\", \"uptime_s\": 3.5, \"max_pools\": 10},"
	" \"config\":{\"problems\":[{\"file\":\"/etc/x\",\"line\":7,\"what\":\"bad <b>\","
	"\"remedy\":\"mend it\",\"is_kept\":true}]},"
	"\"pools\":[{\"name\":\"cold.test\",\"uid\":1,\"state\":\"cold\"} ,\n"
	"{\"name\":\"b.test\",\"uid\":2,\"state\":\"ready\",\"pid\":70,\"is_stopped\":true,\"busy\":1,\"requests\":20,\"backends\":"
	"[{\"state\":\"busy\",\"pid\":77,\"state_s\":9.0,\"request\":{\"vhost\":\"b.test\","
	"\"method\":\"GET\",\"uri\":\"/?<script>\",\"script\":\"/b.php\"}},{\"state\":\"idle\"}]},"
	"{\"name\":\"a.test\",\"uid\":3,\"state\":\"ready\",\"requests\":5},"
	"{\"name\":\"x.test\",\"uid\":4,\"state\":\"failed\",\"failure\":{\"text\":\"no PHP\","
	"\"detail\":\"ENOENT\",\"remedy\":\"install it\"},\"refusals\":{\"busy\":1200,\"backoff\":3},"
	"\"last_refusal\":{\"time_ms\":1000000000000,\"reason\":\"busy\",\"text\":\"<i>20 of 20\"}}],"
	"\"stopped\":[{\"uid\":2,\"user\":\"bo<b\",\"name\":\"b.test\"},"
	"{\"uid\":9,\"user\":\"\",\"name\":null}],"
	"\"refused_without_pool\":[{\"time_ms\":1,\"reason\":\"handler\",\"name\":\"lonely.test\","
	"\"uid\":5,\"text\":\"no such\"}],"
	"\"totals\":{\"connections\":2,\"rejects\":{\"busy\":3}},\"sessions\":[]}";

/* Of the pool b.test: its parent, the child with a request, and one that nobody is connected to. */
static struct proc processes[] = {
	{ .pid = 70,
		.figures = { .parent = 1,
			.cpu_ticks = 10,
			.children_ticks = 40,
			.rss_pages = 1000 } },
	{ .pid = 77, .figures = { .parent = 70, .cpu_ticks = 150, .rss_pages = 500 } },
	{ .pid = 78, .figures = { .parent = 70, .rss_pages = 250 } },
};
static struct procs host = { .item = processes, .count = 3, .ticks_per_s = 100, .page_kib = 4 };
static const struct procs hidden;

static int sort_host(void **state)
{
	(void)state;
	return procs_sort(&host);
}

static int free_host(void **state)
{
	(void)state;
	free(host.by_parent);
	return 0;
}

static void view_of(const char *text, const char *query, struct shim_status_query *q,
	struct shim_status_view *ret_view)
{
	shim_status_query_parse(query, q);
	assert_true(shim_status_view_init(ret_view, text, strlen(text), q, &host));
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
	check_pools("sort=-memory", "b.test a.test x.test ");
	check_pools("sort=cpu", "a.test x.test b.test ");
	check_pools("q=COLD", "cold.test ");
	check_pools("q=nobody", "");
	check_pools("sort=nonsense&page=9", "x.test b.test a.test ");
}

static void page__document__shows_all_of_it(void **state)
{
	(void)state;
	static const char *const shown[] = { "<small>1&lt;2</small>", "/etc/x:7", "bad &lt;b&gt;",
		"mend it", "install it", "/?&lt;script&gt;", ">77</td>", "needs attention",
		"Refused: ", "aria-sort=\"descending\"", "b.test", "content=\"5\"",
		/* stopped, level */
		", stopped", "b.test of bo&lt;b, all of 9", "Log level de&lt;bug",
		/* the pool: 7000 KiB in all, 0.5 s of the parent and 1.5 s of its child */
		"data-of=\"Memory\">7.2&#8239;MB<", "data-of=\"CPU\">2&#8239;s<",
		/* the request */
		"data-of=\"Memory\">2.0&#8239;MB<", "data-of=\"CPU\">1.5&#8239;s<",
		"7.2&#8239;MB <small>3 processes, CPU 2&#8239;s",
		/* refusals */
		"busy 1&#8239;200, backoff 3", "&lt;i&gt;20 of 20", "lonely.test" };
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
	assert_non_null(
		strstr(p.text, "LsapiProcesses: 3\nLsapiMemoryKiB: 7000\nLsapiCpuSeconds: 2\n"));
	assert_non_null(strstr(p.text, "LsapiConfigProblems: 1\nLsapiPoolsTroubled: 1\n"));
	free(p.text);
	shim_status_view_deinit(&v);
}

static void usage__hidden_by_proc__is_no_number(void **state)
{
	(void)state;
	struct shim_status_query q;
	struct shim_status_view v;
	struct paper p;
	const struct shim_status_frame frame = { .host = "host", .time = "now" };

	shim_status_query_parse("pools=all", &q);
	assert_true(shim_status_view_init(&v, document_text, strlen(document_text), &q, &hidden));
	paper_begin(&p);
	shim_status_put_lines(&p.out, &v);
	shim_status_put_page(&p.out, &v, &frame);
	assert_int_equal(fclose(p.file), 0);
	assert_non_null(
		strstr(p.text, "LsapiProcesses: -\nLsapiMemoryKiB: -\nLsapiCpuSeconds: -\n"));
	assert_non_null(strstr(p.text, "data-of=\"Memory\">\xe2\x80\x93<"));
	assert_null(strstr(p.text, "data-of=\"Memory\">0"));
	free(p.text);
	shim_status_view_deinit(&v);
}

static json_t *json_with_usage(const struct procs *procs)
{
	struct paper p;
	json_t *document;

	paper_begin(&p);
	shim_status_usage_put(&p.out, document_text, strlen(document_text), procs);
	assert_int_equal(fclose(p.file), 0);
	document = shim_document_parse(p.text, p.size);
	assert_non_null(document);
	free(p.text);
	return document;
}

static void json__document__has_figures_of_each_pool(void **state)
{
	(void)state;
	json_t *document = json_with_usage(&host);
	json_t *pools = json_object_get(document, "pools"), *pool = json_array_get(pools, 1);
	json_t *processes_of_it = json_object_get(pool, "processes");

	assert_int_equal(json_array_size(pools), 4);
	assert_int_equal(shim_status_count(pool, "rss_kib"), 7000);
	assert_true(shim_status_number(pool, "cpu_s") > 1.99);
	assert_int_equal(shim_status_count(pool, "requests"), 20);
	assert_int_equal(json_array_size(processes_of_it), 3);
	assert_int_equal(shim_status_count(json_array_get(processes_of_it, 1), "pid"), 77);
	assert_int_equal(shim_status_count(json_array_get(processes_of_it, 1), "rss_kib"), 2000);
	assert_true(json_is_null(json_object_get(json_array_get(pools, 0), "rss_kib")));
	json_decref(document);
	document = json_with_usage(&hidden);
	pool = json_array_get(json_object_get(document, "pools"), 1);
	assert_true(json_is_null(json_object_get(pool, "cpu_s")));
	json_decref(document);
}

static void json__no_document__comes_out_as_it_is(void **state)
{
	(void)state;
	static const char text[] = "{\"pools\":[{},{\"a\":1},7";
	struct paper p;

	paper_begin(&p);
	shim_status_usage_put(&p.out, text, strlen(text), &hidden);
	paper_check(
		&p, "{\"pools\":[{},{\"cpu_s\":null,\"rss_kib\":null,\"processes\":[],\"a\":1},7");
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
		if (shim_status_view_init(&v, texts[i], strlen(texts[i]), &q, &host))
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
		cmocka_unit_test(usage__hidden_by_proc__is_no_number),
		cmocka_unit_test(json__document__has_figures_of_each_pool),
		cmocka_unit_test(json__no_document__comes_out_as_it_is),
		cmocka_unit_test(view__what_is_no_document__is_refused),
	};

	return cmocka_run_group_tests(tests, sort_host, free_host);
}
