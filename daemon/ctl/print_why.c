/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_why.h"

#include <stdio.h>
#include <time.h>

#include "daemon/ctl/answer.h"

/* The administrator's own time, as in Apache's logs. */
static const char *when(const json_t *o, char *out, size_t size)
{
	long long ms = answer_number(o, "time_ms");
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	if (!localtime_r(&s, &tm))
		return "-";
	n = strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(out + n, size - n, ".%03d", (int)(ms % 1000));
	return out;
}

static void print_counts(const struct term *t, const json_t *counts)
{
	size_t i;
	json_t *c;

	json_array_foreach(counts, i, c)
	{
		term_line(t, TONE_PLAIN, "  %s %lld: %s", answer_or_dash(c, "reason"),
			answer_number(c, "count"), answer_or_dash(c, "text"));
		term_line(t, TONE_PLAIN, "    remedy: %s", answer_or_dash(c, "remedy"));
	}
}

/* Of a pool's own the name and the meaning have been told above them. */
static void print_own(const struct term *t, const json_t *refusals)
{
	size_t i;
	json_t *f;
	char at[64];

	json_array_foreach(refusals, i, f)
	{
		term_print(t, TONE_PLAIN,
			"  %s %s: %lld of %lld children in use, %lld of %lld queued, "
			"%lld of %lld children on the host",
			when(f, at, sizeof(at)), answer_or_dash(f, "reason"),
			answer_number(f, "in_use"), answer_number(f, "limit"),
			answer_number(f, "queued"), answer_number(f, "queue_limit"),
			answer_number(f, "host_in_use"), answer_number(f, "host_limit"));
		if (answer_number(f, "waited_ms"))
			term_print(
				t, TONE_PLAIN, ", waited %lld ms", answer_number(f, "waited_ms"));
		if (answer_number(f, "next_try_ms"))
			term_print(t, TONE_PLAIN, ", next try in %lld ms",
				answer_number(f, "next_try_ms"));
		if (*answer_text(f, "detail"))
			term_print(t, TONE_PLAIN, "; %s", answer_text(f, "detail"));
		term_line(t, TONE_PLAIN, "%s", "");
	}
}

static void print_all(const struct term *t, const json_t *refusals)
{
	size_t i;
	json_t *f;
	char at[64];

	json_array_foreach(refusals, i, f)
	{
		term_line(t, TONE_PLAIN, "  %s %s: %s", when(f, at, sizeof(at)),
			answer_or_dash(f, "reason"), answer_or_dash(f, "text"));
	}
}

static void print_pool(const struct term *t, const json_t *pool)
{
	term_line(t, TONE_HEAD, "pool %lld %s, user %s (uid %lld), %s: %lld refused",
		answer_number(pool, "id"), answer_or_dash(pool, "name"),
		answer_or_dash(pool, "user"), answer_number(pool, "uid"),
		answer_or_dash(pool, "state"), answer_number(pool, "refused"));
	print_counts(t, json_object_get(pool, "counts"));
	print_own(t, json_object_get(pool, "refusals"));
}

/* Their remedies differ, and there are no counts that have them. */
static void print_lonely(const struct term *t, const json_t *refusals)
{
	size_t i;
	json_t *f;
	char at[64];

	if (json_array_size(refusals) == 0)
		return;
	term_line(t, TONE_HEAD, "refused before there was a pool:");
	json_array_foreach(refusals, i, f)
	{
		term_line(t, TONE_PLAIN, "  %s %s: %s (user %s, uid %lld)", when(f, at, sizeof(at)),
			answer_or_dash(f, "reason"), answer_or_dash(f, "text"),
			answer_or_dash(f, "user"), answer_number(f, "uid"));
		term_line(t, TONE_PLAIN, "    remedy: %s", answer_or_dash(f, "remedy"));
	}
}

static void print_host(const struct term *t, const json_t *host)
{
	const json_t *counts = json_object_get(host, "counts");

	if (!host)
		return;
	if (json_array_size(counts))
		term_line(t, TONE_HEAD, "the whole host:");
	else
		term_line(t, TONE_GOOD, "nothing was refused");
	print_counts(t, counts);
	print_all(t, json_object_get(host, "refusals"));
}

int print_why(const struct ctl *ctl, const json_t *answer)
{
	const json_t *pools = json_object_get(answer, "pools");
	const json_t *lonely = json_object_get(answer, "without_pool");
	size_t i;
	json_t *pool;

	if (pools && !json_array_size(pools) && !json_array_size(lonely))
		term_error("%s: no pool has this number, name or user; lsapidctl status lists them",
			answer_or_dash(answer, "what"));
	print_host(&ctl->term, json_object_get(answer, "host"));
	json_array_foreach(pools, i, pool) print_pool(&ctl->term, pool);
	print_lonely(&ctl->term, lonely);
	return CTL_OK;
}
