/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/name_pattern.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/ops.h"
#include "daemon/manager/report.h"
#include "daemon/manager/steer_target.h"

static void refuse(struct peer *p, uint32_t sequence, int error, const char *detail)
{
	char *json = report_refused(detail);

	peer_send_document(p, sequence, json, error);
	free(json);
}

/* By its number, or else by name. */
static struct steer_target target_of_pool(const struct manager *m, const char *text)
{
	struct steer_target t = { .kind = STEER_TARGET_NAME, .text = text };
	uint64_t number;

	if (name_pattern_is_one(text)) {
		t.kind = STEER_TARGET_PATTERN;
	} else if (str_parse_uint(text, 1, UINT32_MAX, &number) &&
		   pool_set_find(&m->pools, (uint32_t)number)) {
		t.kind = STEER_TARGET_NUMBER;
		t.number = (uint32_t)number;
	}
	return t;
}

/* Return: false: there is no such account */
static bool target_of_user(const char *text, struct steer_target *ret)
{
	uint64_t number = 0;

	*ret = (struct steer_target){ .kind = STEER_TARGET_USER };
	if (!str_parse_uint(text, 0, UINT32_MAX - 1, &number))
		return accounts_find_uid(text, &ret->uid);
	ret->uid = (uid_t)number;
	return true;
}

static void order(
	struct peer *p, uint32_t sequence, const struct control_steer *msg, const char *text)
{
	struct manager *m = p->manager;
	struct steer_target target = { .kind = STEER_TARGET_ALL };

	if (msg->kind == CONTROL_STEER_POOL)
		target = target_of_pool(m, text);
	if (msg->kind == CONTROL_STEER_USER && !target_of_user(text, &target)) {
		refuse(p, sequence, ENOENT, "there is no such account");
		return;
	}
	steer_begin(m, p, sequence, msg, &target);
}

bool ops_steer(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	char text[CONTROL_MAX_NAME + 1];
	struct control_steer msg;

	if (control_decode_steer(data, size, &msg))
		return false;
	if (msg.text.size)
		memcpy(text, msg.text.data, msg.text.size);
	text[msg.text.size] = '\0';
	switch ((enum control_steer_action)msg.action) {
	case CONTROL_STEER_DRAIN:
	case CONTROL_STEER_RESTART:
	case CONTROL_STEER_STOP:
	case CONTROL_STEER_KILL:
	case CONTROL_STEER_WARM:
		order(p, sequence, &msg, text);
		break;
	case CONTROL_STEER_LOG_LEVEL:
		steer_log_level(p->manager, p, sequence, text);
		break;
	case CONTROL_STEER_TRY:
		dry_run_begin(p->manager, p, sequence);
		break;
	case CONTROL_STEER_ACTION_COUNT:
		break;
	}
	return true;
}
