#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One connection to a child of an lsphp pool: the manager's duplicate of the socket, and what is
 * known about who holds it. The manager never reads or writes it: it can shut it down, close it,
 * look whether it is clean, and is told when the other end closes it (hangup.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/manager/graveyard.h"
#include "daemon/manager/overdue.h"
#include "daemon/manager/slow.h"
#include "proto/priv.h"

struct lease_note;
struct lease_slot;
struct pool;
struct session;

struct backend {
	struct list_node node;        /* in pool's unheld, held or leaving */
	struct list_node hangup_node; /* hung up while busy: looked at again */
	struct list_node await_node;  /* awaited: watched for the first byte, which proves that the
				       * pool serves */
	struct list_node spare_node;  /* in the notes of spares.h */
	struct grave grave;
	struct pool *pool;      /* borrowed */
	int fd;                 /* owned; blocking, shared with the holder */
	uint64_t spawn_id;      /* parent it was made for */
	uint64_t since_ns;      /* connected */
	uint64_t idle_since_ns; /* nobody holds it since */
	uint32_t requests;      /* as far as told */
	uint32_t child_pid;     /* 0: not told; as its own pid namespace has it */
	uint32_t host_pid;      /* of the same child, if its parent was thawed; 0: not looked up */
	bool is_thawed;         /* the parent it was made for was, and is about to end */
	bool has_hung_up;       /* the other end has closed */
	bool is_doubtful;    /* made while a parent retired, or soon after: it or a child of it may
			      * have taken it, or the next one; or one too many: closed when its
			      * request is done */
	bool is_condemned;   /* its child is being ended: nobody gets it again */
	bool is_suspect;     /* asked for because of its child's memory: weighed when it is back */
	bool is_killed;      /* leaving, and SIGTERM did not do */
	bool is_surplus;     /* one more than max_connections: its child ends with its request */
	bool is_asked_back;  /* it comes back after each request, whoever waits */
	bool is_knock;       /* made to see its parent serve (steer_deed.h) */
	bool is_timing;      /* its first answer tells how long the start took (thaw.h) */
	uint64_t leaving_ns; /* its child was told to end */
	uint32_t weighed_requests; /* requests done when its child was weighed last */
	uint32_t weigh_round;      /* see struct care */
	struct overdue overdue;
	struct slow slow;

	/* the lease, if somebody holds it */
	struct session *session; /* borrowed; NULL: unheld */
	uint32_t slot;
	uint64_t generation;
};

/**
 * backend_connect() - a new connection to the pool's socket
 *
 * In the pool's unheld list on success, watched, blocking.
 *
 * Return: 0; -EAGAIN when the backlog is full; -EMFILE and the like; other -errno.
 */
int backend_connect(struct pool *p, struct backend **ret_backend) ATTR_MUST_USE;

/**
 * backend_close() - shut the connection down for every holder of it, close ours, forget it
 *
 * Must not be under a lease any more (lease_end()).
 */
void backend_close(struct backend *b);

/** backend_slot() - of its lease, which it must have */
struct lease_slot *backend_slot(const struct backend *b);
/** backend_note() - what its lease is used for; it must have one */
struct lease_note *backend_note(const struct backend *b);

/**
 * backend_told_pid() - of its child, as told by whoever holds it now or held it last; 0: not told
 *
 * That of a parent which was thawed is of its own pid namespace: nspid.h.
 */
uint32_t backend_told_pid(const struct backend *b);

/** backend_child_pid() - the same as this host has it; 0: not known */
uint32_t backend_child_pid(struct backend *b);

/** backend_settle_pids() - a parent ends: what only it can tell of its children is asked now */
void backend_settle_pids(struct pool *p);

/** backend_is_of_thawed() - was the parent it was made for thawed? Then its pids are foreign ones
 */
bool backend_is_of_thawed(const struct backend *b);

/**
 * backend_seems_thawed() - the same, and as long as the supervisor has not told: from an image
 *
 * PHP that is thawed may have answered before the supervisor has told that it is.
 */
bool backend_seems_thawed(const struct backend *b);

/** backend_requests() - done on it, as told in the same way */
uint32_t backend_requests(const struct backend *b);

/** backend_signal() - have its child signalled by the supervisor; nothing if its pid is not known
 */
void backend_signal(struct backend *b, enum priv_signal what);

/** backend_cut() - shut it down for its holder, whose the lease stays */
void backend_cut(const struct backend *b);

/** backend_is_clean() - open at the other end, and no stale byte to read */
bool backend_is_clean(const struct backend *b);

/** backend_is_unread() - bytes that the holder wrote were not all read by lsphp */
bool backend_is_unread(const struct backend *b);
