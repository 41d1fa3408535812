#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The control protocol between lsapid-manager and its clients: the shim in each Apache process,
 * and lsapidctl. Unix socket, SOCK_SEQPACKET: one message is one datagram, with its descriptors.
 *
 * Header, 12 bytes, little-endian: u16 type, u16 version, u32 length (header included),
 * u32 sequence. A reply repeats the sequence of its request; requests that have no reply may use
 * any. Requests are even, replies odd. Unknown types, wrong lengths and left-over bytes are
 * violations: the manager drops such a client, and no other notices.
 *
 *   shim                                 manager
 *   HELLO version, key, instance, ...->
 *                                    <-  WELCOME session + lease table memfd | DENIED reason
 *   POOL specification               ->
 *                                    <-  POOL_OK pool id | DENIED reason, text
 *   LEASE pool, wait                 ->
 *                                    <-  GRANT slot, generation + connected fd | REJECT reason ...
 *                                        (QUEUED before one of them if it has to wait)
 *   RETURN slot, generation          ->     (done, but the word said WANTED; no reply)
 *   CLOSE slot, generation, why, pid ->     (connection is dead or not reusable; no reply)
 *   CANCEL sequence                  ->     (the waiter of that LEASE has gone; no reply)
 *   TERMINATE key, instance          ->     (that Apache has ended; needs no HELLO; no reply)
 *
 *   lsapidctl                            manager
 *   STATUS                           ->
 *                                    <-  DOCUMENT + memfd with JSON
 *   RELOAD                           ->
 *                                    <-  DOCUMENT + memfd with JSON
 *   WHY pool                         ->
 *                                    <-  DOCUMENT + memfd with JSON
 *   CRIU what, pool                  ->
 *                                    <-  DOCUMENT + memfd with JSON, when it is done
 *   STEER action, target, wait       ->
 *                                    <-  DOCUMENT + memfd with JSON, when it is done or the time
 *                                        is over (with PROGRESS some before that)
 *   SHOW query                       ->
 *                                    <-  DOCUMENT + memfd with JSON, when it was judged
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/pool_spec.h"
#include "proto/reason.h"
#include "proto/wire.h"

#define CONTROL_VERSION     2U
#define CONTROL_HEADER_SIZE 12U
/** A POOL with the largest specification fits; nothing longer is ever read. */
#define CONTROL_MAX_MESSAGE (POOL_SPEC_MAX_BYTES + 64U)
#define CONTROL_KEY_SIZE    32U
#define CONTROL_MAX_NAME    255U
#define CONTROL_MAX_TEXT    1023U

enum control_type {
	CONTROL_HELLO = 2,
	CONTROL_WELCOME = 3,
	CONTROL_POOL = 4,
	CONTROL_POOL_OK = 5,
	CONTROL_DENIED = 7,
	CONTROL_LEASE = 8,
	CONTROL_GRANT = 9,
	CONTROL_REJECT = 11,
	CONTROL_RETURN = 12,
	CONTROL_QUEUED = 13,
	CONTROL_CLOSE = 14,
	CONTROL_CANCEL = 16,
	CONTROL_TERMINATE = 18,
	CONTROL_STATUS = 32,
	CONTROL_RELOAD = 34,
	CONTROL_WHY = 36,
	CONTROL_CRIU = 38,
	CONTROL_STEER = 40,
	CONTROL_SHOW = 42,
	CONTROL_DOCUMENT = 33
};

/** Why the shim closes a leased connection: decides what the manager counts. */
enum control_close {
	CONTROL_CLOSE_DONE = 0,     /* backend said so: CONN_CLOSE or request limit; not a fault */
	CONTROL_CLOSE_UNUSED = 1,   /* closed before it took the request (safe retry follows) */
	CONTROL_CLOSE_DIED = 2,     /* ended in the middle of a request */
	CONTROL_CLOSE_PROTOCOL = 3, /* sent what is no LSAPI */
	CONTROL_CLOSE_TIMEOUT = 4,  /* no answer within lsapi_poll_timeout */
	CONTROL_CLOSE_ABORTED = 5,  /* the client went away in the middle of the response */
	CONTROL_CLOSE_COUNT
};

