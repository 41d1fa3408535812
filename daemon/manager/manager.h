#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The manager: the one context of lsapid-manager. It owns the event loop and everything below.
 * It has no privilege; what needs one it asks of the supervisor.
 */

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/config/config.h"
#include "daemon/config/config_children.h"
#include "daemon/manager/access.h"
#include "daemon/manager/accounts.h"
#include "daemon/manager/admit.h"
#include "daemon/manager/ask.h"
#include "daemon/manager/backend.h"
#include "daemon/manager/care.h"
#include "daemon/manager/criu.h"
#include "daemon/manager/dry_run.h"
#include "daemon/manager/effective.h"
#include "daemon/manager/explain.h"
#include "daemon/manager/figures.h"
#include "daemon/manager/freeze.h"
#include "daemon/manager/graveyard.h"
#include "daemon/manager/hangup.h"
#include "daemon/manager/idle.h"
#include "daemon/manager/instance.h"
#include "daemon/manager/lease.h"
#include "daemon/manager/listener.h"
#include "daemon/manager/logs.h"
#include "daemon/manager/metrics.h"
#include "daemon/manager/ops.h"
#include "daemon/manager/own_file.h"
#include "daemon/manager/peer.h"
#include "daemon/manager/pool.h"
#include "daemon/manager/pool_log.h"
#include "daemon/manager/pool_set.h"
#include "daemon/manager/refuse.h"
#include "daemon/manager/reload.h"
#include "daemon/manager/replace.h"
#include "daemon/manager/session.h"
#include "daemon/manager/shutdown.h"
#include "daemon/manager/signals.h"
#include "daemon/manager/spares.h"
#include "daemon/manager/starter.h"
#include "daemon/manager/stats.h"
#include "daemon/manager/stderr_pipe.h"
#include "daemon/manager/steer.h"
#include "daemon/manager/steer_order.h"
#include "daemon/manager/supervisor_link.h"
#include "daemon/manager/users.h"
#include "daemon/manager/watch.h"
#include "proto/priv.h"

struct manager {
	struct event_base *base; /* owned */
	struct config *config;   /* owned */
	uint64_t now_ns;         /* 0: not asked for yet in this turn of the loop */
	uint64_t started_ns;
	uint64_t boot_id;
	uint8_t key[PRIV_KEY_SIZE];
	struct access_policy access;
	struct accounts accounts;
	int cgroup_fd; /* owned: root of the cgroup v2 tree; -1: none */
	struct list graveyard;
	struct supervisor_link link;
	struct listener listener;
	struct listener admin_listener; /* if there is an admin_socket */
	struct signals signals;
	struct hangup hangup;
	struct starter starter;
	struct shutdown shutdown;
	struct reload reload;
	struct watch watch;
	struct replace replace;
	struct pool_set pools;
	struct pool_logs pool_logs;
	struct users users;
	struct admit admit;
	struct criu criu;
	struct steer steer;
	struct dry_run dry_run;
	struct list explains; /* what administrators have asked about */
	struct list greeting; /* peers without a session, longest silent first */
	struct list peers;    /* peers with one */
	struct list sessions;
	struct instance_set instances;
	uint32_t last_session;
	uint32_t connections; /* of all pools */
	struct stats stats;
	struct refuse refuse;
	struct ratelimit slow_rate; /* looks at the processes of slow requests, all pools */
	struct metrics metrics;
	bool has_told_weight; /* that the memory of children can not be read */
	struct event upkeep;  /* pending for a second after anything happened, else not at all */
	bool is_upkeep_turn;
	char status[160]; /* as the supervisor was told last, for `systemctl status` */
	bool has_quit;
	int exit_status;
};

/** Sockets that listen already; consumed by manager_init() on success. */
struct manager_doors {
	int control_fd;
	int admin_fd;   /* -1: there is no such socket */
	int metrics_fd; /* the same */
};

/**
 * manager_init() - everything up to READY
 * @setup:      from the supervisor: flags and key
 * @channel_fd: consumed on success
 * @config:     consumed on success
 *
 * Return: 0; -errno
 */
int manager_init(struct manager *m, const struct priv_message *setup, struct config *config,
	int channel_fd, const struct manager_doors *doors) ATTR_MUST_USE;

/** manager_open_cgroups() - where the configuration says, or where the tree is */
void manager_open_cgroups(struct manager *m);

/** manager_deinit() - also of a half-built one */
void manager_deinit(struct manager *m);

/** manager_run() - until it ends. Return: the exit status */
int manager_run(struct manager *m);

/** manager_tell_alive() - to the supervisor, with what we do */
void manager_tell_alive(struct manager *m);

/** manager_quit() - leave the loop when this turn is done */
void manager_quit(struct manager *m, int exit_status);

/** manager_now() - monotonic time, the same within one turn of the loop */
uint64_t manager_now(struct manager *m);
