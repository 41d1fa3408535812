#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where the manager logs: what the supervisor has opened and handed over. */

#include "proto/fdpass.h"
#include "proto/priv.h"

struct manager;

/**
 * logs_take_target() - what SETUP or LOG_ROTATE says of the daemon's log
 * @fds: the file, if it is one, is taken out: it is the last
 */
void logs_take_target(const struct priv_message *msg, struct fdpass_set *fds);

/** logs_rotate() - LOG_ROTATE has come: the daemon's log is another file, the pools' soon are */
void logs_rotate(struct manager *m, const struct priv_message *msg, struct fdpass_set *fds);
