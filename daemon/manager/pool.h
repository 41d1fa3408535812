#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One pool: a specification, its listening socket, at most one lsphp parent at a time, and the
 * connections to its children.
 *
 * A connection (struct backend) is in one of three lists: @unheld, or @held under a lease of some
 * session, or leaving (care.h) while its child is told to end. All of them count against the limit,
 * also those whose parent has exited: their children finish what they run.
 */

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/config/config_merge.h"
#include "daemon/manager/backoff.h"
#include "daemon/manager/care.h"
#include "daemon/manager/freeze.h"
#include "daemon/manager/graveyard.h"
#include "daemon/manager/pool_state.h"
#include "daemon/manager/start_queue.h"
#include "daemon/manager/unborn.h"
#include "daemon/manager/users.h"
#include "daemon/manager/wait_terms.h"
#include "daemon/manager/waitq.h"
#include "proto/pool_spec.h"
#include "proto/reason.h"

struct config_pool;
struct figures;
struct manager;
struct own_file;
struct refusals;

/** The parent that is running or about to: zero when there is none. */
struct pool_parent {
	uint64_t spawn_id;  /* 0: not asked of the supervisor (yet) */
	int32_t pid;        /* 0 until SPAWNED */
	uint64_t since_ns;  /* of the SPAWN */
	uint64_t spec_hash; /* pool_settings_hash() of what it was started with */
	bool has_served;
	bool is_reading; /* the user's own file was asked for: SPAWN follows when it is known */
	bool is_retiring;
	bool is_killed;      /* KILL was sent: it did not answer */
	bool is_barren;      /* KILL was sent: it could not fork */
	bool is_replaced;    /* is_retiring, since its PHP is an old one */
	bool may_thaw;       /* the supervisor was told that an image will do */
	bool is_thawed;      /* it comes from an image, and has a pid namespace of its own */
	bool is_frozen;      /* an image of it was written */
	uint32_t php_serial; /* watch_serial() of the PHP that it runs */
	uint32_t crashes;    /* children that ended in the middle of a request */
	uint64_t served;     /* requests of its connections that are closed (pgrp.h) */
};

struct pool_counts {
	uint64_t leases;
	uint64_t rejects;
	uint64_t connects;
	uint64_t starts;
	uint64_t cold_starts;   /* those that run, not from an image */
	uint64_t thawed_starts; /* ... from one */
	uint64_t failures;      /* starts that failed, and unasked exits */
	uint64_t deaths;        /* CLOSE with why=died */
	uint64_t unborn;        /* connections that lsphp took without a child for them */
};

struct pool {
	uint32_t id; /* never 0, never reused */
	enum pool_state state;
	uint64_t since_ns;       /* of the state */
	struct manager *manager; /* borrowed */
	struct list_node state_node;
	struct list_node reload_node; /* it runs, and has to follow the newest configuration */
	struct list_node unused_node; /* cold or failed, and no session knows it */
	uint64_t unused_since_ns;
	struct grave grave;

	char *spec_data;       /* owned */
	struct pool_spec spec; /* views spec_data: as the shim wrote it */
	uint64_t hash;
	const char *name; /* borrowed: spec */
	char *handler;    /* owned: as the pool file or else the spec says */
	char *pool_file;  /* owned: FILE:LINE of the section that speaks of it; NULL: none */
	struct own_file *own_file; /* owned: the user's, as of the last start; NULL: none */
	uint64_t config_serial;    /* of the configuration that its settings are of */
	uid_t uid;
	gid_t gid;
	struct user *user; /* owned: one reference */
	uint32_t children;
	enum config_source children_source;
	uint64_t process_limit; /* of the account; CGROUP_UNLIMITED: none */
	enum config_source process_source;
	bool is_contradiction; /* more children than processes, as somebody wants it */
	uint32_t pgrp_max_idle_s;
	uint32_t max_process_time_s;
	uint32_t slow_time_s;    /* 0: no request is called slow */
	uint32_t max_lifetime_s; /* 0: for ever */
	uint64_t max_memory;     /* bytes; 0: any */
	struct wait_settings wait;
	uint32_t max_connections;  /* kept for further requests */
	uint32_t pgrp_max_reqs;    /* 0: any number */
	uint32_t pgrp_max_crashes; /* 0: any number */
	bool has_connection_pool;  /* else a connection serves one request */
	bool has_dump_debug_info;  /* of a child that ran for too long */
	bool has_criu_reset;       /* its image goes with the Apache that used it */
	enum freeze_mode criu;
	uint32_t initial_start; /* requests before it is frozen; 0: never */
	uint32_t known_by;      /* sessions */

	int listen_fd; /* owned: from the first start to the end of the pool */
	struct pool_parent parent;
	uint64_t former_end_ns;           /* a parent before it ended then; 0: none did */
	struct start_ticket start_ticket; /* waits for its turn to start */
	struct list_node replace_node;    /* waits for its turn to be replaced */
	bool is_stopped;                  /* an administrator has: nothing of it is started */
	bool is_wanted_again;             /* DRAINING, and somebody waits for the next parent */
	struct backoff backoff;
	struct unborn unborn;
	enum reason fail_reason;
	char *fail_text; /* owned; NULL: nothing to tell */

