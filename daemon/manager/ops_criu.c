/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/ops.h"
#include "daemon/manager/report.h"

static void refuse(struct peer *p, uint32_t sequence, int error, const char *detail)
{
	char *json = report_refused(detail);

	peer_send_document(p, sequence, json, error);
	free(json);
}

static struct pool *find_number(struct manager *m, const char *what)
{
	uint64_t number;

	if (!str_parse_uint(what, 1, UINT32_MAX, &number))
		return NULL;
	return pool_set_find(&m->pools, (uint32_t)number);
}

/* By its number, or by its name if no other has that. Return: NULL: *ret_error says why */
static struct pool *find_pool(struct manager *m, const char *what, int *ret_error)
{
	struct pool *found = find_number(m, what);
	struct list_node *n, *tmp;

	*ret_error = ENOENT;
	if (found)
		return found;
	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (strcasecmp(p->name, what) != 0)
				continue;
			if (found) {
				*ret_error = ENOTUNIQ;
				return NULL;
			}
			found = p;
		}
	}
	return found;
}

static void freeze_pool(struct peer *p, uint32_t sequence, const char *what)
{
	struct manager *m = p->manager;
	int error;
	struct pool *pool = find_pool(m, what, &error);
	enum freeze_why why;

	if (!pool) {
		refuse(p, sequence, error,
			error == ENOENT ? "no pool has this number or name"
					: "several pools have this name: take the number");
		return;
	}
	why = freeze_ask(pool, p, sequence);
	if (why == FREEZE_BROKEN)
		refuse(p, sequence, ENOTSUP, m->criu.text[0] ? m->criu.text : freeze_why_text(why));
	else if (why != FREEZE_UNDER_WAY)
		refuse(p, sequence, why == FREEZE_BUSY ? EBUSY : EINVAL, freeze_why_text(why));
}

/* Of a pool that is known by its number; else what is said is the name, known or not. */
static const char *name_of(struct manager *m, const char *what)
{
	const struct pool *p = find_number(m, what);

	return p ? p->name : what;
}

static void ask_images(struct peer *p, uint32_t sequence, enum priv_images what, const char *name)
{
	int r = criu_ask_images(p->manager, p, sequence, what, name);

	if (r < 0)
		refuse(p, sequence, -r, err_name(r));
}

static void check(struct peer *p, uint32_t sequence)
{
	char *json = report_criu(p->manager);

	peer_send_document(p, sequence, json, criu_works(p->manager) ? 0 : ENOTSUP);
	free(json);
}

bool ops_criu(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	char what[CONTROL_MAX_NAME + 1];
	struct control_criu msg;

	if (control_decode_criu(data, size, &msg))
		return false;
	if (msg.pool.size)
		memcpy(what, msg.pool.data, msg.pool.size);
	what[msg.pool.size] = '\0';
	switch ((enum control_criu_what)msg.what) {
	case CONTROL_CRIU_CHECK:
		check(p, sequence);
		break;
	case CONTROL_CRIU_LIST:
		ask_images(p, sequence, PRIV_IMAGES_LIST, "");
		break;
	case CONTROL_CRIU_RESET:
		ask_images(p, sequence, PRIV_IMAGES_RESET, name_of(p->manager, what));
		break;
	case CONTROL_CRIU_RESET_ALL:
		ask_images(p, sequence, PRIV_IMAGES_RESET_ALL, "");
		break;
	case CONTROL_CRIU_FREEZE:
		freeze_pool(p, sequence, what);
		break;
	case CONTROL_CRIU_COUNT:
		break;
	}
	return true;
}
