#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What one Apache process holds of lsapid: the control connection, the pools it has met, leases.
 * Nothing of httpd is in here, so that all of it can run in a test.
 *
 * global       what the parent has prepared for its children
 * process      made in child_init, lives as long as the child
 *   session    the control connection, shared by the threads of the process
 *   pool       insert-only cache with the pool id
 *   conn       kept connections, the idle ones in a LIFO per pool
 *   scratch    free list of big buffers, one per request in flight
 *
 * Order of locks: the session's own, then shim_process.lease_lock. No other two are held at once.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/control.h"
#include "proto/lease_table.h"
#include "proto/lsapi.h"

/** One read of a response, one bucket of it, one piece of a request body. */
#define SHIM_BUFFER_SIZE 65536U

/** What post_config prepares as root, for the children. */
struct shim_global {
	const char *socket_path;
	const char *key_path;
	bool has_key;
	bool has_notes; /* the configuration asks for notes of its requests */
	uint8_t key[CONTROL_KEY_SIZE];
	uint64_t instance;            /* of this configuration: see control_hello; 0: none */
	_Atomic bool *has_warned;     /* of each server in httpd's order, shared by all children */
	struct shim_names *names;     /* shared by all children; NULL if no server needs them */
	uint32_t answer_ms;           /* SHIM_SESSION_ANSWER_MS, but in tests */
	struct shim_process *process; /* set in child_init */
};

/* --- process ----------------------------------------------------------------------------- */

/**
 * The lease table of one life of the control connection. Leases that are held keep it mapped
 * when the manager has gone.
 */
struct shim_table {
	struct lease_table *map; /* owned: mmap */
	unsigned refs;    /* the session and each connection; under shim_process.lease_lock */
	uint32_t session; /* from WELCOME */
	struct shim_conn *idle_by_slot[LEASE_TABLE_SLOTS]; /* ref; under lease_lock */
};

/** A connection to a backend that this process holds a lease of. */
struct shim_conn {
	int fd; /* owned */
	uint32_t slot;
	uint64_t generation;
	struct shim_table *table; /* owned: one reference */
	struct shim_pool *pool;   /* borrowed: process */
	struct shim_conn *next;   /* idle list; under lease_lock */
	struct shim_conn *prev;
	uint64_t cpu_ns;      /* that the child had spent when it was last looked at ... */
	bool has_cpu;         /* ... if it is known */
	int timeout_s;        /* what SO_RCVTIMEO and SO_SNDTIMEO were set to */
	uint32_t grant_flags; /* CONTROL_GRANT_*; 0 from the second request on */
	uint32_t child_pid;   /* 0 if not told */
	bool has_request;     /* one was begun on it, and not counted yet */
	bool is_error;        /* ... and came to nothing good */
};

/** What distinguishes one pool from another within a configuration. */
struct shim_pool_key {
	const void *server; /* of httpd: compared, never looked into here */
	const char *handler;
	const char *docroot;
	const char *phprc; /* lsapi_phprc Env: what the request says; else "" */
	const char *host;  /* lsapi_use_req_hostname: that of the request; else "" */
	uid_t uid;
	gid_t gid;
};

/** A pool as this process knows it; never freed, so that it can be found without a lock. */
struct shim_pool {
	struct shim_pool *next;   /* hash chain, set before it is published */
	struct shim_pool_key key; /* strings owned: in the memory of the entry */
	char *spec;               /* owned */
	size_t spec_size;
	uint32_t id;            /* 0: not asked yet; under pool_lock */
	uint64_t boot_id;       /* of the manager that gave the id; under pool_lock */
	struct shim_conn *idle; /* LIFO; under lease_lock */
	_Atomic(char *) user;   /* owned: name of the account; NULL: not asked yet */
};

#define SHIM_POOL_BUCKETS 1024U
/** A user who rewrites .htaccess for ever with new handler names fills no memory. */
#define SHIM_POOLS_MAX 32768U

/** Buffers of one request in flight: kept, never cleared. */
struct shim_scratch {
	struct shim_scratch *next;
	struct lsapi_request_encoder encoder;
	uint8_t packet[LSAPI_REQUEST_MAX + 1];
	uint8_t input[SHIM_BUFFER_SIZE];
};

struct shim_session;
struct shim_accounts;
struct shim_names;

