/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/top.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/usage.h"

static double now_s(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Notes what @o has used, and sets the share of one processor since it was noted before. */
static void set_share(
	const struct top *t, json_t *o, json_t *noted, const char *kind, double passed_s)
{
	const json_t *cpu = json_object_get(o, "cpu_s"), *before;
	char key[48];
	double used_s;

	(void)snprintf(key, sizeof(key), "%s %lld", kind, answer_number(o, kind));
	before = json_object_get(t->cpu, key);
	if (!json_is_number(cpu))
		return;
	(void)json_object_set_new(noted, key, json_real(json_number_value(cpu)));
	used_s = json_number_value(cpu) - json_number_value(before);
	/* less than before: its processes, or the pid, are others now */
	if (json_is_number(before) && used_s >= 0 && passed_s > 0)
		(void)json_object_set_new(o, "cpu_percent", json_real(100 * used_s / passed_s));
}

static void set_shares(struct top *t, json_t *answer, double passed_s)
{
	json_t *noted = json_object(), *pool, *process;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "pools"), i, pool)
	{
		set_share(t, pool, noted, "id", passed_s);
		json_array_foreach(json_object_get(pool, "processes"), k, process)
			set_share(t, process, noted, "pid", passed_s);
	}
	json_decref(t->cpu);
	t->cpu = noted;
}

int top_look(struct top *t, const struct ctl *ctl)
{
	json_t *answer = NULL;
	int r = usage_try(ctl, &answer, t->why);
	double asked_s = now_s();

	if (r != CTL_OK)
		return r;
	t->why[0] = '\0';
	set_shares(t, answer, t->answer ? asked_s - t->asked_s : 0);
	json_decref(t->answer);
	t->answer = answer;
	t->asked_s = asked_s;
	return CTL_OK;
}

void top_deinit(struct top *t)
{
	json_decref(t->answer);
	json_decref(t->cpu);
	t->answer = NULL;
	t->cpu = NULL;
}

static const json_t *find_process(const json_t *pool, long long pid)
{
	json_t *processes = json_object_get(pool, "processes"), *process;
	size_t i;

	json_array_foreach(processes, i, process)
	{
		if (pid && answer_number(process, "pid") == pid)
			return process;
	}
	return NULL;
}

/* A new object; a daemon that does not note requests still tells what is busy. */
static json_t *running(const json_t *pool, const json_t *backend)
{
	static const char *const figures[] = { "cpu_s", "cpu_percent", "rss_kib", "pss_kib" };
	const json_t *process = find_process(pool, answer_number(backend, "pid"));
	json_t *o = json_object();

	(void)json_object_update(o, json_object_get(backend, "request"));
	if (!json_object_get(o, "vhost"))
		(void)json_object_set(o, "vhost", json_object_get(pool, "name"));
	(void)json_object_set(o, "pid", json_object_get(backend, "pid"));
	(void)json_object_set(o, "since_s", json_object_get(backend, "state_s"));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (json_object_get(process, figures[i]))
			(void)json_object_set(o, figures[i], json_object_get(process, figures[i]));
	return o;
}

static int by_since(const void *a, const void *b, void *data)
{
	double x = answer_real(*(json_t *const *)a, "since_s");
	double y = answer_real(*(json_t *const *)b, "since_s");

	(void)data;
	return (x < y) - (x > y);
}

json_t *top_requests(const json_t *answer)
{
	json_t *all = json_array(), *sorted, *pool, *backend;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "pools"), i, pool)
	{
		json_array_foreach(json_object_get(pool, "backends"), k, backend)
		{
			if (strcmp(answer_text(backend, "state"), "busy") == 0)
				(void)json_array_append_new(all, running(pool, backend));
		}
	}
	sorted = select_sorted(all, by_since, NULL);
	json_decref(all);
	return sorted;
}
