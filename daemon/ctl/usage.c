/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/usage.h"

#include <string.h>

#include "daemon/base/printable.h"
#include "daemon/ctl/answer.h"

/** Sums of a pool, or of all. */
struct sums {
	struct procs_sum plain;
	uint64_t pss_kib;
	bool has_all_pss;
};

struct usage {
	const struct procs *procs; /* borrowed */
	size_t pss_left;           /* how many may still be read */
};

static json_t *kib_or_null(bool is_known, uint64_t kib)
{
	return is_known ? json_integer((json_int_t)kib) : json_null();
}

static void set_sums(json_t *o, const struct sums *s)
{
	bool is_known = s->plain.processes > 0;

	(void)json_object_set_new(o, "cpu_s", is_known ? json_real(s->plain.cpu_s) : json_null());
	(void)json_object_set_new(o, "rss_kib", kib_or_null(is_known, s->plain.rss_kib));
	(void)json_object_set_new(
		o, "pss_kib", kib_or_null(is_known && s->has_all_pss, s->pss_kib));
}

static void add_up(struct sums *to, const struct sums *from)
{
	to->plain.processes += from->plain.processes;
	to->plain.cpu_s += from->plain.cpu_s;
	to->plain.rss_kib += from->plain.rss_kib;
	to->pss_kib += from->pss_kib;
	to->has_all_pss = to->has_all_pss && from->has_all_pss;
}

static void set_figures(struct usage *u, json_t *o, const struct proc *one, struct sums *sums)
{
	uint64_t pss_kib = 0;
	bool has_pss = u->pss_left > 0;
	char name[sizeof(one->figures.name) + 3]; /* what is cut off ends in dots */

	if (has_pss) {
		u->pss_left--;
		has_pss = procs_pss_kib(one->pid, &pss_kib) == 0;
	}
	printable_copy(name, sizeof(name), one->figures.name);
	(void)json_object_set_new(o, "name", json_string(name));
	(void)json_object_set_new(o, "parent", json_integer(one->figures.parent));
	(void)json_object_set_new(o, "age_s", json_real(procs_age_s(u->procs, one)));
	(void)json_object_set_new(o, "cpu_s", json_real(procs_cpu_s(u->procs, one)));
	(void)json_object_set_new(o, "rss_kib", kib_or_null(true, procs_rss_kib(u->procs, one)));
	(void)json_object_set_new(o, "pss_kib", kib_or_null(has_pss, pss_kib));
	procs_add_up(&sums->plain, u->procs, one);
	sums->pss_kib += pss_kib;
	sums->has_all_pss = sums->has_all_pss && has_pss;
}

/* NULL: no connection leads to that process */
static json_t *find_backend(const json_t *pool, pid_t pid)
{
	json_t *backends = json_object_get(pool, "backends"), *b;
	size_t i;

	json_array_foreach(backends, i, b)
	{
		if (answer_number(b, "pid") == pid)
			return b;
	}
	return NULL;
}

static const char *role_of(const json_t *pool, const struct proc *one, const json_t *backend)
{
	pid_t parent = (pid_t)answer_number(pool, "pid");

	if (one->pid == parent)
		return "parent";
	if (backend || one->figures.parent == parent)
		return "child";
	return procs_is_init(one) ? "init" : "other";
}

static void add_process(
	struct usage *u, json_t *pool, json_t *array, const struct proc *one, struct sums *sums)
{
	static const char *const told[] = { "requests", "request", "session" };
	const json_t *backend = find_backend(pool, one->pid);
	const char *role = role_of(pool, one, backend);
	json_t *o = json_object();

	(void)json_object_set_new(o, "pid", json_integer(one->pid));
	(void)json_object_set_new(o, "role", json_string(role));
	/* a child that nobody is connected to waits for a connection */
	(void)json_object_set_new(o, "state",
		json_string(backend                      ? answer_text(backend, "state")
			    : strcmp(role, "child") == 0 ? "free"
							 : ""));
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (json_object_get(backend, told[i]))
			(void)json_object_set(o, told[i], json_object_get(backend, told[i]));
	set_figures(u, o, one, sums);
	(void)json_array_append_new(array, o);
}

