#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Status text for systemd. The supervisor is the unit's main process and says READY; the manager
 * adds what it is doing, if the unit lets it (NotifyAccess=all). Nothing happens elsewhere.
 */

/** notify_status() - @state: lines for sd_notify(3) */
void notify_status(const char *state);
