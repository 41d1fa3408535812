/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/overdue.h"

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static enum overdue_step take_step(
	struct overdue *o, enum overdue_step step, uint64_t now_ns, uint64_t *ret_next_ns)
{
	o->step = step;
	o->told_ns = now_ns;
	*ret_next_ns = UINT64_MAX;
	if (step == OVERDUE_TERM)
		*ret_next_ns = now_ns + OVERDUE_KILL_NS;
	if (step == OVERDUE_KILL)
		*ret_next_ns = now_ns + OVERDUE_CUT_NS;
	return step;
}

/* The last step was not enough, or has not had its time yet. */
static enum overdue_step go_on(struct overdue *o, uint64_t now_ns, uint64_t *ret_next_ns)
{
	uint64_t patience_ns = o->step == OVERDUE_TERM ? OVERDUE_KILL_NS : OVERDUE_CUT_NS;

	*ret_next_ns = UINT64_MAX;
	if (o->step == OVERDUE_CUT)
		return OVERDUE_NONE;
	if (now_ns >= o->told_ns + patience_ns)
		return take_step(o, (enum overdue_step)(o->step + 1), now_ns, ret_next_ns);
	*ret_next_ns = o->told_ns + patience_ns;
	return OVERDUE_NONE;
}

enum overdue_step overdue_look(
	struct overdue *o, const struct overdue_figures *f, uint64_t now_ns, uint64_t *ret_next_ns)
{
	/* a hint of the holder; what lies ahead is no time at which a request began */
	uint64_t since_ns = f->since_ns < now_ns ? f->since_ns : now_ns;
	uint64_t began_ns;

	*ret_next_ns = now_ns + f->limit_ns;
	if (!f->is_busy) {
		*o = (struct overdue){ .since_ns = 0 };
		return OVERDUE_NONE;
	}
	if (o->since_ns != since_ns)
		*o = (struct overdue){ .since_ns = since_ns };
	if (o->step != OVERDUE_NONE)
		return go_on(o, now_ns, ret_next_ns);
	began_ns = later(since_ns, o->unread_ns);
	if (now_ns - began_ns < f->limit_ns) {
		*ret_next_ns = began_ns + f->limit_ns;
		return OVERDUE_NONE;
	}
	if (!f->has_pid && f->is_unread) {
		/* PHP is still booting, or every child is busy: this request does not run */
		o->unread_ns = now_ns;
		if (f->limit_ns > OVERDUE_UNREAD_NS)
			*ret_next_ns = now_ns + OVERDUE_UNREAD_NS;
		return OVERDUE_NONE;
	}
	return take_step(o, f->has_pid ? OVERDUE_TERM : OVERDUE_CUT, now_ns, ret_next_ns);
}
