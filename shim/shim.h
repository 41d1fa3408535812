#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * mod_lsapi.so inside: what its files share. Runs in Apache's processes.
 *
 * configuration            struct shim_config    per server and per directory, by httpd's pools
 * what the parent reads    struct shim_global    per configuration; the key, before the uid drop
 * what a child owns        struct shim_process   made in child_init, lives as long as the child
 *   its control connection struct shim_session   shared by the threads of the process
 *   pools it has used      struct shim_pool      insert-only cache with the pool id
 *   kept connections       struct shim_conn      idle ones in a LIFO per pool
 *   big buffers            struct shim_scratch   free list, one per request in flight
 * one request              struct shim_exchange  over one connection after another until it is done
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* before the other headers of httpd, which need it */
#include <httpd.h>

#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>

#include "proto/control.h"
#include "proto/lease_table.h"
#include "proto/lsapi.h"
#include "shim/shim_retry.h"

/* The module record must be visible to httpd; everything else is hidden. */
#pragma GCC visibility push(default)
APLOG_USE_MODULE(lsapi);
#pragma GCC visibility pop

/** One read of a response, one bucket of it, one piece of a request body. */
#define SHIM_BUFFER_SIZE 65536U

/* --- configuration ----------------------------------------------------------------------- */

/** Switches and numbers; each has a row in shim_directives.c with bounds and default. */
enum shim_setting {
	SHIM_ENGINE,
	SHIM_USE_SUEXEC,
	SHIM_USE_DEFAULT_UID,
	SHIM_PER_USER,
	SHIM_OUTPUT_BUFFERING,
	SHIM_DISABLE_REJECT_MODE,
	SHIM_DEBUG,
	SHIM_ACCEPT_NOTIFY,
	SHIM_POLL_TIMEOUT_S,
	SHIM_CHILDREN,
	SHIM_MAX_IDLE_S,
	SHIM_PGRP_MAX_IDLE_S,
	SHIM_MAX_REQS,
	SHIM_MAX_PROCESS_TIME_S,
	SHIM_CONNECT_TRIES,
	SHIM_CONNECT_TIMEOUT_US,
	SHIM_MAX_RESEND_KIB,
	SHIM_SETTING_COUNT
};

/** Distinct from every legal value, so that merging is right. */
#define SHIM_UNSET (-1)

/** A php_value, php_flag or admin form of them. */
struct shim_ini {
	const char *name;
	const char *value;
	enum lsapi_ini_class ini_class;
};

/** Server and directory configuration; each setting is used in one of the two. */
struct shim_config {
	int value[SHIM_SETTING_COUNT];
	bool has_identity; /* lsapi_uid_gid, lsapi_user_group */
	uid_t uid;
	gid_t gid;
	apr_array_header_t *ini;   /* struct shim_ini, names unique; NULL if none */
	apr_table_t *env;          /* lsapi_set_env; NULL if none */
	const char *path;          /* lsapi_set_env_path */
	const char *tmpdir;        /* lsapi_tmpdir */
	const char *daemon_socket; /* main server only, as is daemon_key */
	const char *daemon_key;
	struct shim_global *global; /* server configurations, from post_config on */
};

/** What post_config prepares as root, for the children. */
struct shim_global {
	const char *socket_path;
	const char *key_path;
	bool has_key;
	uint8_t key[CONTROL_KEY_SIZE];
	struct shim_process *process; /* set in child_init */
};

void *shim_config_create_server(apr_pool_t *p, server_rec *s);
void *shim_config_create_dir(apr_pool_t *p, char *dir);
void *shim_config_merge(apr_pool_t *p, void *base, void *add);

/** shim_config_of_server() - borrowed: httpd */
struct shim_config *shim_config_of_server(const server_rec *s);

/** shim_config_of_request() - the merged directory configuration; borrowed: httpd */
struct shim_config *shim_config_of_request(const request_rec *r);

/** shim_config_get() - effective value: what was written, else the documented default */
int shim_config_get(const struct shim_config *config, enum shim_setting setting);

/** shim_config_is_set() - was it written? Only then it goes into a pool specification. */
bool shim_config_is_set(const struct shim_config *config, enum shim_setting setting);

/** shim_config_add_ini() - one php_* setting; a later one with the same name replaces it */
void shim_config_add_ini(apr_pool_t *p, struct shim_config *config, const struct shim_ini *ini);

/** shim_directive_default() - from the table of directives */
int shim_directive_default(enum shim_setting setting);

extern const command_rec shim_directives[];

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
	int timeout_s;        /* what SO_RCVTIMEO and SO_SNDTIMEO were set to */
	uint32_t grant_flags; /* CONTROL_GRANT_*; 0 from the second request on */
	uint32_t child_pid;   /* 0 if not told */
};

/** What distinguishes one pool from another within a configuration. */
struct shim_pool_key {
	const server_rec *server;
	const char *handler;
	const char *docroot;
	uid_t uid;
	gid_t gid;
};

