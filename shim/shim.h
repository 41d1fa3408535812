#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * mod_lsapi.so inside: what its files share. Runs in Apache's processes.
 *
 * configuration            struct shim_config    per server and per directory, by httpd's pools
 * what a child owns        struct shim_process   see shim_process.h
 * one request              struct shim_exchange  over one connection after another until it is done
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* before the other headers of httpd, which need it */
#include <httpd.h>

#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>

#include "proto/access_format.h"
#include "proto/lsapi.h"
#include "proto/reason.h"
#include "shim/shim_class.h"
#include "shim/shim_process.h"
#include "shim/shim_record.h"
#include "shim/shim_retry.h"
#include "shim/shim_setting.h"
#include "shim/shim_times.h"

/* The module record must be visible to httpd; everything else is hidden. */
#pragma GCC visibility push(default)
APLOG_USE_MODULE(lsapi);
#pragma GCC visibility pop

/* --- configuration ----------------------------------------------------------------------- */

/** A php_value, php_flag or admin form of them. */
struct shim_ini {
	const char *name;
	const char *value;
	enum lsapi_ini_class ini_class;
};

/**
 * Who may say whose PHP runs; strongest first (B23). SUEXEC is httpd's own suexec identity, too
 * (mod_suexec, mod_userdir).
 */
enum shim_source {
	SHIM_SOURCE_LSAPI, /* lsapi_uid_gid, lsapi_user_group, lsapi_user */
	SHIM_SOURCE_SUEXEC,
	SHIM_SOURCE_SUPHP,
	SHIM_SOURCE_RUID,
	SHIM_SOURCE_ITK,
	SHIM_SOURCE_COUNT
};

/** What one of them says. */
struct shim_owner {
	const char *text;  /* what was written, and where; NULL: nothing */
	enum reason fault; /* why it names nobody; REASON_NONE: it does */
	uid_t uid;
	gid_t gid;
};

struct shim_path;

/** One lsapi_access_log. */
struct shim_access_log {
	const char *target; /* a file, or "|" and a program */
	struct access_format format;
	apr_file_t *file; /* from open_logs on */
};

/** Server and directory configuration; each setting is used in one of the two. */
struct shim_config {
	int value[SHIM_SETTING_COUNT];
	const char *word[SHIM_WORD_COUNT]; /* NULL where nothing was written */
	struct shim_owner owner[SHIM_SOURCE_COUNT];
	const struct shim_path *path;     /* LSAPIPath; NULL: none */
	int error_code[SHIM_CLASS_COUNT]; /* lsapi_error_code; 0: not written */
	const char *user_phpini; /* lsapi_phpini of a .htaccess, beside that of word; or NULL */
	apr_array_header_t *ini; /* struct shim_ini, names unique; NULL if none */
	apr_table_t *env;        /* lsapi_set_env; NULL if none */
	apr_table_t *param;      /* lsapi_param; NULL if none */
	apr_array_header_t *sendfile; /* of const char *: lsapi_xsendfile_path; NULL if none */
	apr_array_header_t *access;   /* of struct shim_access_log *; empty: Off; NULL if none */
	bool has_usage_log;           /* one of them has a figure that PHP has to be asked for */
	struct shim_global *global;   /* server configurations, from post_config on */
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

extern const command_rec shim_directives[];

/* --- one request ------------------------------------------------------------------------- */

/** Buckets of httpd that are sent together: as many as have room in SHIM_BUFFER_SIZE. */
#define SHIM_BODY_PARTS 16U

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
	apr_bucket_brigade *more;    /* empty between calls; NULL until it is needed */
	bool is_resendable;          /* the kept part may serve a second try */
	bool is_spooled;             /* chunked or filtered: what was announced is not its length */
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
 * @part: room for SHIM_BODY_PARTS
 *
 * Return: OK and a view that stays valid until shim_body_advance(); an HTTP status, logged.
 */
int shim_body_get(struct shim_body *b, struct iovec *part, size_t *ret_count);
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
 * The strongest source that says anything decides. If it names nobody, nobody else is taken.
 *
 * Return: OK; an HTTP status, logged.
 * Source: behaviours.md B06, B22, B23, B30.
 */
int shim_identity_find(struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid);

/** shim_identity_refuse() - log in the words of B06 why it is nobody. Return: HTTP status */
int shim_identity_refuse(request_rec *r, enum reason reason, const char *detail);

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
	uint64_t body_bytes; /* that PHP has put out */
	struct lsapi_usage usage;
	bool has_usage;
	bool is_buffering;    /* lsapi_output_buffering */
	bool is_discarding;   /* body is read and dropped: redirect, 304 */
	bool has_output;      /* a brigade went down: no other answer is possible */
	bool has_close;       /* CONN_CLOSE came */
	bool has_leftover;    /* bytes after the end that do not belong there */
	int result;           /* OK, or the status that the headers led to */
	const char *redirect; /* local Location: internal redirect after the end */
	const char *sendfile; /* X-Sendfile: this file is the body */
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

/**
 * shim_response_unknown_line() - for the status line of a code that httpd does not know
 *
 * httpd would send it as 500. Return: the line; NULL: httpd has one.
 */
const char *shim_response_unknown_line(const request_rec *r, int status);

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
	struct shim_fate fate; /* has lsapid ended the last try? */
	struct shim_times times;
	struct shim_record record;
};

/**
 * shim_exchange_run() - send the request over @conn and pass the answer on
 *
 * The connection stays the caller's.
 */
enum shim_end shim_exchange_run(struct shim_exchange *x, struct shim_conn *conn);

/** shim_exchange_is_reusable() - after SHIM_END_COMPLETE: may another request follow? */
bool shim_exchange_is_reusable(const struct shim_exchange *x);

/**
 * shim_target_find() - the pool that answers a request, made known if this is its first one
 *
 * Return: OK and the pool, borrowed: process; an HTTP status, logged.
 */
int shim_target_find(request_rec *r, struct shim_process *p, struct shim_pool **ret_pool);

/**
 * shim_handler_choose() - lsapi_handler, for requests to which nobody has given a handler
 *
 * The type of the file is then none: SetHandler and AddHandler are stronger, AddType is not.
 */
int shim_handler_choose(request_rec *r);

/** shim_handler() - httpd's handler hook */
int shim_handler(request_rec *r);