	struct list unheld;    /* backends; most recently used first */
	struct list held;      /* backends under a lease; longest held first */
	struct care *care;     /* owned; NULL: it was never active */
	struct freeze *freeze; /* owned; NULL: it was never started */
	struct waitq waitq;
	struct held_back held_back; /* the first of them waits for the host alone */
	bool is_wanting;            /* held leases are marked WANTED, as somebody waits */
	uint64_t last_close_ns;     /* a connection was given up: until then the pool was in use */
	struct event *idle_timer;   /* owned; NULL: it never ran */
	struct event *wait_timer;   /* owned; NULL: nobody has waited yet */
	struct list pipes;          /* stderr pipes: that of the parent and of earlier ones */
	struct pool_log *log;       /* owned; NULL: the daemon's log has all that they write */
	struct pool_counts counts;
	struct refusals *refusals; /* owned; NULL: it has refused nothing yet */
	struct figures *figures;   /* owned; NULL: nobody has had a connection yet */
};

/** The fields of a log line that say which pool it tells of. */
#define F_POOL(p)                                                                                  \
	F_STR("pool", (p)->name), F_UINT("pool_id", (p)->id), F_STR("user", pool_user_name(p)),    \
		F_UINT("uid", (p)->uid)

/*
 * Tens of thousands may be known on one host, and few of them run: all that only those need is
 * apart. With what finds it, a cold pool has to stay below 1 KiB and its strings (scale.py).
 */
_Static_assert(sizeof(struct pool) <= 896, "a pool that rests is small");

/**
 * pool_new() - a cold pool
 * @spec: checked; copied
 *
 * Return: 0; 1 if the specification lacks what a pool needs (*ret_what: the key); -errno.
 */
int pool_new(struct manager *m, uint32_t id, const struct pool_spec *spec, struct pool **ret_pool,
	const char **ret_what) ATTR_MUST_USE;

/** pool_free() - closes all connections, and the socket; accepts NULL; returns NULL */
struct pool *pool_free(struct pool *p);

/**
 * pool_complete_spec() - the specification as the configuration in force completes it
 * @out: POOL_SPEC_MAX_BYTES; *ret_spec views it
 *
 * The host is asked what the account may have now.
 * If it grows too large by the user's own file, that file is left out.
 *
 * Return: 0; enum pool_spec_error
 */
int pool_complete_spec(struct pool *p, char *out, struct pool_spec *ret_spec) ATTR_MUST_USE;

/**
 * pool_prepare_start() - the same for a parent that is to be started with it: from now on the pool
 * has as many children as it says
 */
int pool_prepare_start(struct pool *p, char *out, struct pool_spec *ret_spec) ATTR_MUST_USE;

/** pool_settings_hash() - of a completed specification, and of what its handler's name stands for
 */
uint64_t pool_settings_hash(const struct manager *m, const struct pool_spec *complete);

/** pool_find_file() - the section that speaks of such a pool; NULL: none */
const struct config_pool *pool_find_file(struct manager *m, const struct pool_spec *spec);

/** pool_handler() - the one that a pool with @spec would have; NULL: none is named */
const char *pool_handler(struct manager *m, const struct pool_spec *spec);

/**
 * pool_apply_config() - take what the configuration in force says
 *
 * Return: true if a parent that runs was started with other settings.
 */
bool pool_apply_config(struct pool *p);

/** pool_leaving() - connections whose children were told to end */
static inline uint32_t pool_leaving(const struct pool *p)
{
	return p->care ? (uint32_t)p->care->leaving.count : 0;
}

/** pool_connections() - all of them, held or not, or leaving */
static inline uint32_t pool_connections(const struct pool *p)
{
	return (uint32_t)(p->unheld.count + p->held.count) + pool_leaving(p);
}

/** pool_user_name() - its account, as accounts_name() knows it */
const char *pool_user_name(const struct pool *p);

/** pool_listen() - bind and listen if that was not done yet. Return: 0; -errno */
int pool_listen(struct pool *p) ATTR_MUST_USE;

/** pool_unlisten() - close the socket and remove its name; nothing if there is none */
void pool_unlisten(struct pool *p);

/** pool_has_pending() - does a connection wait in the backlog, accepted by nobody? */
bool pool_has_pending(const struct pool *p);

/**
 * pool_flush_backlog() - accept and close what waits in the backlog
 *
 * The kernel then tells each holder ECONNRESET with its request unread: proof that it was not
 * executed. Were they only shut down on our side, the next parent would find and run them.
 */
void pool_flush_backlog(struct pool *p);

/** pool_fail_text_set() - why it failed, for people; printf-like, cut at CONTROL_MAX_TEXT */
void pool_fail_text_set(struct pool *p, const char *format, ...) ATTR_PRINTF(2, 3);
