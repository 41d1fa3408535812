/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_criu.h"

#include <time.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/table.h"

static double megabytes(const json_t *o)
{
	return (double)answer_number(o, "bytes") / 1048576.0;
}

int print_criu_check(const struct ctl *ctl, const json_t *o)
{
	const struct term *t = &ctl->term;

	if (answer_is(o, "is_done")) {
		term_line(t, TONE_GOOD, "CRIU works: %s", answer_or_dash(o, "detail"));
		return CTL_OK;
	}
	term_line(t, TONE_WARN, "CRIU does not work (%s): %s", answer_or_dash(o, "state"),
		answer_or_dash(o, "detail"));
	term_line(t, TONE_PLAIN, "program: %s", answer_or_dash(o, "program"));
	term_line(t, TONE_PLAIN, "remedy: %s", answer_or_dash(o, "remedy"));
	return CTL_OK;
}

static const char *day(const json_t *o, const char *key, char *out, size_t size)
{
	time_t s = (time_t)answer_number(o, key);
	struct tm tm;

	if (!s || !localtime_r(&s, &tm))
		return "-";
	(void)strftime(out, size, "%Y-%m-%d %H:%M", &tm);
	return out;
}

static void add_image(struct table *t, const json_t *o)
{
	enum term_tone tone = answer_is(o, "is_valid") ? TONE_PLAIN : TONE_DIM;
	char at[64];

	table_cell(t, tone, "%s", answer_text(o, "pool"));
	table_cell(t, tone, "%lld", answer_number(o, "uid"));
	table_cell(t, tone, "%s", answer_text(o, "handler"));
	table_cell(t, tone, "%.1f", megabytes(o));
	table_cell(t, tone, "%s", day(o, "created", at, sizeof(at)));
	table_cell(t, tone, "%s", day(o, "last_used", at, sizeof(at)));
	table_cell(t, tone, "%lld", answer_number(o, "restores"));
	table_cell(t, tone, "%lld", answer_number(o, "cold_ms"));
	table_cell(t, tone, "%lld", answer_number(o, "restore_ms"));
	if (!answer_is(o, "is_valid"))
		table_note(t, TONE_WARN, "not valid any more (%s): %s",
			answer_or_dash(o, "directory"), answer_or_dash(o, "problem"));
}

/* Return: was it done; if not, it is said why */
static bool is_done(const json_t *o)
{
	if (answer_is(o, "is_done"))
		return true;
	term_error("criu: %s", answer_or_dash(o, "detail"));
	return false;
}

int print_criu_list(const struct ctl *ctl, const json_t *o)
{
	static const struct table_column columns[] = {
		{ .title = "POOL", .least = 16, .is_name = true },
		{ .title = "UID", .is_right = true },
		{ .title = "HANDLER" },
		{ .title = "MIB", .is_right = true },
		{ .title = "WRITTEN" },
		{ .title = "USED" },
		{ .title = "RESTORES", .is_right = true },
		{ .title = "COLD MS", .is_right = true },
		{ .title = "CRIU MS", .is_right = true },
	};
	const json_t *answer = json_object_get(o, "answer");
	const json_t *images = json_object_get(answer, "images");
	struct table *t;
	json_t *image;
	size_t i;

	if (!is_done(o))
		return CTL_OK;
	t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(images, i, image) add_image(t, image);
	table_print(t, &ctl->term);
	(void)table_free(t);
	term_line(&ctl->term, TONE_PLAIN, "%zu images, %.1f MiB", json_array_size(images),
		megabytes(answer));
	return CTL_OK;
}

int print_criu_reset(const struct ctl *ctl, const json_t *o)
{
	if (is_done(o))
		term_line(&ctl->term, TONE_PLAIN, "images removed");
	return CTL_OK;
}

int print_criu_freeze(const struct ctl *ctl, const json_t *o)
{
	if (is_done(o))
		term_line(&ctl->term, TONE_PLAIN, "pool %lld %s: frozen in %lld ms, %.1f MiB",
			answer_number(o, "pool"), answer_or_dash(o, "name"), answer_number(o, "ms"),
			megabytes(o));
	return CTL_OK;
}
