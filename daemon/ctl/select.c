/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/select.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/name_pattern.h"
#include "daemon/base/str.h"
#include "daemon/ctl/answer.h"

/** A key of --sort, and the figure or text of a pool that it means. */
struct order {
	const char *key, *json;
	bool is_text;
};

static const struct order orders[] = {
	{ "busy", "busy", false },
	{ "cold", "cold_starts", false },
	{ "cpu", "cpu_s", false },
	{ "errors", "errors", false },
	{ "handler", "handler", true },
	{ "id", "id", false },
	{ "idle", "idle", false },
	{ "limit", "children", false },
	{ "memory", "pss_kib", false },
	{ "name", "name", true },
	{ "queue", "waiting", false },
	{ "rejects", "rejects", false },
	{ "requests", "requests", false },
	{ "restarts", "restarts", false },
	{ "since", "state_s", false },
	{ "state", "state", true },
	{ "thawed", "thawed_starts", false },
	{ "user", "user", true },
};
#define ORDER_COUNT (sizeof(orders) / sizeof(orders[0]))

struct sorting {
	const struct order *order;
	bool is_reverse;
};

bool select_is_any(const struct select *s)
{
	return !s->pattern_count && !s->vhost && !s->has_user && !s->state && !s->handler &&
	       !s->is_busy;
}

static bool is_number(const char *text, long long number)
{
	uint64_t parsed;

	return str_parse_uint(text, 0, UINT32_MAX, &parsed) && (long long)parsed == number;
}

static bool is_pattern(const struct select *s, const json_t *pool)
{
	if (!s->pattern_count)
		return true;
	for (int i = 0; i < s->pattern_count; i++)
		if (name_pattern_matches(s->patterns[i], answer_text(pool, "name")) ||
			is_number(s->patterns[i], answer_number(pool, "id")))
			return true;
	return false;
}

/* The daemon knows the names only of accounts that were served already. */
bool select_user(const char *name, long long *ret_uid)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const struct passwd *account = getpwnam(name);
	uint64_t uid = account ? account->pw_uid : 0;

	if (!account && !str_parse_uint(name, 0, UINT32_MAX - 1, &uid))
		return false;
	*ret_uid = (long long)uid;
	return true;
}

bool select_has(const struct select *s, const json_t *pool)
{
	return is_pattern(s, pool) &&
	       (!s->vhost || name_pattern_matches(s->vhost, answer_text(pool, "name"))) &&
	       (!s->has_user || s->uid == answer_number(pool, "uid")) &&
	       (!s->state || strcmp(s->state, answer_text(pool, "state")) == 0) &&
	       (!s->handler || strcmp(s->handler, answer_text(pool, "handler")) == 0) &&
	       (!s->is_busy || answer_number(pool, "busy") || answer_number(pool, "waiting"));
}

size_t select_pools(const struct select *s, json_t *answer)
{
	json_t *pools = json_object_get(answer, "pools"), *kept = json_array();
	json_t *pool;
	size_t i;

	json_array_foreach(pools, i, pool)
	{
		if (select_has(s, pool))
			(void)json_array_append(kept, pool);
	}
	i = json_array_size(kept);
	(void)json_object_set_new(answer, "pools", kept);
	return i;
}

/* Where the share of memory is not known, what is resident has to do. */
static double figure_of(const json_t *pool, const struct order *order)
{
	if (strcmp(order->key, "memory") == 0 && !json_is_number(json_object_get(pool, "pss_kib")))
		return answer_real(pool, "rss_kib");
	return answer_real(pool, order->json);
}

static int by_name(const json_t *x, const json_t *y)
{
	int r = strcasecmp(answer_text(x, "name"), answer_text(y, "name"));
	long long a = answer_number(x, "id"), b = answer_number(y, "id");

	return r ? r : (a > b) - (a < b);
}

static int compare(const void *a, const void *b, void *data)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const struct sorting *s = data;
	int r;

	if (s->order->is_text) {
		r = strcasecmp(answer_text(x, s->order->json), answer_text(y, s->order->json));
	} else {
		double p = figure_of(x, s->order), q = figure_of(y, s->order);

		r = strcmp(s->order->key, "id") == 0 ? (p > q) - (p < q) : (p < q) - (p > q);
	}
	if (s->is_reverse)
		r = -r;
	return r ? r : by_name(x, y);
}

static const struct order *find_order(const char *key)
{
	for (size_t i = 0; i < ORDER_COUNT; i++)
		if (strcmp(orders[i].key, key) == 0)
			return &orders[i];
	return NULL;
}

json_t *select_sorted(const json_t *array, select_compare_fn order, void *data)
{
	size_t count = json_array_size(array);
	json_t *sorted = json_array();
	json_t **all = calloc(count ? count : 1, sizeof(json_t *));

	for (size_t i = 0; all && i < count; i++)
		all[i] = json_array_get(array, i);
	if (all)
		qsort_r(all, count, sizeof(json_t *), order, data);
	for (size_t i = 0; i < count; i++)
		(void)json_array_append(sorted, all ? all[i] : json_array_get(array, i));
	free(all);
	return sorted;
}

void select_sort(json_t *answer, const char *key, bool is_reverse)
{
	struct sorting s = { .order = find_order(key), .is_reverse = is_reverse };

	if (s.order)
		(void)json_object_set_new(answer, "pools",
			select_sorted(json_object_get(answer, "pools"), compare, &s));
}

const char *select_next_key(const char *key, int step)
{
	const struct order *order = find_order(key);
	size_t at = order ? (size_t)(order - orders) : 0;

	return orders[(at + ORDER_COUNT + (size_t)step) % ORDER_COUNT].key;
}
