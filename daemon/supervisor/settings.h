#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One reading of the configuration: the snapshot, the bytes it was made from (they go to the
 * manager), and what the host knows about the accounts that it names.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "daemon/supervisor/ident.h"
#include "daemon/supervisor/policy.h"

struct settings {
	struct config *config;       /* owned */
	struct config_bundle bundle; /* data is owned */
	struct policy_host host;
	struct ident manager; /* privileged only: who the manager runs as */
	gid_t socket_gid;     /* group of the control socket */
	bool has_admin;       /* there is an admin socket, of admin_gid */
	gid_t admin_gid;
};

/**
 * settings_read() - read, parse, resolve accounts
 * @last: settings in force: a pool file that is broken now goes on as it was there; may be NULL
 *
 * Return: 0 and *ret_settings (settings_free); 1 and what is wrong; -errno (memory).
 */
int settings_read(const char *path, const struct settings *last, struct settings **ret_settings,
	struct config_problems *ret_problems) ATTR_MUST_USE;

/** settings_free() - accepts NULL; returns NULL */
struct settings *settings_free(struct settings *s);

/**
 * settings_check() - things that the daemon can live with, but not the sites that need them
 * @path:         of lsapid.conf, for messages
 * @ret_problems: added to
 */
void settings_check(const struct settings *s, const char *path, const char *manager_binary,
	struct config_problems *ret_problems);

/** settings_find_fixed_change() - first key that differs and needs a restart; NULL if none */
const char *settings_find_fixed_change(const struct settings *old, const struct settings *new);
