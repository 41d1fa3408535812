/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/log_limit.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

#define PLACES     ((size_t)LOG_LIMIT_SETS * LOG_LIMIT_WAYS)
#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME  0x100000001b3ULL

void log_limit_init(struct log_limit *l, const struct log_limit_terms *terms, uint64_t now_ns)
{
	/* full for any level: the first line cuts it to the size that it has for it */
	const struct ratelimit_terms most = { .burst = UINT32_MAX };

	memset(l, 0, sizeof(*l));
	l->terms = *terms;
	l->next_ns = UINT64_MAX;
	for (size_t i = 0; i < LOG_EVENT_COUNT; i++)
		ratelimit_init(&l->all[i].rate, &most, now_ns);
}

static struct ratelimit_terms terms_of(
	const struct ratelimit_terms *t, size_t event, enum log_level level)
{
	bool is_many = level == LOG_LEVEL_DEBUG || log_event_get(event)->is_many;
	uint32_t factor = is_many ? LOG_LIMIT_MANY : 1;

	return (struct ratelimit_terms){ .per_s = t->per_s * factor, .burst = t->burst * factor };
}

static uint64_t hash_of(const char *text)
{
	uint64_t hash = FNV_OFFSET;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	return hash;
}

static bool is_free(const struct log_limit *l, struct log_limit_place *p, uint64_t now_ns)
{
	struct ratelimit_terms own = terms_of(&l->terms.one, p->event, p->count.level);

	return !p->is_used ||
	       (!p->count.left_out && ratelimit_is_full(&p->count.rate, &own, now_ns));
}

/* Return: NULL: there is none, and no room for one */
static struct log_limit_place *find(
	struct log_limit *l, const struct log_limit_key *key, uint64_t now_ns)
{
	const char *pool = key->pool ? key->pool : "";
	struct ratelimit_terms own = terms_of(&l->terms.one, key->event, key->level);
	uint64_t hash = hash_of(pool);
	struct log_limit_place *set = l->place[(hash + key->event) % LOG_LIMIT_SETS];
	struct log_limit_place *place = NULL;

	for (size_t i = 0; i < LOG_LIMIT_WAYS; i++) {
		if (set[i].is_used && set[i].event == key->event && set[i].hash == hash &&
			strncmp(set[i].pool, pool, sizeof(set[i].pool) - 1) == 0)
			return &set[i];
		if (!place && is_free(l, &set[i], now_ns))
			place = &set[i];
	}
	if (!place)
		return NULL;
	*place = (struct log_limit_place){ .is_used = true, .event = key->event, .hash = hash };
	(void)str_copy(place->pool, sizeof(place->pool), pool);
	place->count.level = key->level;
	ratelimit_init(&place->count.rate, &own, now_ns);
	return place;
}

static bool take(struct log_limit_count *c, const struct ratelimit_terms *t,
	const struct log_limit_key *key, uint64_t now_ns)
{
	struct ratelimit_terms terms = terms_of(t, key->event, key->level);

	return !terms.per_s || ratelimit_take(&c->rate, &terms, now_ns);
}

bool log_limit_take(struct log_limit *l, const struct log_limit_key *key, uint64_t now_ns,
	uint64_t *ret_left_out)
{
	struct log_limit_place *place = l->terms.one.per_s ? find(l, key, now_ns) : NULL;
	struct log_limit_count *all = &l->all[key->event];
	struct log_limit_count *own = place ? &place->count : all;

	/* its own bucket first: who is above that takes no line from the others */
	if ((!place || take(own, &l->terms.one, key, now_ns)) &&
		take(all, &l->terms.all, key, now_ns)) {
		*ret_left_out = own->left_out;
		own->left_out = 0;
		return true;
	}
	own->left_out++;
	own->last_ns = now_ns;
	own->level = key->level;
	if (l->next_ns > now_ns + LOG_LIMIT_SILENCE_NS)
		l->next_ns = now_ns + LOG_LIMIT_SILENCE_NS;
	return false;
}

/* Return: false: it is too early, or there is nothing */
static bool tell(struct log_limit *l, struct log_limit_count *c, uint64_t now_ns, bool is_last,
	struct log_limit_untold *ret)
{
	if (!c->left_out)
		return false;
	if (!is_last && clock_since_ns(c->last_ns, now_ns) < LOG_LIMIT_SILENCE_NS) {
		if (l->next_ns > c->last_ns + LOG_LIMIT_SILENCE_NS)
			l->next_ns = c->last_ns + LOG_LIMIT_SILENCE_NS;
		return false;
	}
	ret->level = c->level;
	ret->left_out = c->left_out;
	c->left_out = 0;
	return true;
}

bool log_limit_next_untold(struct log_limit *l, size_t *at, uint64_t now_ns, bool is_last,
	struct log_limit_untold *ret)
{
	if (*at == 0)
		l->next_ns = UINT64_MAX;
	while (*at < PLACES + LOG_EVENT_COUNT) {
		size_t i = (*at)++;
		struct log_limit_place *p = NULL;

		if (i < PLACES)
			p = &l->place[i / LOG_LIMIT_WAYS][i % LOG_LIMIT_WAYS];
		if (!tell(l, p ? &p->count : &l->all[i - PLACES], now_ns, is_last, ret))
			continue;
		ret->event = log_event_get(p ? p->event : i - PLACES)->name;
		ret->pool = p && *p->pool ? p->pool : NULL;
		return true;
	}
	return false;
}
