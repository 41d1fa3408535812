#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is known of a request to PHP once it is over: for the access log and the notes of httpd.
 * Times are of CLOCK_MONOTONIC in nanoseconds; durations that did not come to pass are 0.
 */

#include <httpd.h>

#include "proto/lsapi.h"
#include "shim/shim_process.h"
#include "shim/shim_retry.h"

struct shim_exchange;

/** What had to be done for there to be PHP. */
enum shim_kind {
	SHIM_KIND_NONE = 0, /* it had none */
	SHIM_KIND_WARM,     /* nothing but to fork a child, at most */
	SHIM_KIND_COLD,     /* the pool was being started */
	SHIM_KIND_RESTORED, /* ... by thawing it */
	SHIM_KIND_COUNT
};

struct shim_record {
	request_rec *r;         /* borrowed: it owns us */
	struct shim_pool *pool; /* borrowed: process; NULL if none was found */
	const char *outcome;    /* one word, or "refused:" and a reason; in r->pool or static */
	enum shim_kind kind;
	uint32_t pid;   /* of the child, as it says; 0: not told */
	bool is_fresh;  /* nobody has used the connection before */
	bool is_asking; /* PHP is asked for the next two */
	bool has_cpu;
	bool has_peak;
	struct lsapi_usage usage;
	uint64_t begun_ns;
	uint64_t queue_ns; /* until there was a connection, all tries together */
	uint64_t start_ns; /* from then until a child had taken it */
	uint64_t head_ns;  /* when the answer began; 0: never */
	uint64_t end_ns;
	uint64_t body_bytes; /* that PHP has put out */
};

/** shim_record_begin() - of a request that is PHP's to answer */
void shim_record_begin(struct shim_exchange *x);

/** shim_record_of() - NULL if PHP was not to answer it */
struct shim_record *shim_record_of(const request_rec *r);

/** shim_record_say() - how it went; @outcome stays. The first word counts */
void shim_record_say(request_rec *r, const char *outcome);

/** shim_record_refuse() - the same: refused, for this reason */
void shim_record_refuse(request_rec *r, unsigned reason);

/** shim_record_fail() - the same: a try that has ended so, and that no other follows */
void shim_record_fail(const struct shim_exchange *x, enum shim_end end);

/** shim_record_connect() - @conn is to serve it */
void shim_record_connect(struct shim_exchange *x, const struct shim_conn *conn);

/** shim_record_leave() - the exchange is over; before @conn is given back */
void shim_record_leave(struct shim_exchange *x, struct shim_conn *conn, enum shim_end end);

/** shim_record_end() - nothing more is done for it here */
void shim_record_end(struct shim_exchange *x, int status);