/* Those of its connections. */
static size_t children_of(const json_t *pool, pid_t *ret_pids)
{
	json_t *backends = json_object_get(pool, "backends"), *b;
	size_t i;

	json_array_foreach(backends, i, b)
	{
		if (i == PROCS_OF_POOL_MAX)
			break;
		ret_pids[i] = (pid_t)answer_number(b, "pid");
	}
	return i;
}

static void add_to_pool(struct usage *u, json_t *pool, struct sums *total)
{
	pid_t pids[PROCS_OF_POOL_MAX], children[PROCS_OF_POOL_MAX];
	struct sums sums = { .has_all_pss = true };
	json_t *array = json_array();
	size_t count = procs_of_pool(u->procs, (pid_t)answer_number(pool, "pid"), children,
		children_of(pool, children), pids);

	for (size_t i = 0; i < count; i++)
		add_process(u, pool, array, procs_find(u->procs, pids[i]), &sums);
	(void)json_object_set_new(pool, "processes", array);
	set_sums(pool, &sums);
	add_up(total, &sums);
}

static void add_daemon(struct usage *u, json_t *daemon)
{
	static const struct {
		const char *role, *key;
	} rows[] = { { "supervisor", "supervisor_pid" }, { "manager", "manager_pid" } };
	struct sums sums = { .has_all_pss = true };
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t pid = (pid_t)answer_number(daemon, rows[i].key);
		const struct proc *one = pid > 0 ? procs_find(u->procs, pid) : NULL;
		json_t *o = one ? json_object() : NULL;

		if (!o)
			continue;
		(void)json_object_set_new(o, "pid", json_integer(pid));
		(void)json_object_set_new(o, "role", json_string(rows[i].role));
		set_figures(u, o, one, &sums);
		(void)json_array_append_new(array, o);
	}
	(void)json_object_set_new(daemon, "processes", array);
	set_sums(daemon, &sums);
}

void usage_add(json_t *answer, const struct procs *procs)
{
	struct usage u = { .procs = procs, .pss_left = USAGE_MAX_PSS };
	struct sums total = { .has_all_pss = true };
	json_t *totals = json_object_get(answer, "totals");
	json_t *pool;
	size_t i;

	add_daemon(&u, json_object_get(answer, "daemon"));
	json_array_foreach(json_object_get(answer, "pools"), i, pool) add_to_pool(&u, pool, &total);
	(void)json_object_set_new(
		totals, "processes", json_integer((json_int_t)total.plain.processes));
	set_sums(totals, &total);
}

int usage_try(const struct ctl *ctl, json_t **ret_answer, char *reterr_why)
{
	const struct client_question question = { .type = CONTROL_STATUS };
	struct procs procs;
	uint32_t ignored;
	int r = answer_try(ctl, &question, ret_answer, &ignored, reterr_why);

	if (r != CTL_OK)
		return r;
	if (procs_read(USAGE_MAX_PROCESSES, &procs) < 0) /* no figures then, and everything else */
		procs = (struct procs){ .item = NULL };
	usage_add(*ret_answer, &procs);
	procs_deinit(&procs);
	return CTL_OK;
}

int usage_ask(const struct ctl *ctl, json_t **ret_answer)
{
	char why[ANSWER_WHY_SIZE];
	int r = usage_try(ctl, ret_answer, why);

	if (r != CTL_OK)
		term_error("%s", why);
	return r;
}

const char *usage_memory(const json_t *o, char out[AMOUNT_SIZE])
{
	const json_t *kib = json_object_get(o, "pss_kib");

	if (!json_is_integer(kib))
		kib = json_object_get(o, "rss_kib");
	if (!json_is_integer(kib))
		return "";
	return amount_kib((uint64_t)json_integer_value(kib), out);
}
