/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/ops.h"

#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static const struct op ops[] = {
	{ CONTROL_HELLO, ACCESS_SHIM_UID, ops_hello },
	{ CONTROL_POOL, ACCESS_SHIM, ops_pool },
	{ CONTROL_LEASE, ACCESS_SHIM, ops_lease },
	{ CONTROL_RETURN, ACCESS_SHIM, ops_return },
	{ CONTROL_CLOSE, ACCESS_SHIM, ops_close },
	{ CONTROL_CANCEL, ACCESS_SHIM, ops_cancel },
	{ CONTROL_TERMINATE, ACCESS_SHIM_UID, ops_terminate },
	{ CONTROL_STATUS, ACCESS_ADMIN | ACCESS_SHIM, ops_status },
	{ CONTROL_RELOAD, ACCESS_ADMIN, ops_reload },
	{ CONTROL_WHY, ACCESS_ADMIN, ops_why },
	{ CONTROL_CRIU, ACCESS_ADMIN, ops_criu },
	{ CONTROL_STEER, ACCESS_ADMIN, ops_steer },
	{ CONTROL_SHOW, ACCESS_ADMIN, ops_show },
};

static const struct op *find_op(unsigned type)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (ops[i].type == type)
			return &ops[i];
	}
	return NULL;
}

/* Of who may do nothing at all the log has told when it came. */
static void refuse_role(struct peer *p, const struct control_header *h)
{
	const char *what = control_type_name(h->type);

	if (p->roles) {
		refuse_peer(p, h->sequence, REASON_NOT_AUTHORIZED, what, NULL);
	} else {
		stats_refuse(p->manager->stats.denials, REASON_NOT_AUTHORIZED);
		peer_send_denied(p, h->sequence, REASON_NOT_AUTHORIZED, what);
	}
	peer_close_after_answers(p);
}

bool ops_dispatch(struct peer *p, const uint8_t *data, size_t size)
{
	struct control_header h;
	const struct op *op;
	int r = control_decode_header(data, size, &h);

	/* a shim of another version deserves an answer that it can show to its administrator */
	if (r == CONTROL_E_VERSION) {
		refuse_peer(p, 0, REASON_BAD_VERSION, "the message has another version", NULL);
		peer_close_after_answers(p);
		return true;
	}
	if (r)
		return false;
	op = find_op(h.type);
	if (!op)
		return false;
	if (!(op->roles & p->roles)) {
		refuse_role(p, &h);
		return true;
	}
	p->since_ns = manager_now(p->manager);
	return op->handler(p, h.sequence, data, size);
}
