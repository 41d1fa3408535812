/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_usage.h"

#include <stdlib.h>
#include <string.h>

#include "shim/shim_document.h"

/* Most pools are cold: nothing is looked for then. */
static bool has_processes(const json_t *pool)
{
	return shim_status_count(pool, "pid") || json_array_size(json_object_get(pool, "backends"));
}

/* Return: how many of the pool's processes are in @ret_pids, of PROCS_OF_POOL_MAX */
static size_t processes_of(const json_t *pool, const struct procs *procs, pid_t *ret_pids)
{
	const json_t *backends = json_object_get(pool, "backends");
	pid_t children[PROCS_OF_POOL_MAX];
	size_t i;
	json_t *backend;

	json_array_foreach(backends, i, backend)
	{
		if (i == PROCS_OF_POOL_MAX)
			break;
		children[i] = (pid_t)shim_status_count(backend, "pid");
	}
	return procs_of_pool(procs, (pid_t)shim_status_count(pool, "pid"), children, i, ret_pids);
}

static void set(json_t *o, double cpu_s, uint64_t rss_kib)
{
	(void)json_object_set_new(o, "cpu_s", json_real(cpu_s));
	(void)json_object_set_new(o, "rss_kib", json_integer((json_int_t)rss_kib));
}

/* Return: of all its processes */
static struct procs_sum sum_of(const struct procs *procs, const pid_t *pids, size_t count)
{
	struct procs_sum sum = { .processes = 0 };

	for (size_t i = 0; i < count; i++)
		procs_add_up(&sum, procs, procs_find(procs, pids[i]));
	return sum;
}

void shim_status_usage_add(json_t *pool, const struct procs *procs, struct procs_sum *total)
{
	if (!has_processes(pool))
		return;
	pid_t pids[PROCS_OF_POOL_MAX];
	const struct procs_sum sum = sum_of(procs, pids, processes_of(pool, procs, pids));
	size_t i;
	json_t *backend;

	if (!sum.processes)
		return;
	set(pool, sum.cpu_s, sum.rss_kib);
	total->processes += sum.processes;
	total->cpu_s += sum.cpu_s;
	total->rss_kib += sum.rss_kib;
	json_array_foreach(json_object_get(pool, "backends"), i, backend)
	{
		const struct proc *one =
			procs_find(procs, (pid_t)shim_status_count(backend, "pid"));

		if (one && strcmp(shim_status_text(backend, "state"), "busy") == 0)
			set(backend, procs_cpu_s(procs, one), procs_rss_kib(procs, one));
	}
}

static void add_process(json_t *array, const struct procs *procs, const struct proc *one)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "pid", json_integer(one->pid));
	(void)json_object_set_new(o, "parent", json_integer(one->figures.parent));
	(void)json_object_set_new(o, "age_s", json_real(procs_age_s(procs, one)));
	set(o, procs_cpu_s(procs, one), procs_rss_kib(procs, one));
	(void)json_array_append_new(array, o);
}

/* Return: whether there were any */
static bool add_members(json_t *o, const json_t *pool, json_t *array, const struct procs *procs)
{
	if (!has_processes(pool))
		return false;
	pid_t pids[PROCS_OF_POOL_MAX];
	size_t count = processes_of(pool, procs, pids);
	const struct procs_sum sum = sum_of(procs, pids, count);

	for (size_t i = 0; i < count; i++)
		add_process(array, procs, procs_find(procs, pids[i]));
	if (count)
		set(o, sum.cpu_s, sum.rss_kib);
	return count > 0;
}

/* What is added to a pool, as an object. */
static json_t *members_of(const json_t *pool, const struct procs *procs)
{
	json_t *o = json_object(), *array = json_array();

	if (!add_members(o, pool, array, procs)) {
		(void)json_object_set_new(o, "cpu_s", json_null());
		(void)json_object_set_new(o, "rss_kib", json_null());
	}
	(void)json_object_set_new(o, "processes", array);
	return o;
}

/** A document on its way out. */
struct copy {
	const struct shim_out *out;
	const struct procs *procs;
	const char *done; /* up to here it is out */
};

static void copy_until(struct copy *c, const char *end)
{
	c->out->write(c->out->sink, c->done, (size_t)(end - c->done));
	c->done = end;
}

/* What is added comes first in the pool's own object. */
static void copy_pool(void *context, json_t *pool, const char *at, size_t size)
{
	struct copy *c = context;
	json_t *members = json_object_size(pool) ? members_of(pool, c->procs) : NULL;
	char *text = json_dumps(members, JSON_COMPACT | JSON_REAL_PRECISION(12));

	(void)size;
	if (text) {
		copy_until(c, at + 1);
		c->out->write(c->out->sink, text + 1, strlen(text) - 2);
		shim_out_put(c->out, ",");
	}
	free(text);
	json_decref(members);
}

void shim_status_usage_put(
	const struct shim_out *out, const char *text, size_t size, const struct procs *procs)
{
	struct copy c = { .out = out, .procs = procs, .done = text };

	json_decref(shim_document_walk(text, size, copy_pool, &c));
	copy_until(&c, text + size);
}
