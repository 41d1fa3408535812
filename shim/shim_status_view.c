/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_cold(const json_t *pool)
{
	return strcmp(shim_status_text(pool, "state"), "cold") == 0;
}

static bool has_trouble(const json_t *pool)
{
	return json_is_object(json_object_get(pool, "failure")) ||
	       *shim_status_text(pool, "user_file_problem") ||
	       json_is_true(json_object_get(pool, "has_uid_limit_warning"));
}

/* What an administrator has to see first: what fails, what has a queue, what works. */
static double interest(const json_t *pool)
{
	double waiting = shim_status_number(pool, "waiting"),
	       busy = shim_status_number(pool, "busy");

	if (has_trouble(pool))
		return 1e9;
	if (waiting > 0)
		return 1e6 + waiting;
	if (busy > 0)
		return 10 + busy;
	return is_cold(pool) && !json_is_true(json_object_get(pool, "is_stopped")) ? 0 : 1;
}

static void add_sums(struct shim_status_sums *s, const json_t *pool)
{
	s->pools++;
	s->cold += is_cold(pool);
	s->busy += shim_status_count(pool, "busy");
	s->idle += shim_status_count(pool, "idle");
	s->waiting += shim_status_count(pool, "waiting");
	s->requests += shim_status_count(pool, "requests");
	s->errors += shim_status_count(pool, "errors");
	s->rejects += shim_status_count(pool, "rejects");
	s->starts += shim_status_count(pool, "starts");
	s->deaths += shim_status_count(pool, "deaths");
}

/* Any case, as far as ASCII goes. */
static bool has_word(const json_t *pool, const char *word)
{
	static const char *const paths[] = { "name", "user", "handler", "state" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcasestr(shim_status_text(pool, paths[i]), word))
			return true;
	return false;
}

/* Room for one more of @size bytes, in steps of powers of two. */
static void *grow(struct shim_status_view *v, void *list, size_t count, size_t size)
{
	if (count & (count - 1) || count == 1)
		return list;
	void *more = reallocarray(list, count ? count * 2 : 2, size);

	v->is_out_of_memory |= !more;
	return more;
}

static void add_request(struct shim_status_view *v, const json_t *pool, json_t *backend)
{
	void *list = grow(v, v->request, v->requests, sizeof(*v->request));

	if (!list)
		return;
	v->request = list;
	v->request[v->requests++] = (struct shim_status_request){
		.backend = json_incref(backend),
		.pool = strdup(shim_status_text(pool, "name")),
		.user = strdup(shim_status_text(pool, "user")),
		.since_s = shim_status_number(backend, "state_s"),
	};
}

static void add_requests(struct shim_status_view *v, const json_t *pool)
{
	const json_t *backends = json_object_get(pool, "backends");
	size_t i;
	json_t *backend;

	json_array_foreach(backends, i, backend)
	{
		if (strcmp(shim_status_text(backend, "state"), "busy") == 0)
			add_request(v, pool, backend);
	}
}

/* What came last is looked for first. */
static void add_refusal(struct shim_status_view *v, const json_t *pool, struct shim_status_pool row)
{
	const json_t *last = json_object_get(pool, "last_refusal");
	void *list = last ? grow(v, v->refusal, v->refusals, sizeof(*v->refusal)) : NULL;

	if (!list)
		return;
	v->refusal = list;
	row.weight = shim_status_number(last, "time_ms");
	v->refusal[v->refusals++] = row;
}

static void add_pool(struct shim_status_view *v, const json_t *pool, struct shim_status_pool row)
{
	void *list = grow(v, v->pool, v->pools, sizeof(*v->pool));

	if (!list)
		return;
	v->pool = list;
	row.weight = interest(pool);
	if (v->sort && v->sort->kind == SHIM_STATUS_TEXT)
		row.word = strdup(shim_status_text(pool, v->sort->path));
	else if (v->sort)
		row.weight = shim_status_number(pool, v->sort->path);
	v->pool[v->pools++] = row;
}