/** A pool as this process knows it; never freed, so that it can be found without a lock. */
struct shim_pool {
	struct shim_pool *next;   /* hash chain, set before it is published */
	struct shim_pool_key key; /* strings owned: in the memory of the entry */
	char *spec;               /* owned */
	size_t spec_size;
	_Atomic uint32_t id;      /* 0: not asked yet */
	_Atomic uint64_t boot_id; /* of the manager that gave the id */
	struct shim_conn *idle;   /* LIFO; under lease_lock */
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

struct shim_process {
	struct shim_session *session; /* owned */
	uid_t uid;                    /* what Apache runs as: the default identity */
	gid_t gid;
	pthread_mutex_t lease_lock; /* idle lists and table references; short */
	pthread_mutex_t pool_lock;  /* inserting pools */
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

/** Answer to one POOL or LEASE, or why there is none. */
struct shim_reply {
	enum control_type type; /* POOL_OK, DENIED, GRANT, REJECT */
	uint32_t reason;        /* DENIED, REJECT: enum reason */
	uint32_t in_use;        /* REJECT */
	uint32_t limit;
	uint32_t queued;
	uint32_t retry_after_s;
	uint32_t pool; /* POOL_OK */
	struct control_grant grant;
	int fd;                   /* GRANT: owned by the receiver */
	struct shim_table *table; /* GRANT: owned, one reference */
	uint64_t boot_id;         /* of the manager that answered */
	char text[CONTROL_MAX_TEXT + 1];
};

enum shim_session_error {
	SHIM_SESSION_E_LOST = 1, /* the connection broke: ask again, it reconnects */
	SHIM_SESSION_E_CONNECT,  /* no daemon: error has the errno */
	SHIM_SESSION_E_REFUSED,  /* HELLO was denied: reason and text in the reply */
	SHIM_SESSION_E_TIMEOUT,  /* connected, but no answer */
	SHIM_SESSION_E_KEY,      /* the key could not be read */
	SHIM_SESSION_E_TOO_LARGE /* the message does not fit its bounds */
};

/** Who waits for what; all times are from now. */
struct shim_call {
	enum control_type type; /* CONTROL_POOL or CONTROL_LEASE */
	const struct shim_pool *pool;
	uint32_t pool_id; /* LEASE */
	uint32_t wait_ms; /* LEASE */
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
 * Return: 0 and @ret_reply; enum shim_session_error. Never blocks for longer than wait_ms and
 *         SHIM_SESSION_ANSWER_MS.
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

/* --- leases ------------------------------------------------------------------------------ */

/** Why there is no connection, for the status and the log line. */
struct shim_lease_failure {
	int session_error;       /* enum shim_session_error, or 0: the manager said no */
	int error;               /* errno */
	struct shim_reply reply; /* reason, figures, text */
};

/** How hard to try, from the configuration of the request. */
struct shim_lease_terms {
	uint32_t wait_ms; /* 0: reject mode */
	int timeout_s;    /* lsapi_poll_timeout */
	int tries;        /* to reach the daemon ... */
	int pause_us;     /* ... with at most this between two */
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

/** shim_lease_done() - after a complete response: keep the connection, or return it if wanted */
void shim_lease_done(struct shim_process *p, struct shim_conn *conn);

/** shim_lease_drop() - the connection can not be used again; it is shut down and closed */
void shim_lease_drop(struct shim_process *p, struct shim_conn *conn, enum control_close why);

/** shim_lease_note_pid() - tell the manager who serves it */
void shim_lease_note_pid(struct shim_conn *conn, int32_t pid);

/** shim_table_unref() - give one reference back; under lease_lock */
void shim_table_unref(struct shim_table *t);

/* --- pools ------------------------------------------------------------------------------- */

/**
 * shim_pool_find() - the pool of a request, made at the first request that needs it
 * @temp: for what is needed until the return
 *
 * Return: the pool, borrowed: process; NULL: no memory, or the specification is too large
 *         (@reterr_why).
 */
struct shim_pool *shim_pool_find(struct shim_process *p, const struct shim_pool_key *key,
	apr_pool_t *temp, const char **reterr_why);

/**
 * shim_spec_build() - specification of the pool that @key names
 * @ret_size: bytes of it
 *
 * Return: specification in @p's memory; NULL and @reterr_why.
 */
const char *shim_spec_build(
	apr_pool_t *p, const struct shim_pool_key *key, size_t *ret_size, const char **reterr_why);

/* --- one request ------------------------------------------------------------------------- */

/** The body of a request: from the client, from memory, or from a spool file. */
struct shim_body {
	request_rec *r;
	uint64_t size;  /* of the whole body, as announced or spooled */
	uint64_t taken; /* read from the client */
	uint64_t sent;  /* given to the present backend */
	uint8_t *kept;  /* owned: r->pool; the first bytes of it */
	size_t kept_size;
	int spool_fd;                /* owned: cleanup of r->pool; -1 without */
	uint8_t *piece;              /* owned: r->pool; part of the spool file */
	apr_bucket_brigade *brigade; /* from the client, not sent yet */
	bool is_resendable;          /* the kept part may serve a second try */
	bool was_chunked;            /* so that PHP is told a Content-Length */
};

/**
 * shim_body_open() - find out how long the body is, and read as much as is wise before a backend
 *                    is bound to this request
 *
 * Return: OK; an HTTP status or AP_FILTER_ERROR, logged.
 */
int shim_body_open(struct shim_body *b, request_rec *r);

/** shim_body_is_sent() - nothing is left for the backend */
bool shim_body_is_sent(const struct shim_body *b);

/**
 * shim_body_get() - the next bytes to send; may wait for the client
 *
 * Return: OK and a view that stays valid until shim_body_advance(); an HTTP status, logged.
 */
int shim_body_get(struct shim_body *b, struct wire_bytes *ret_bytes);
void shim_body_advance(struct shim_body *b, size_t size);

/** shim_body_can_rewind() - can it be sent again from the start? */
bool shim_body_can_rewind(const struct shim_body *b);
void shim_body_rewind(struct shim_body *b);

/**
 * shim_request_encode() - the LSAPI packet of @r into @scratch
 *
 * Return: OK; HTTP status (431 when it does not fit), logged.
 */
int shim_request_encode(request_rec *r, const struct shim_body *body, struct shim_scratch *scratch,
	size_t *ret_size);

/**
 * shim_identity_find() - whose PHP runs this request
 *
 * Return: true; false: nobody is known and the default user is not allowed.
 * Source: behaviours.md B06, B22, B23, B30.
 */
bool shim_identity_find(
	const struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid);

/** What PHP writes to its log comes in pieces; lines go out. */
struct shim_stderr {
	char line[2048];
	size_t used;
};

/** From LSAPI response events to httpd's output. */
struct shim_response {
	request_rec *r;
	struct lsapi_response_decoder decoder;
	apr_bucket_brigade *brigade; /* collects the body of one read */
	struct shim_stderr log;
	bool is_buffering;    /* lsapi_output_buffering */
	bool is_discarding;   /* body is read and dropped: redirect, 304 */
	bool has_output;      /* a brigade went down: no other answer is possible */
	bool has_close;       /* CONN_CLOSE came */
	bool has_leftover;    /* bytes after the end that do not belong there */
	int result;           /* OK, or the status that the headers led to */
	const char *redirect; /* local Location: internal redirect after the end */
};

/** shim_response_init() - for the request; once */
void shim_response_init(struct shim_response *o, request_rec *r);

/** shim_response_restart() - for the next backend, when the one before gave nothing */
void shim_response_restart(struct shim_response *o);

/**
 * shim_response_feed() - bytes from the backend
 * @bucket: the bucket that owns @data, so that body parts are shared and not copied; NULL: they
 *          are copied as far as httpd has to keep them
 *
 * Return: SHIM_END_COUNT: go on reading; SHIM_END_COMPLETE, SHIM_END_PROTOCOL, SHIM_END_CLIENT.
 */
enum shim_end shim_response_feed(struct shim_response *o, struct shim_conn *conn,
	const uint8_t *data, size_t size, apr_bucket *bucket);

/** shim_response_finish() - all came: end of stream, redirects. Return: for httpd's handler */
int shim_response_finish(struct shim_response *o);

/** shim_response_break() - part of a response went out and the rest will not come */
int shim_response_break(struct shim_response *o);

/** shim_response_headers() - RESP_HEADER to request_rec; sets result, redirect, is_discarding */
bool shim_response_headers(struct shim_response *o, uint32_t status);

/** shim_stderr_write() - PHP's log bytes to the error log of the virtual host, line by line */
void shim_stderr_write(struct shim_stderr *l, request_rec *r, const uint8_t *data, size_t size);
void shim_stderr_flush(struct shim_stderr *l, request_rec *r);

/** One request, until it is answered. */
struct shim_exchange {
	request_rec *r;
	struct shim_process *process;
	struct shim_pool *pool;
	struct shim_scratch *scratch;
	struct shim_body body;
	struct shim_response response;
	size_t packet_size;
	size_t packet_sent;
	size_t last_read; /* bytes: chooses the buffer of the next read */
	int body_status; /* why SHIM_END_CLIENT or SHIM_END_SERVER ended it; 0 if the client left */
	int error;       /* errno of SHIM_END_RESET and the like */
};

/**
 * shim_exchange_run() - send the request over @conn and pass the answer on
 *
 * The connection stays the caller's.
 */
enum shim_end shim_exchange_run(struct shim_exchange *x, struct shim_conn *conn);

/** shim_exchange_is_reusable() - after SHIM_END_COMPLETE: may another request follow? */
bool shim_exchange_is_reusable(const struct shim_exchange *x);

/** shim_handler() - httpd's handler hook */
int shim_handler(request_rec *r);