struct shim_process {
	struct shim_session *session;   /* owned */
	struct shim_accounts *accounts; /* owned */
	uid_t uid;                      /* what Apache runs as: the default identity */
	gid_t gid;
	pthread_mutex_t lease_lock; /* idle lists and table references; short */
	pthread_mutex_t pool_lock;  /* inserting pools, and their ids */
	pthread_mutex_t scratch_lock;
	struct shim_scratch *scratch;
	unsigned pool_count;
	_Atomic(struct shim_pool *) bucket[SHIM_POOL_BUCKETS];
};

/**
 * shim_process_new() - in child_init; NULL without memory
 *
 * Never freed: when httpd ends a child in a hurry, threads still run while its pools are
 * destroyed. The kernel closes what is open, and so the manager sees the session end.
 */
struct shim_process *shim_process_new(const struct shim_global *global);

/** shim_scratch_get() - buffers for one request; NULL without memory */
struct shim_scratch *shim_scratch_get(struct shim_process *p);
void shim_scratch_put(struct shim_process *p, struct shim_scratch *s);

/** shim_clock_ns() - CLOCK_MONOTONIC, as the lease table wants it */
uint64_t shim_clock_ns(void);

/* --- control connection ------------------------------------------------------------------ */

/** Answer to one POOL, LEASE or STATUS, or why there is none. */
struct shim_reply {
	enum control_type type; /* POOL_OK, DENIED, GRANT, REJECT, DOCUMENT */
	uint32_t reason;        /* DENIED, REJECT: enum reason */
	uint32_t in_use;        /* REJECT */
	uint32_t limit;
	uint32_t queued;
	uint32_t retry_after_s;
	uint32_t status; /* REJECT: of HTTP; 0: none is told */
	uint32_t pool;   /* POOL_OK */
	struct control_grant grant;
	int fd;                   /* GRANT, DOCUMENT: owned by the receiver */
	struct shim_table *table; /* GRANT: owned, one reference */
	uint64_t boot_id;         /* of the manager that answered */
	char text[CONTROL_MAX_TEXT + 1];
};

enum shim_session_error {
	SHIM_SESSION_E_LOST = 1,  /* the connection broke: ask again, it reconnects */
	SHIM_SESSION_E_CONNECT,   /* no daemon: error has the errno */
	SHIM_SESSION_E_REFUSED,   /* HELLO was denied: reason and text in the reply */
	SHIM_SESSION_E_TIMEOUT,   /* connected, but no answer */
	SHIM_SESSION_E_KEY,       /* the key could not be read */
	SHIM_SESSION_E_TOO_LARGE, /* the message does not fit its bounds */
	SHIM_SESSION_E_GONE       /* the client left while its request was queued */
};

/** Who waits for what; all times are from now. */
struct shim_call {
	enum control_type type;       /* CONTROL_POOL, CONTROL_LEASE or CONTROL_STATUS */
	const struct shim_pool *pool; /* POOL */
	uint32_t pool_id;             /* LEASE */
	uint32_t wait_ms;             /* LEASE */
	uint32_t flags;               /* LEASE: CONTROL_LEASE_* */
	int client_fd;    /* LEASE: watched for its end while it is queued; -1: nobody */
	uint64_t boot_id; /* LEASE: only to the manager that gave the id; 0 any */
	int error;        /* out: errno of SHIM_SESSION_E_CONNECT */
};

struct shim_session *shim_session_new(struct shim_process *p, const struct shim_global *global);

/**
 * shim_session_call() - one question to the manager, one answer
 *
 * Connects if need be (one try). Threads share the connection: one receives and hands replies
 * out, the others wait for theirs. Answers nobody waits for any more are given back.
 *
 * A LEASE that is queued gives up when the client leaves: its end of the connection is closed, or
 * at least its sending half, which is all that can be seen from here.
 *
 * Return: 0 and @ret_reply; enum shim_session_error. Never blocks for longer than
 *         shim_global.answer_ms, and what the manager says that it queues the request for.
 */
int shim_session_call(struct shim_session *s, struct shim_call *call, struct shim_reply *ret_reply);

/**
 * shim_session_return() - RETURN of a lease, for which there is no reply
 *
 * Nothing is sent when @conn is of an earlier connection: the manager knows already.
 */
void shim_session_return(struct shim_session *s, const struct shim_conn *conn);

/** shim_session_close() - CLOSE of a lease, in the same way */
void shim_session_close(
	struct shim_session *s, const struct shim_conn *conn, enum control_close why);

/** How long the manager may think about a question that needs no waiting. */
#define SHIM_SESSION_ANSWER_MS 10000U

