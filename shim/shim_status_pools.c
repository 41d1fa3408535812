/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_pools.h"

#include <string.h>

#include "shim/shim_status_cell.h"

/* What a click on a heading asks for: numbers from the greatest on, and then the other way round.
 */
static struct shim_status_query sorted_by(
	const struct shim_status_view *v, const struct shim_status_column *c)
{
	struct shim_status_query q = *v->query;

	q.is_descending = v->sort == c ? !q.is_descending : c->kind != SHIM_STATUS_TEXT;
	q.page = 0;
	(void)strncpy(q.sort, c->name, sizeof(q.sort) - 1);
	return q;
}

static void put_heading(const struct shim_out *out, const struct shim_status_view *v,
	const struct shim_status_column *c)
{
	const struct shim_status_query q = sorted_by(v, c);

	shim_out_put(out, "<th scope=\"col\"");
	if (c->kind != SHIM_STATUS_TEXT)
		shim_out_put(out, " class=\"n\"");
	if (v->sort == c)
		shim_out_put(out, v->query->is_descending ? " aria-sort=\"descending\""
							  : " aria-sort=\"ascending\"");
	shim_out_put(out, " title=\"");
	shim_out_put(out, c->help);
	shim_out_put(out, "\"><a data-go href=\"");
	shim_status_query_put(out, &q);
	shim_out_put(out, "\">");
	shim_out_put(out, c->title);
	shim_out_put(out, "</a></th>");
}

static void put_state(const struct shim_out *out, const json_t *pool)
{
	const char *state = shim_status_text(pool, "state");

	shim_out_put(out, "<span class=\"state\" data-state=\"");
	shim_out_text(out, state);
	shim_out_put(out, "\">");
	shim_out_text(out, state);
	shim_out_put(out, "</span> <small>");
	shim_status_put_age(out, shim_status_number(pool, "state_s"));
	shim_out_put(out, json_is_true(json_object_get(pool, "is_stopped")) ? ", stopped" : "");
	shim_out_put(out, "</small>");
}

static void put_cell(
	const struct shim_out *out, const json_t *pool, const struct shim_status_column *c)
{
	const json_t *value = shim_status_find(pool, c->path);
	bool is_zero = c->kind != SHIM_STATUS_TEXT && !(json_number_value(value) > 0);

	if (c == shim_status_columns)
		shim_out_put(out, "<th scope=\"row\"");
	else
		shim_out_put(out, "<td");
	if (c->kind != SHIM_STATUS_TEXT)
		shim_out_put(out, is_zero ? " class=\"n zero\"" : " class=\"n\"");
	shim_out_put(out, " data-of=\"");
	shim_out_put(out, c->title);
	shim_out_put(out, "\">");
	if (strcmp(c->name, "state") == 0)
		put_state(out, pool);
	else if (strcmp(c->name, "user") == 0)
		shim_status_put_user(out, pool);
	else
		shim_status_put_value(out, value, c->kind);
	shim_out_put(out, c == shim_status_columns ? "</th>" : "</td>");
}

static void put_row(const struct shim_out *out, const struct shim_status_view *v,
	const struct shim_status_pool *row)
{
	json_t *pool = shim_document_parse(row->at, row->size);
	struct procs_sum ignored = { .processes = 0 };

	shim_status_usage_add(pool, v->procs, &ignored);

	shim_out_put(out, "<tr>");
	for (const struct shim_status_column *c = shim_status_columns; c->name; c++)
		put_cell(out, pool, c);
	shim_out_put(out, "</tr>\n");
	json_decref(pool);
}

static void put_link(
	const struct shim_out *out, const struct shim_status_query *q, const char *text)
{
	shim_out_put(out, " <a data-go href=\"");
	shim_status_query_put(out, q);
	shim_out_put(out, "\">");
	shim_out_put(out, text);
	shim_out_put(out, "</a>");
}

static void put_pages(const struct shim_out *out, const struct shim_status_view *v)
{
	size_t page = shim_status_view_page(v), pages = shim_status_view_pages(v);
	struct shim_status_query q = *v->query;

	if (pages == 1)
		return;
	shim_out_put(out, "<p class=\"pages\">Page ");
	shim_out_number(out, page + 1);
	shim_out_put(out, " of ");
	shim_out_number(out, pages);
	q.page = (unsigned)(page ? page - 1 : 0);
	if (page > 0)
		put_link(out, &q, "previous");
	q.page = (unsigned)page + 1;
	if (page + 1 < pages)
		put_link(out, &q, "next");
	shim_out_put(out, "</p>\n");
}

/* How many there are, and which of them are not here. */
static void put_extent(const struct shim_out *out, const struct shim_status_view *v)
{
	struct shim_status_query q = *v->query;

	shim_out_put(out, "<p class=\"extent\">");
	shim_status_put_count(out, v->pools);
	shim_out_put(out, " of ");
	shim_status_put_count(out, v->sums.pools);
	if (*q.word) {
		shim_out_put(out, " have \xe2\x80\x9c");
		shim_out_text(out, q.word);
		shim_out_put(out, "\xe2\x80\x9d in name, user, handler or state.");
		q.word[0] = '\0';
		q.page = 0;
		put_link(out, &q, "show them without that");
	} else if (v->hidden) {
		shim_out_put(out, "; the others are cold, and nothing is wrong with them.");
		q.has_all = true;
		put_link(out, &q, "show all");
	}
	shim_out_put(out, "</p>\n");
}

void shim_status_put_pools(const struct shim_out *out, const struct shim_status_view *v)
{
	size_t from = shim_status_view_page(v) * SHIM_STATUS_ROWS;
	size_t end = from + SHIM_STATUS_ROWS < v->pools ? from + SHIM_STATUS_ROWS : v->pools;

	shim_out_put(out, "<section><h2 id=\"pools\">Pools</h2>\n");
	put_extent(out, v);
	if (v->pools) {
		shim_out_put(out, "<div class=\"wide\" id=\"wide-pools\"><table class=\"cards\" "
				  "aria-labelledby=\"pools\"><thead><tr>");
		for (const struct shim_status_column *c = shim_status_columns; c->name; c++)
			put_heading(out, v, c);
		shim_out_put(out, "</tr></thead>\n<tbody>\n");
		for (size_t i = from; i < end; i++)
			put_row(out, v, &v->pool[i]);
		shim_out_put(out, "</tbody></table></div>\n");
	}
	put_pages(out, v);
	shim_out_put(out, "</section>\n");
}
