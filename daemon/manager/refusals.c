/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void refusals_init(struct refusals *r)
{
	*r = (struct refusals){ .used = 0 };
}

static void forget_texts(struct refusal_kept *k)
{
	free(k->name);
	free(k->detail);
}

void refusals_deinit(struct refusals *r)
{
	for (uint32_t i = 0; i < r->used; i++)
		forget_texts(&r->kept[i]);
	r->used = 0;
}

struct refusals *refusals_new(void)
{
	struct refusals *r = malloc(sizeof(*r));

	if (r)
		refusals_init(r);
	return r;
}

struct refusals *refusals_free(struct refusals *r)
{
	if (r)
		refusals_deinit(r);
	free(r);
	return NULL;
}

void refusals_add(struct refusals *r, const struct refusal *f)
{
	struct refusal_kept *place = &r->kept[r->next];

	if (r->used == REFUSALS_KEPT)
		forget_texts(place);
	else
		r->used++;
	*place = (struct refusal_kept){
		.refusal = *f,
		.name = f->name ? strdup(f->name) : NULL,
		.detail = f->detail ? strdup(f->detail) : NULL,
	};
	place->refusal.name = place->name;
	place->refusal.detail = place->detail;
	r->next = (r->next + 1) % REFUSALS_KEPT;
	r->count[f->reason < REASON_COUNT ? f->reason : REASON_INTERNAL]++;
}

const struct refusal *refusals_get(const struct refusals *r, uint32_t back)
{
	if (back >= r->used)
		return NULL;
	return &r->kept[(r->next + REFUSALS_KEPT - 1 - back) % REFUSALS_KEPT].refusal;
}

/* Of what others chose, so that the figures always have room. */
#define NAME_WIDTH   255
#define DETAIL_WIDTH 400

static int format_pool(const struct refusal *f, char *out, size_t size)
{
	char waited[32] = "", next_try[32] = "";

	if (f->waited_ms)
		(void)snprintf(waited, sizeof(waited), ", waited %u ms", f->waited_ms);
	if (f->next_try_ms)
		(void)snprintf(next_try, sizeof(next_try), ", next try in %u ms", f->next_try_ms);
	return snprintf(out, size,
		"pool %.*s (id %u, uid %u): %s%s%.*s; %u of %u children in use, %u of %u queued, "
		"%u of %u children on the host%s%s",
		NAME_WIDTH, f->name ? f->name : "-", f->pool, f->uid, reason_text(f->reason),
		f->detail ? ": " : "", DETAIL_WIDTH, f->detail ? f->detail : "", f->in_use,
		f->limit, f->queued, f->queue_limit, f->host_in_use, f->host_limit, waited,
		next_try);
}

static int format_host(const struct refusal *f, char *out, size_t size)
{
	char pools[48] = "";

	if (f->max_pools)
		(void)snprintf(pools, sizeof(pools), "; %u of %u pools (max_pools)", f->pools,
			f->max_pools);
	/* who asks for no pool is told of what he asked for */
	if (!f->name && f->detail)
		return snprintf(out, size, "%.*s%s", DETAIL_WIDTH, f->detail, pools);
	return snprintf(out, size, "pool %.*s (uid %u): %s%s%.*s%s", NAME_WIDTH,
		f->name ? f->name : "-", f->uid, reason_text(f->reason), f->detail ? ": " : "",
		DETAIL_WIDTH, f->detail ? f->detail : "", pools);
}

size_t refusal_format(const struct refusal *f, char *out, size_t size)
{
	int n = f->pool ? format_pool(f, out, size) : format_host(f, out, size);

	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}