/** What CRIU of lsapidctl wants. */
enum control_criu_what {
	CONTROL_CRIU_CHECK = 0, /* does it work here */
	CONTROL_CRIU_LIST,      /* all images */
	CONTROL_CRIU_RESET,     /* remove those of the pool */
	CONTROL_CRIU_RESET_ALL,
	CONTROL_CRIU_FREEZE, /* the pool, now */
	CONTROL_CRIU_COUNT
};

/** What STEER of lsapidctl wants done. */
enum control_steer_action {
	CONTROL_STEER_DRAIN = 0, /* its PHP ends when it has finished what it runs */
	CONTROL_STEER_RESTART,   /* the same, and fresh PHP is started at once */
	CONTROL_STEER_STOP,      /* the same, and no PHP is started until it is lifted */
	CONTROL_STEER_KILL,      /* SIGKILL to all of its PHP */
	CONTROL_STEER_WARM,      /* start it now */
	CONTROL_STEER_LOG_LEVEL, /* show the level, or set it; text: the level */
	CONTROL_STEER_TRY,       /* what would a reload do? */
	CONTROL_STEER_ACTION_COUNT
};

/** To whom. */
enum control_steer_kind {
	CONTROL_STEER_NOBODY = 0, /* LOG_LEVEL, TRY */
	CONTROL_STEER_POOL,       /* text: number or name, or a pattern of names with * and ? */
	CONTROL_STEER_USER,       /* text: name or number of an account */
	CONTROL_STEER_ALL,
	CONTROL_STEER_KIND_COUNT
};

enum control_error {
	CONTROL_E_TRUNCATED = 1, /* shorter than its header says, or than its body needs */
	CONTROL_E_TRAILING,      /* bytes left over */
	CONTROL_E_VERSION,       /* header of another protocol version */
	CONTROL_E_TYPE,          /* not the type that this decoder is for, or an unknown one */
	CONTROL_E_VALUE          /* a field out of its range */
};

struct control_header {
	uint16_t type;
	uint16_t version;
	uint32_t length;
	uint32_t sequence;
};

struct control_hello {
	uint32_t version;
	uint8_t key[CONTROL_KEY_SIZE];
	uint64_t instance; /* one configuration of one Apache, as its parent drew it; 0: none */
	struct wire_bytes server; /* <= CONTROL_MAX_NAME: which Apache, for status and logs */
};

struct control_welcome {
	uint32_t session;
	uint32_t slot_count;
	uint64_t boot_id; /* changes with every life of the manager: pool ids of another are void */
};
/* with it a descriptor: lease table */

struct control_pool {
	struct wire_bytes spec; /* <= POOL_SPEC_MAX_BYTES; check with pool_spec_parse() */
};

struct control_pool_ok {
	uint32_t pool;     /* never 0 */
	uint32_t children; /* effective limit */
};

struct control_denied {
	uint32_t reason;        /* enum reason; a newer daemon may send others */
	struct wire_bytes text; /* <= CONTROL_MAX_TEXT: for error_log, with the figures */
};

struct control_lease {
	uint32_t pool;
	uint32_t wait_ms; /* longest time to queue, as Apache's side has it; 0: not at all */
	uint32_t flags;   /* CONTROL_LEASE_* */
};

/*
 * What the administrator has written on Apache's side; what he has not is the manager's to decide
 * (pool files, lsapid.conf). QUEUE and REJECT exclude each other.
 */
#define CONTROL_LEASE_QUEUE    1U /* lsapi_disable_reject_mode On */
#define CONTROL_LEASE_REJECT   2U /* lsapi_disable_reject_mode Off */
#define CONTROL_LEASE_WAIT_SET 4U /* wait_ms was written: lsapi_poll_timeout */

/** control_lease_flags_are_valid() - none that is unknown, and not both modes */
bool control_lease_flags_are_valid(uint32_t flags);