/** A stop that takes longer than this is none that a request can wait for. */
#define SHIM_LEASE_STOPPING_MS 90000U

/* --- leases ------------------------------------------------------------------------------ */

/** shim_lease_has_foreign_pid() - the pid of its child means nothing here: PHP was thawed */
bool shim_lease_has_foreign_pid(const struct shim_conn *conn);

/** Why there is no connection, for the status and the log line. */
struct shim_lease_failure {
	int session_error;       /* enum shim_session_error, or 0: the manager said no */
	int error;               /* errno */
	struct shim_reply reply; /* reason, figures, text */
};

/** How hard to try, from the configuration of the request. */
struct shim_lease_terms {
	uint32_t wait_ms; /* longest to queue */
	uint32_t flags;   /* CONTROL_LEASE_* */
	int client_fd;    /* borrowed: who waits for the answer; -1: nobody that could be watched */
	int timeout_s;    /* lsapi_poll_timeout */
	int tries;        /* to reach the daemon ... */
	int pause_us;     /* ... with at most this between two */
	uint32_t stopping_ms; /* to wait for a daemon that says that it stops */
};

/**
 * shim_lease_take() - a connection to a backend of @pool
 *
 * Fast: an idle one of this process, without a system call. Slow: ask the manager.
 *
 * Return: the connection, to be given to shim_lease_done() or shim_lease_drop(); NULL and
 *         @reterr_failure.
 */
struct shim_conn *shim_lease_take(struct shim_process *p, struct shim_pool *pool,
	const struct shim_lease_terms *terms, struct shim_lease_failure *reterr_failure);

/** shim_lease_begin() - this request runs on it now, for whoever looks */
void shim_lease_begin(struct shim_conn *conn, const struct lease_request *request);

/** shim_lease_done() - after a complete response: keep the connection, or return it if wanted */
void shim_lease_done(struct shim_process *p, struct shim_conn *conn);

/** shim_lease_drop() - the connection can not be used again; it is shut down and closed */
void shim_lease_drop(struct shim_process *p, struct shim_conn *conn, enum control_close why);

/** shim_lease_end() - the same after a complete response: the request counts */
void shim_lease_end(struct shim_process *p, struct shim_conn *conn, enum control_close why);

/** shim_lease_note_pid() - tell the manager who serves it */
void shim_lease_note_pid(struct shim_conn *conn, int32_t pid);

/** What lsapid did to the request that a lease serves, or knows of its end. */
struct shim_fate {
	enum lease_fate fate;
	uint32_t limit_s; /* the limit that was passed; KILLED: crash_pack() */
	uint64_t ran_ms;
};

/** shim_lease_get_fate() - of a failed exchange; before the connection is dropped */
struct shim_fate shim_lease_get_fate(const struct shim_conn *conn);

/**
 * shim_lease_wait_fate() - the same, when the child has gone: why is known a moment later, as its
 * parent has to tell
 */
struct shim_fate shim_lease_wait_fate(const struct shim_conn *conn);

/** shim_table_unref() - give one reference back; under lease_lock */
void shim_table_unref(struct shim_table *t);

/* --- pools ------------------------------------------------------------------------------- */

/** shim_pool_find() - the pool of a request, if this process has met it; borrowed: process */
struct shim_pool *shim_pool_find(struct shim_process *p, const struct shim_pool_key *key);

/** shim_pool_count_phprc() - pools of the server and user of @key that have a PHPRC of their own */
size_t shim_pool_count_phprc(struct shim_process *p, const struct shim_pool_key *key);

/**
 * shim_pool_add() - the same, made if need be
 * @spec: its specification, copied; of two threads that come with the same key one wins
 *
 * Return: the pool, borrowed: process; NULL and @reterr_why.
 */
struct shim_pool *shim_pool_add(struct shim_process *p, const struct shim_pool_key *key,
	const char *spec, size_t spec_size, const char **reterr_why);

/** The manager's id of a pool, which means something else, or nothing, to the next manager. */
struct shim_pool_id {
	uint32_t id; /* 0: not known */
	uint64_t boot_id;
};

/**
 * shim_pool_get_id() - both parts as one thread has set them
 *
 * Never one part of an older id with the other of a newer: it could be another pool's by now.
 */
struct shim_pool_id shim_pool_get_id(struct shim_process *p, const struct shim_pool *pool);
void shim_pool_set_id(struct shim_process *p, struct shim_pool *pool, struct shim_pool_id id);