/** What is known when all pools have come. */
struct walk {
	struct shim_status_view *view;
	struct procs_sum usage;
	size_t running; /* pools with PHP */
};

static void take_pool(void *context, json_t *pool, const char *at, size_t size)
{
	struct walk *w = context;
	struct shim_status_view *v = w->view;
	const struct shim_status_query *q = v->query;
	const struct shim_status_pool row = {
		.at = at, .size = size, .order = (uint32_t)v->sums.pools
	};

	shim_status_usage_add(pool, v->procs, &w->usage);
	w->running += shim_status_count(pool, "pid") > 0;
	add_sums(&v->sums, pool);
	add_refusal(v, pool, row);
	add_requests(v, pool);
	if (has_trouble(pool)) {
		if (v->troubles < SHIM_STATUS_LIST)
			v->trouble[v->troubles] = row;
		v->troubles++;
	}
	if (*q->word ? has_word(pool, q->word) : q->has_all || interest(pool) > 0)
		add_pool(v, pool, row);
	else if (!*q->word)
		v->hidden++;
}

static int compare_pools(const void *a, const void *b, void *context)
{
	const struct shim_status_view *v = context;
	const struct shim_status_pool *one = a, *two = b;
	int order = 0;

	if (one->word && two->word)
		order = strcasecmp(one->word, two->word);
	else
		order = (one->weight > two->weight) - (one->weight < two->weight);
	/* what is of interest first is a descending order */
	if (!v->sort || v->query->is_descending)
		order = -order;
	return order ? order : (one->order > two->order) - (one->order < two->order);
}

static int compare_refusals(const void *a, const void *b)
{
	const struct shim_status_pool *one = a, *two = b;

	return (one->weight < two->weight) - (one->weight > two->weight);
}

static int compare_requests(const void *a, const void *b)
{
	const struct shim_status_request *one = a, *two = b;

	return (one->since_s < two->since_s) - (one->since_s > two->since_s);
}

bool shim_status_view_init(struct shim_status_view *v, const char *text, size_t size,
	const struct shim_status_query *query, const struct procs *procs)
{
	struct walk w = { .view = v };

	*v = (struct shim_status_view){
		.query = query,
		.procs = procs,
		.sort = shim_status_column_find(query->sort),
		.trouble = calloc(SHIM_STATUS_LIST, sizeof(*v->trouble)),
	};
	if (!v->trouble)
		return false;
	v->rest = shim_document_walk(text, size, take_pool, &w);
	v->sums.processes = w.usage.processes;
	v->sums.rss_kib = w.usage.rss_kib;
	v->sums.cpu_s = (uint64_t)w.usage.cpu_s;
	/* where it is hidden from us, none of them is there */
	v->sums.has_usage = procs->count > 0 && (w.usage.processes > 0 || !w.running);
	if (v->refusals)
		qsort(v->refusal, v->refusals, sizeof(*v->refusal), compare_refusals);
	if (v->pools)
		qsort_r(v->pool, v->pools, sizeof(*v->pool), compare_pools, v);
	if (v->requests)
		qsort(v->request, v->requests, sizeof(*v->request), compare_requests);
	return v->rest && !v->is_out_of_memory;
}

void shim_status_view_deinit(struct shim_status_view *v)
{
	for (size_t i = 0; i < v->pools; i++)
		free(v->pool[i].word);
	for (size_t i = 0; i < v->requests; i++) {
		json_decref(v->request[i].backend);
		free(v->request[i].pool);
		free(v->request[i].user);
	}
	free(v->pool);
	free(v->trouble);
	free(v->request);
	free(v->refusal);
	json_decref(v->rest);
}

size_t shim_status_view_pages(const struct shim_status_view *v)
{
	return v->pools ? (v->pools + SHIM_STATUS_ROWS - 1) / SHIM_STATUS_ROWS : 1;
}

size_t shim_status_view_page(const struct shim_status_view *v)
{
	size_t last = shim_status_view_pages(v) - 1;

	return v->query->page < last ? v->query->page : last;
}
