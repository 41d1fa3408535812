/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_page.h"

#include "shim/shim_status_asset.h"
#include "shim/shim_status_figure.h"
#include "shim/shim_status_pools.h"
#include "shim/shim_status_refusals.h"
#include "shim/shim_status_section.h"

static const unsigned rates[] = { 0, 2, 5, 10, 30, 60, 300 };

static void put_head(const struct shim_out *out, const struct shim_status_query *q,
	const struct shim_status_frame *frame)
{
	shim_out_put(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n"
		"<link rel=\"icon\" href=\"data:,\">\n");
	if (q->refresh_s) {
		shim_out_put(out, "<noscript><meta http-equiv=\"refresh\" content=\"");
		shim_out_number(out, q->refresh_s);
		shim_out_put(out, "\"></noscript>\n");
	}
	shim_out_put(out, "<title>lsapid: ");
	shim_out_text(out, frame->host);
	shim_out_put(out, "</title>\n<style>");
	shim_out_put(out, shim_status_css);
	shim_out_put(out, "</style></head>\n<body>\n");
}

static void put_option(
	const struct shim_out *out, uint64_t value, bool is_chosen, const char *before)
{
	shim_out_put(out, "<option value=\"");
	shim_out_number(out, value);
	shim_out_put(out, is_chosen ? "\" selected>" : "\">");
	shim_out_put(out, value ? before : "no refresh");
	if (value)
		shim_status_put_age(out, (double)value);
	shim_out_put(out, "</option>");
}

static void put_rates(const struct shim_out *out, unsigned refresh_s)
{
	bool is_listed = false;

	shim_out_put(out, "<label>Refresh <select name=\"refresh\">");
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		put_option(out, rates[i], rates[i] == refresh_s, "every ");
		is_listed |= rates[i] == refresh_s;
	}
	if (!is_listed)
		put_option(out, refresh_s, true, "every ");
	shim_out_put(out, "</select></label>\n");
}

static void put_form(const struct shim_out *out, const struct shim_status_query *q)
{
	shim_out_put(out, "<form id=\"ask\" role=\"search\">\n"
			  "<label>Find <input type=\"search\" name=\"q\" placeholder=\"pool, user, "
			  "handler, state\" autocomplete=\"off\" value=\"");
	shim_out_text(out, q->word);
	shim_out_put(out,
		"\"></label>\n<label>Pools <select name=\"pools\"><option value=\"running\">"
		"not cold</option><option value=\"all\"");
	shim_out_put(out, q->has_all ? " selected" : "");
	shim_out_put(out, ">all</option></select></label>\n");
	put_rates(out, q->refresh_s);
	shim_out_put(out, "<input type=\"hidden\" name=\"sort\" value=\"");
	shim_out_put(out, *q->sort && q->is_descending ? "-" : "");
	shim_out_text(out, q->sort);
	shim_out_put(out, "\">\n<button>Show</button></form>\n");
}

/** What the top of the page says of lsapid as a whole. */
struct verdict {
	const char *class;
	const char *text;
};

static struct verdict verdict_of(const struct shim_status_view *v)
{
	if (json_is_true(shim_status_find(v->rest, "daemon.is_stopping")))
		return (struct verdict){ "bad", "stopping" };
	if (json_array_size(shim_status_find(v->rest, "config.problems")) || v->troubles)
		return (struct verdict){ "warn", "needs attention" };
	return (struct verdict){ "good", "works" };
}

/* data-live: what the script replaces by that of the next answer. */
static void put_header(const struct shim_out *out, const struct shim_status_frame *frame,
	const char *version, struct verdict verdict)
{
	shim_out_put(out, "<header id=\"head\" data-live><h1>lsapid <small>");
	shim_out_text(out, version);
	shim_out_put(out, "</small></h1>\n<span class=\"verdict\" data-verdict=\"");
	shim_out_put(out, verdict.class);
	shim_out_put(out, "\">");
	shim_out_put(out, verdict.text);
	shim_out_put(out, "</span>\n<p>");
	shim_out_text(out, frame->host);
	shim_out_put(out, ", <time>");
	shim_out_text(out, frame->time);
	shim_out_put(out, "</time></p></header>\n");
}

static void put_foot(const struct shim_out *out)
{
	shim_out_put(out, "<footer><a href=\"?auto\">as lines</a> <a href=\"?json\">as JSON</a>"
			  " <span id=\"news\" role=\"status\"></span></footer>\n<script>");
	shim_out_put(out, shim_status_js);
	shim_out_put(out, "</script>\n</body></html>\n");
}

void shim_status_put_page(const struct shim_out *out, const struct shim_status_view *v,
	const struct shim_status_frame *frame)
{
	put_head(out, v->query, frame);
	put_header(out, frame, shim_status_text(v->rest, "daemon.version"), verdict_of(v));
	put_form(out, v->query);
	shim_out_put(out, "<main id=\"live\" data-live>\n");
	shim_status_put_figures(out, v);
	shim_status_put_troubles(out, v);
	shim_status_put_refusals(out, v);
	shim_status_put_requests(out, v);
	shim_status_put_pools(out, v);
	shim_status_put_processes(out, v->rest);
	shim_status_put_counters(out, v->rest);
	shim_out_put(out, "</main>\n");
	put_foot(out);
}

void shim_status_put_failure(const struct shim_out *out, const struct shim_status_query *query,
	const struct shim_status_frame *frame, const struct shim_status_failure *failure)
{
	put_head(out, query, frame);
	put_header(out, frame, "", (struct verdict){ "bad", "no answer" });
	put_form(out, query);
	shim_out_put(out, "<main id=\"live\" data-live>\n<section><ul class=\"troubles\"><li><p>");
	shim_out_text(out, failure->what);
	shim_out_put(out, "</p><p class=\"remedy\">");
	shim_out_text(out, failure->remedy);
	shim_out_put(out, "</p></li></ul></section>\n</main>\n");
	put_foot(out);
}
