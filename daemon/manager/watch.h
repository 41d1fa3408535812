#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The files of each handler's PHP: when one of them has changed, the pools of that handler are
 * replaced (replace.h). Woken by inotify; nothing is looked at while nothing happens.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/manager/settle.h"
#include "daemon/manager/watch_dirs.h"
#include "daemon/manager/watch_shot.h"

struct config_handler;
struct manager;

/** The PHP of one handler. */
struct watch_php {
	char *name;  /* owned: of the handler */
	char **path; /* owned: the binary, and what the handler's watch names */
	size_t paths;
	struct watch_shot shot; /* how they look */
	uint32_t serial;        /* changes when they do */
};

struct watch {
	bool is_on;
	struct watch_dirs dirs;
	struct settle settle;
	struct event read_event;
	struct event timer;
	struct watch_php *php; /* owned */
	size_t php_count;
	uint32_t last_serial;
	int error; /* positive errno: of inotify itself; told already */
};

/** watch_init() - nothing is watched yet. Return: 0; -ENOMEM */
int watch_init(struct watch *w, struct manager *m) ATTR_MUST_USE;
void watch_deinit(struct watch *w);

/** watch_apply() - work by the configuration in force; without memory, as before */
void watch_apply(struct manager *m);

/** watch_serial() - of a handler's PHP; a parent with another one runs an older PHP. 0: not known
 */
uint32_t watch_serial(const struct manager *m, const char *handler);
