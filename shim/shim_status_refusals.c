/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_refusals.h"

#include <string.h>

#include "proto/reason.h"
#include "shim/shim_status_cell.h"

/** What runs now stands below, and should not be far. */
#define POOLS_SHOWN  10U
#define LONELY_SHOWN 5U

static unsigned reason_of(const json_t *refusal)
{
	const char *name = shim_status_text(refusal, "reason");

	for (unsigned reason = 1; reason < REASON_COUNT; reason++)
		if (strcmp(reason_name(reason), name) == 0)
			return reason;
	return REASON_NONE;
}

/* "busy 12, backoff 3" */
static void put_counts(const struct shim_out *out, json_t *counts)
{
	const char *before = "";
	const char *key;
	json_t *value;

	json_object_foreach(counts, key, value)
	{
		shim_out_put(out, before);
		shim_out_text(out, key);
		shim_out_put(out, " ");
		shim_status_put_value(out, value, SHIM_STATUS_COUNT);
		before = ", ";
	}
}

/* @counts: NULL: each of them has a row */
static void put_row(
	const struct shim_out *out, const json_t *of, const json_t *refusal, json_t *counts)
{
	shim_out_put(out, "<tr><td data-of=\"Last\">");
	shim_status_put_time(out, (time_t)(shim_status_count(refusal, "time_ms") / 1000));
	shim_out_put(out, "</td><th scope=\"row\" data-of=\"Pool\">");
	shim_out_text(out, shim_status_text(of, "name"));
	shim_out_put(out, "</th><td data-of=\"User\">");
	shim_status_put_user(out, of);
	shim_out_put(out, "</td><td data-of=\"Times\">");
	put_counts(out, counts);
	shim_out_put(out, "</td><td data-of=\"Why\" class=\"path\">");
	shim_out_text(out, shim_status_text(refusal, "text"));
	shim_out_put(out, " <small>");
	shim_out_text(out, reason_remedy(reason_of(refusal)));
	shim_out_put(out, "</small></td></tr>\n");
}

void shim_status_put_refusals(const struct shim_out *out, const struct shim_status_view *v)
{
	const json_t *lonely = json_object_get(v->rest, "refused_without_pool");
	json_t *refusal;
	size_t i;

	if (!v->refusals && !json_array_size(lonely))
		return;
	shim_out_put(out, "<section><h2 id=\"refusals\">Last refusals</h2>\n");
	shim_status_begin_table(out, "refusals",
		"<th scope=\"col\">Last</th><th scope=\"col\">Pool</th><th scope=\"col\">User</th>"
		"<th scope=\"col\">Times</th><th scope=\"col\">Why the last one</th>");
	for (i = 0; i < v->refusals && i < POOLS_SHOWN; i++) {
		json_t *pool = shim_document_parse(v->refusal[i].at, v->refusal[i].size);

		put_row(out, pool, json_object_get(pool, "last_refusal"),
			json_object_get(pool, "refusals"));
		json_decref(pool);
	}
	json_array_foreach(lonely, i, refusal)
	{
		if (i < LONELY_SHOWN)
			put_row(out, refusal, refusal, NULL);
	}
	shim_status_end_table(out);
	if (v->refusals > POOLS_SHOWN || json_array_size(lonely) > LONELY_SHOWN)
		shim_out_put(out,
			"<p class=\"extent\">Only the newest; lsapidctl why has more of the "
			"host, lsapidctl why POOL of each pool.</p>\n");
	shim_out_put(out, "</section>\n");
}
