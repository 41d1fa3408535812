/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/cmd.h"

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? s : "-";
}

/* The administrator's own time, as in Apache's logs. */
static const char *when(const json_t *o, char *out, size_t size)
{
	long long ms = number(o, "time_ms");
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	if (!localtime_r(&s, &tm))
		return "-";
	n = strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(out + n, size - n, ".%03d", (int)(ms % 1000));
	return out;
}

static void print_counts(const json_t *counts)
{
	size_t i;
	json_t *c;

	json_array_foreach(counts, i, c)(void) printf("  %s %lld: %s\n    remedy: %s\n",
		text(c, "reason"), number(c, "count"), text(c, "text"), text(c, "remedy"));
}

/* Of a pool's own the name and the meaning have been told above them. */
static void print_own(const json_t *refusals)
{
	size_t i;
	json_t *f;
	char at[64];

	json_array_foreach(refusals, i, f)
	{
		(void)printf("  %s %s: %lld of %lld children in use, %lld of %lld queued, "
			     "%lld of %lld children on the host",
			when(f, at, sizeof(at)), text(f, "reason"), number(f, "in_use"),
			number(f, "limit"), number(f, "queued"), number(f, "queue_limit"),
			number(f, "host_in_use"), number(f, "host_limit"));
		if (number(f, "waited_ms"))
			(void)printf(", waited %lld ms", number(f, "waited_ms"));
		if (number(f, "next_try_ms"))
			(void)printf(", next try in %lld ms", number(f, "next_try_ms"));
		if (strcmp(text(f, "detail"), "-") != 0)
			(void)printf("; %s", text(f, "detail"));
		(void)puts("");
	}
}

static void print_all(const json_t *refusals)
{
	size_t i;
	json_t *f;
	char at[64];

	json_array_foreach(refusals, i, f)(void) printf(
		"  %s %s: %s\n", when(f, at, sizeof(at)), text(f, "reason"), text(f, "text"));
}

static void print_pool(const json_t *pool)
{
	(void)printf("pool %lld %s, user %s (uid %lld), %s: %lld refused\n", number(pool, "id"),
		text(pool, "name"), text(pool, "user"), number(pool, "uid"), text(pool, "state"),
		number(pool, "refused"));
	print_counts(json_object_get(pool, "counts"));
	print_own(json_object_get(pool, "refusals"));
}

/* Their remedies differ, and there are no counts that have them. */
static void print_lonely(const json_t *refusals)
{
	size_t i;
	json_t *f;
	char at[64];

	if (json_array_size(refusals) == 0)
		return;
	(void)printf("refused before there was a pool:\n");
	json_array_foreach(refusals, i, f)(void)
		printf("  %s %s: %s (user %s, uid %lld)\n    remedy: %s\n", when(f, at, sizeof(at)),
			text(f, "reason"), text(f, "text"), text(f, "user"), number(f, "uid"),
			text(f, "remedy"));
}

static void print_host(const json_t *host)
{
	const json_t *counts = json_object_get(host, "counts");

	if (!host)
		return;
	(void)printf(json_array_size(counts) ? "the whole host:\n" : "nothing was refused\n");
	print_counts(counts);
	print_all(json_object_get(host, "refusals"));
}

int print_why(const char *json)
{
	json_error_t error;
	json_t *root = json_loads(json, 0, &error);
	const json_t *pools, *lonely;
	size_t i;
	json_t *pool;

	if (!root) {
		(void)fprintf(
			stderr, "lsapidctl: the daemon's answer is no JSON: %s\n", error.text);
		return CTL_FAILED;
	}
	pools = json_object_get(root, "pools");
	lonely = json_object_get(root, "without_pool");
	if (pools && !json_array_size(pools) && !json_array_size(lonely))
		(void)fprintf(stderr,
			"lsapidctl: %s: no pool has this number, name or user; lsapidctl status "
			"lists them\n",
			text(root, "what"));
	print_host(json_object_get(root, "host"));
	json_array_foreach(pools, i, pool) print_pool(pool);
	print_lonely(lonely);
	json_decref(root);
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}
