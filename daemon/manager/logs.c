/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/logs.h"

#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

void logs_take_target(const struct priv_message *msg, struct fdpass_set *fds)
{
	if (msg->flags & PRIV_LOG_FILE)
		log_set_target(LOG_TARGET_FILE, fdpass_steal(fds, fds->count - 1));
	else
		log_set_target(
			msg->flags & PRIV_LOG_SYSLOG ? LOG_TARGET_SYSLOG : LOG_TARGET_STDERR, -1);
}

void logs_rotate(struct manager *m, const struct priv_message *msg, struct fdpass_set *fds)
{
	const char *target = msg->flags & PRIV_LOG_FILE     ? "file"
			     : msg->flags & PRIV_LOG_SYSLOG ? "syslog"
							    : "stderr";

	logs_take_target(msg, fds);
	log_notice("log.opened", F_STR("target", target), F_STR("why", "rotate"));
	pool_logs_reopen(m);
}
