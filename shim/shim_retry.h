#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * May a request be sent to another backend? Pure: what is known goes in, a decision comes out.
 *
 * A Unix socket tells more than TCP does (net/unix/af_unix.c, unix_release_sock()): a peer that
 * closes with unread bytes leaves us ECONNRESET, one that had read everything leaves EOF, and a
 * write to one that is gone gives EPIPE.
 */

#include <stdbool.h>

/** Requests that no backend took: each try uses up one dead lease, so this ends by itself. */
#define SHIM_RETRY_UNUSED_MAX 64U

/** How the exchange with one backend ended. */
enum shim_end {
	SHIM_END_COMPLETE = 0, /* RESP_END came */
	SHIM_END_EPIPE,        /* the first write found nobody: no byte was delivered */
	SHIM_END_RESET,        /* ECONNRESET: the peer closed with unread bytes */
	SHIM_END_EOF,          /* the peer closed, and may have read everything */
	SHIM_END_TIMEOUT,      /* no byte for lsapi_poll_timeout */
	SHIM_END_PROTOCOL,     /* what came is no LSAPI */
	SHIM_END_CLIENT,       /* the client left or broke its body off */
	SHIM_END_SERVER,       /* a failure of our own: spool file, memory */
	SHIM_END_COUNT
};

enum shim_retry {
	SHIM_RETRY_NO = 0,
	SHIM_RETRY_UNUSED,   /* the backend did not take the request: again, any method */
	SHIM_RETRY_AMBIGUOUS /* it may have: again, since the method is one of the list */
};

struct shim_retry_facts {
	enum shim_end end;
	bool has_body;     /* the request has one */
	bool can_resend;   /* what was sent of the body is still there */
	bool has_response; /* RESP_HEADER came, or a byte of body went to the client */
	bool is_listed;    /* lsapi_resend_if_method has its method */
	bool is_ended;     /* lsapid has ended it: for as long it would run again */
	unsigned unused;   /* retries so far of each kind */
	unsigned ambiguous;
	unsigned ambiguous_max; /* lsapi_resend_if_crashed */
};

/** shim_retry_decide() - the table; SHIM_RETRY_NO when in doubt */
enum shim_retry shim_retry_decide(const struct shim_retry_facts *facts);

/** shim_retry_is_listed() - is @method, as the client wrote it, in METHOD[,METHOD...]; any case */
bool shim_retry_is_listed(const char *list, const char *method);
