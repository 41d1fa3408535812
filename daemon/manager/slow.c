/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/slow.h"

#include <stdatomic.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/care.h"
#include "daemon/manager/manager.h"
#include "proto/lease_note.h"

#define LINE_SIZE 1024U

bool slow_is_due(struct slow *s, uint64_t since_ns, uint64_t limit_ns, uint64_t now_ns,
	uint64_t *ret_next_ns)
{
	/* a request that begins after this look is not slow before then */
	*ret_next_ns = now_ns + limit_ns;
	if (since_ns > now_ns || s->told_ns == since_ns)
		return false;
	if (now_ns - since_ns < limit_ns) {
		*ret_next_ns = since_ns + limit_ns;
		return false;
	}
	s->told_ns = since_ns;
	return true;
}

/* The pool's own first: a site that floods takes nothing of what is for all. */
static bool may_tell(struct pool *p, uint64_t now_ns)
{
	static const struct ratelimit_terms own = { .per_s = 1, .burst = 5 };
	static const struct ratelimit_terms total = { .per_s = 5, .burst = 20 };

	if (ratelimit_take(&p->care->slow_rate, &own, now_ns) &&
		ratelimit_take(&p->manager->slow_rate, &total, now_ns))
		return true;
	p->care->slow_untold++;
	return false;
}

static void tell(struct backend *b, uint64_t ran_ns)
{
	static const struct lease_request nothing = { "", "", "", "" };
	struct pool *p = b->pool;
	uint32_t pid = backend_child_pid(b);
	struct lease_request_copy copy;
	bool is_known = lease_note_read(backend_note(b), &copy);
	const struct lease_request *r = is_known ? &copy.request : &nothing;
	const struct log_field fields[] = {
		F_POOL(p),
		F_UINT("pid", pid),
		F_UINT("ran_ms", ran_ns / NS_PER_MS),
		F_UINT("slow_time_s", p->slow_time_s),
		F_STR("vhost", r->vhost),
		F_STR("method", r->method),
		F_STR("uri", r->uri),
		F_STR("script", r->script),
		F_UINT("untold", p->care->slow_untold),
	};
	char line[LINE_SIZE];
	size_t count = sizeof(fields) / sizeof(fields[0]);
	size_t size;
	bool has_own_log;

	p->care->slow_untold = 0;
	log_write(LOG_LEVEL_WARN, "request.slow", fields, count);
	/* for whoever has the site; what its process waits for follows (pool_logs_on_dumped) */
	size = log_format(line, sizeof(line), "request.slow", fields, count);
	has_own_log = pool_log_write(p, (int32_t)pid, line, size);
	(void)has_own_log; /* most have none */
	if (pid)
		backend_signal(b, PRIV_SIGNAL_CHILD_DUMP);
}

static uint64_t look_at(struct backend *b, uint64_t now_ns)
{
	struct pool *p = b->pool;
	uint64_t since_ns = atomic_load(&backend_slot(b)->since_ns);
	uint64_t next_ns = now_ns + p->slow_time_s * NS_PER_S;

	if (lease_is_busy(b) &&
		slow_is_due(&b->slow, since_ns, p->slow_time_s * NS_PER_S, now_ns, &next_ns)) {
		p->care->slow++;
		p->manager->stats.slow++;
		if (may_tell(p, now_ns))
			tell(b, now_ns - since_ns);
	}
	return next_ns;
}

uint64_t slow_look(struct pool *p, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;
	struct list_node *n, *tmp;

	if (!p->slow_time_s)
		return next_ns;
	LIST_FOREACH (&p->held, n, tmp) {
		uint64_t at_ns = look_at(LIST_OWNER(n, struct backend, node), now_ns);

		next_ns = at_ns < next_ns ? at_ns : next_ns;
	}
	return next_ns;
}

uint64_t slow_next_ns(const struct pool *p, uint64_t now_ns)
{
	return p->slow_time_s && !list_is_empty(&p->held) ? now_ns + p->slow_time_s * NS_PER_S
							  : UINT64_MAX;
}