struct control_grant {
	uint32_t slot;
	uint32_t flags; /* CONTROL_GRANT_* */
	uint64_t generation;
};
/* with it a descriptor: connected LSAPI socket, blocking */

#define CONTROL_GRANT_FRESH 1U /* never used before: its child may have to be forked yet */
#define CONTROL_GRANT_COLD  2U /* the pool is starting for this request */
#define CONTROL_GRANT_ONCE  4U /* its child serves one request: to be closed after it */

struct control_queued {
	uint32_t wait_ms; /* a GRANT or REJECT follows within so long */
};

struct control_reject {
	uint32_t reason;
	uint32_t in_use;
	uint32_t limit;
	uint32_t queued;
	uint32_t retry_after_s;
	uint32_t status; /* of HTTP, for the browser; 0: as the receiver has it for the reason */
	struct wire_bytes text; /* <= CONTROL_MAX_TEXT */
};

struct control_return {
	uint32_t slot;
	uint64_t generation;
};

struct control_close_lease {
	uint32_t slot;
	uint32_t why; /* enum control_close */
	uint64_t generation;
	uint32_t child_pid; /* 0 if unknown */
};

struct control_cancel {
	uint32_t lease_sequence;
};

struct control_why {
	/* <= CONTROL_MAX_NAME: number or name of a pool, or an account; empty: the whole host */
	struct wire_bytes what;
};

struct control_criu {
	uint32_t what; /* enum control_criu_what */
	/* <= CONTROL_MAX_NAME: number or name of a pool, for RESET and FREEZE; else empty */
	struct wire_bytes pool;
};

struct control_steer {
	uint32_t action;        /* enum control_steer_action */
	uint32_t kind;          /* enum control_steer_kind */
	uint32_t flags;         /* CONTROL_STEER_* */
	uint32_t wait_ms;       /* answer after so long at the latest; 0: when it is ordered */
	struct wire_bytes text; /* <= CONTROL_MAX_NAME, without a NUL */
};

#define CONTROL_STEER_PROGRESS 1U /* documents with the status EINPROGRESS come meanwhile */

/** control_steer_is_valid() - do its fields fit each other? */
bool control_steer_is_valid(const struct control_steer *m);
struct control_show {
	/*
	 * <= POOL_SPEC_MAX_BYTES: key=value strings as in pool_spec.h: CONTROL_SHOW_POOL, the
	 * number or name of a pool; or else CONTROL_SHOW_USER and, if they are given, SPEC_NAME,
	 * SPEC_HANDLER and SPEC_DOCROOT of a site that need not be known
	 */
	struct wire_bytes query;
};
#define CONTROL_SHOW_POOL "pool"
#define CONTROL_SHOW_USER "user"

struct control_terminate {
	uint8_t key[CONTROL_KEY_SIZE];
	uint64_t instance; /* never 0: its sessions' pools end unless another Apache uses them */
};

struct control_document {
	uint32_t size;   /* bytes in the memfd */
	uint32_t status; /* 0 or an errno: did the command succeed */
};
/* with it a descriptor: memfd with JSON */

/*
 * Encoders: write one whole message to @out and return its size; 0 if it does not fit or a field
 * is out of its bounds (a mistake of the caller). CONTROL_MAX_MESSAGE bytes suffice for all.
 */
size_t control_encode_hello(uint8_t *out, size_t size, uint32_t seq, const struct control_hello *m);
size_t control_encode_welcome(
	uint8_t *out, size_t size, uint32_t seq, const struct control_welcome *m);
size_t control_encode_pool(uint8_t *out, size_t size, uint32_t seq, const struct control_pool *m);
size_t control_encode_pool_ok(
	uint8_t *out, size_t size, uint32_t seq, const struct control_pool_ok *m);
size_t control_encode_denied(
	uint8_t *out, size_t size, uint32_t seq, const struct control_denied *m);
