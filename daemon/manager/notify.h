#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What systemd is told: READY once Apache is served, then what the manager is doing. The unit lets
 * it (NotifyAccess=all), since the supervisor, the main process, links no libsystemd. Nothing
 * happens elsewhere.
 */

/** notify_status() - @state: lines for sd_notify(3) */
void notify_status(const char *state);
