/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_cell.h"

#include "shim/shim_status_view.h"

void shim_status_begin_table(const struct shim_out *out, const char *id, const char *columns)
{
	shim_out_put(out, "<div class=\"wide\" id=\"wide-");
	shim_out_put(out, id);
	shim_out_put(out, "\"><table class=\"cards\" aria-labelledby=\"");
	shim_out_put(out, id);
	shim_out_put(out, "\"><thead><tr>");
	shim_out_put(out, columns);
	shim_out_put(out, "</tr></thead>\n<tbody>\n");
}

void shim_status_end_table(const struct shim_out *out)
{
	shim_out_put(out, "</tbody></table></div>\n");
}

void shim_status_put_text_cell(const struct shim_out *out, const char *title, const char *text)
{
	shim_out_put(out, "<td data-of=\"");
	shim_out_put(out, title);
	shim_out_put(out, "\">");
	shim_out_text(out, text);
	shim_out_put(out, "</td>");
}

void shim_status_put_value_cell(const struct shim_out *out, const char *title, const json_t *value,
	enum shim_status_kind kind)
{
	shim_out_put(out, "<td class=\"n\" data-of=\"");
	shim_out_put(out, title);
	shim_out_put(out, "\">");
	shim_status_put_value(out, value, kind);
	shim_out_put(out, "</td>");
}

/* Without an account of that name there is still its number. */
void shim_status_put_user(const struct shim_out *out, const json_t *object)
{
	const char *user = shim_status_text(object, "user");

	if (*user)
		shim_out_text(out, user);
	else
		shim_out_number(out, shim_status_count(object, "uid"));
}

void shim_status_put_time(const struct shim_out *out, time_t when)
{
	char text[64] = "";
	struct tm at;

	if (localtime_r(&when, &at))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &at);
	shim_out_put(out, text);
}

void shim_status_put_more(const struct shim_out *out, size_t count)
{
	if (count <= SHIM_STATUS_LIST)
		return;
	shim_out_put(out, "<p class=\"extent\">and ");
	shim_status_put_count(out, count - SHIM_STATUS_LIST);
	shim_out_put(out, " more</p>\n");
}
