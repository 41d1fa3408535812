#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One connection on the control socket: credentials, messages in, answers out. What comes in is
 * not trusted: a peer that breaks the protocol or does not read its answers loses its connection,
 * and no other notices. One message is read per event, so that all take turns.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/manager/access.h"
#include "daemon/manager/graveyard.h"
#include "daemon/manager/outbox.h"
#include "proto/control.h"

/** Answers that a peer may leave unread beyond the socket's own buffer; one per thread is usual. */
#define PEER_QUEUE 256U
/** Connections that have not said HELLO; a burst of new Apache processes fits. */
#define PEER_GREETING_LIMIT 1024U
/** ... and how long they may stay so. */
#define PEER_GREETING_S 10

struct manager;
struct session;

/** What an administrator waits for, whose command takes its time. */
enum peer_waiting {
	PEER_WAIT_NOT = 0,
	PEER_WAIT_IMAGES,
	PEER_WAIT_FREEZE,
	PEER_WAIT_EXPLAIN,
	PEER_WAIT_ORDER,
	PEER_WAIT_DRY_RUN
};

struct peer {
	struct list_node node; /* in greeting (no session) or in the manager's peers */
	struct grave grave;
	struct manager *manager; /* borrowed */
	struct session *session; /* owned; NULL until HELLO */
	int fd;                  /* owned */
	uid_t uid;
	pid_t pid;
	unsigned roles;    /* ACCESS_* */
	uint64_t since_ns; /* last message while it has no session */
	bool is_dead;
	bool is_closing; /* close it when its answers are sent */
	bool is_writing;
	uint32_t reload_sequence; /* of its RELOAD that waits for an answer, if is_reloading */
	bool is_reloading;
	enum peer_waiting waits_for;
	uint64_t wait_id; /* of IMAGES; of the pool; of the explanation; of the order */
	uint32_t wait_sequence;
	struct event read_event;
	struct event write_event;
	struct outbox outbox;
};

/** peer_new() - a connection was accepted at @door; @fd is consumed in every case. Return: 0;
 * -errno */
int peer_new(struct manager *m, int fd, enum access_door door) ATTR_MUST_USE;

/**
 * peer_drop() - end it; it and its session are freed when the turn of the loop ends
 * @why: for the log; static; NULL: it left by itself
 */
void peer_drop(struct peer *p, const char *why);

static inline bool peer_is_dead(const struct peer *p)
{
	return p->is_dead;
}

/** peer_close_after_answers() - nothing more is read from it */
void peer_close_after_answers(struct peer *p);

/** peer_wait() - note what it waits for; its next command takes the place of this one */
void peer_wait(struct peer *p, enum peer_waiting what, uint64_t id, uint32_t sequence);

/**
 * peer_answer() - everybody who waits for this
 * @status: 0 or an errno; EINPROGRESS: they wait on
 */
void peer_answer(
	struct manager *m, enum peer_waiting what, uint64_t id, const char *json, int status);

/** peer_is_waiting() - does anybody? */
bool peer_is_waiting(const struct manager *m, enum peer_waiting what, uint64_t id);

/** peer_expire() - drop those that have been connected for long without HELLO */
void peer_expire(struct manager *m, uint64_t now_ns);

/* Answers. A descriptor is not consumed. Failures are the peer's own: it is dropped. */
void peer_send_welcome(struct peer *p, uint32_t seq, const struct control_welcome *m, int table_fd);
void peer_send_pool_ok(struct peer *p, uint32_t seq, const struct control_pool_ok *m);
void peer_send_denied(struct peer *p, uint32_t seq, uint32_t reason, const char *text);
void peer_send_grant(struct peer *p, uint32_t seq, const struct control_grant *m, int fd);
void peer_send_queued(struct peer *p, uint32_t seq, const struct control_queued *m);
void peer_send_reject(struct peer *p, uint32_t seq, const struct control_reject *m);
/** @json: NUL-terminated; NULL: out of memory; @status: 0 or an errno */
void peer_send_document(struct peer *p, uint32_t seq, const char *json, int status);