size_t control_encode_lease(uint8_t *out, size_t size, uint32_t seq, const struct control_lease *m);
size_t control_encode_grant(uint8_t *out, size_t size, uint32_t seq, const struct control_grant *m);
size_t control_encode_queued(
	uint8_t *out, size_t size, uint32_t seq, const struct control_queued *m);
size_t control_encode_reject(
	uint8_t *out, size_t size, uint32_t seq, const struct control_reject *m);
size_t control_encode_return(
	uint8_t *out, size_t size, uint32_t seq, const struct control_return *m);
size_t control_encode_close(
	uint8_t *out, size_t size, uint32_t seq, const struct control_close_lease *m);
size_t control_encode_cancel(
	uint8_t *out, size_t size, uint32_t seq, const struct control_cancel *m);
size_t control_encode_why(uint8_t *out, size_t size, uint32_t seq, const struct control_why *m);
size_t control_encode_criu(uint8_t *out, size_t size, uint32_t seq, const struct control_criu *m);
size_t control_encode_steer(uint8_t *out, size_t size, uint32_t seq, const struct control_steer *m);
size_t control_encode_show(uint8_t *out, size_t size, uint32_t seq, const struct control_show *m);
size_t control_encode_terminate(
	uint8_t *out, size_t size, uint32_t seq, const struct control_terminate *m);
size_t control_encode_document(
	uint8_t *out, size_t size, uint32_t seq, const struct control_document *m);
/** for the types without a body: STATUS, RELOAD */
size_t control_encode_bare(uint8_t *out, size_t size, uint32_t seq, enum control_type type);

/**
 * control_decode_header() - first look at a received datagram
 *
 * Checks version, known type and that the length is that of the datagram; the body is checked by
 * the decoder of its type.
 *
 * Return: 0; enum control_error.
 */
int control_decode_header(const uint8_t *data, size_t size, struct control_header *ret);

/*
 * Decoders: check the whole message, header included. Byte fields view @data.
 *
 * Return: 0; enum control_error. *ret is written on success only.
 */
int control_decode_hello(const uint8_t *data, size_t size, struct control_hello *ret);
int control_decode_welcome(const uint8_t *data, size_t size, struct control_welcome *ret);
int control_decode_pool(const uint8_t *data, size_t size, struct control_pool *ret);
int control_decode_pool_ok(const uint8_t *data, size_t size, struct control_pool_ok *ret);
int control_decode_denied(const uint8_t *data, size_t size, struct control_denied *ret);
int control_decode_lease(const uint8_t *data, size_t size, struct control_lease *ret);
int control_decode_grant(const uint8_t *data, size_t size, struct control_grant *ret);
int control_decode_queued(const uint8_t *data, size_t size, struct control_queued *ret);
int control_decode_reject(const uint8_t *data, size_t size, struct control_reject *ret);
int control_decode_return(const uint8_t *data, size_t size, struct control_return *ret);
int control_decode_close(const uint8_t *data, size_t size, struct control_close_lease *ret);
int control_decode_cancel(const uint8_t *data, size_t size, struct control_cancel *ret);
int control_decode_why(const uint8_t *data, size_t size, struct control_why *ret);
int control_decode_criu(const uint8_t *data, size_t size, struct control_criu *ret);
int control_decode_steer(const uint8_t *data, size_t size, struct control_steer *ret);
int control_decode_show(const uint8_t *data, size_t size, struct control_show *ret);
int control_decode_terminate(const uint8_t *data, size_t size, struct control_terminate *ret);
int control_decode_document(const uint8_t *data, size_t size, struct control_document *ret);
int control_decode_bare(const uint8_t *data, size_t size, enum control_type type);

/** control_type_name() - "LEASE" and so on, "?" for an unknown one */
const char *control_type_name(unsigned type);

/** control_criu_has_pool() - does this want name a pool? */
static inline bool control_criu_has_pool(uint32_t what)
{
	return what == CONTROL_CRIU_RESET || what == CONTROL_CRIU_FREEZE;
}

/** control_close_name() - stable word for logs and JSON */
const char *control_close_name(unsigned why);
