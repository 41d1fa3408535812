/* SPDX-License-Identifier: Apache-2.0 */

/* httpd's handler: decline, or answer this request with PHP. */

#include "shim/shim.h"

#include <string.h>

#include <apr_portable.h>

#include <http_core.h>
#include <http_request.h>

#include "proto/directive.h"
#include "proto/handler_name.h"
#include "shim/shim_debug.h"
#include "shim/shim_failure.h"
#include "shim/shim_sendfile.h"

static bool is_ours(const request_rec *r)
{
	if (!r->handler || !handler_name_is_lsphp(r->handler))
		return false;
	return shim_config_get(shim_config_of_request(r), SHIM_ENGINE) != 0;
}

int shim_handler_choose(request_rec *r)
{
	const struct shim_config *dir = shim_config_of_request(r);
	const char *name = dir->word[SHIM_WORD_HANDLER];

	/* directories, and what is not there, are for others to answer */
	if (!name || r->handler || r->finfo.filetype != APR_REG ||
		!shim_config_get(dir, SHIM_ENGINE))
		return DECLINED;
	r->handler = name;
	return OK;
}

/* lsphp answers a missing script with 200 or 500: it must not be asked. */
static int check_script(const request_rec *r)
{
	if (r->finfo.filetype == APR_NOFILE) {
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"script '%s' not found or unable to stat", r->filename);
		return HTTP_NOT_FOUND;
	}
	if (r->finfo.filetype != APR_REG) {
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "attempt to invoke %s as script: %s",
			r->finfo.filetype == APR_DIR ? "directory" : "what is no regular file",
			r->filename);
		return HTTP_FORBIDDEN;
	}
	if (r->used_path_info == AP_REQ_REJECT_PATH_INFO && r->path_info && r->path_info[0]) {
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"AcceptPathInfo off disallows user's path: %s%s", r->filename,
			r->path_info);
		return HTTP_NOT_FOUND;
	}
	return OK;
}

/* B16; by the name, as HEAD has the number of GET. */
static bool is_listed(const request_rec *r, const struct shim_config *dir)
{
	const char *list = dir->word[SHIM_WORD_RESEND_IF_METHOD];

	return shim_retry_is_listed(
		list ? list : directive_table[DIRECTIVE_ID_RESEND_IF_METHOD].value, r->method);
}

/* What is not written is not told: then lsapid.conf and the pool files have their say. */
static uint32_t lease_flags(const struct shim_config *server, const struct shim_config *dir)
{
	uint32_t flags = 0;

	if (shim_config_is_set(server, SHIM_DISABLE_REJECT_MODE))
		flags = shim_config_get(server, SHIM_DISABLE_REJECT_MODE) ? CONTROL_LEASE_QUEUE
									  : CONTROL_LEASE_REJECT;
	if (shim_config_is_set(dir, SHIM_POLL_TIMEOUT_S))
		flags |= CONTROL_LEASE_WAIT_SET;
	return flags;
}

static int client_fd_of(const request_rec *r)
{
	apr_socket_t *socket = ap_get_conn_socket(r->connection);
	apr_os_sock_t fd = -1;

	return socket && apr_os_sock_get(&fd, socket) == APR_SUCCESS ? fd : -1;
}

static struct shim_lease_terms terms_of(const request_rec *r)
{
	const struct shim_config *server = shim_config_of_server(r->server);
	const struct shim_config *dir = shim_config_of_request(r);
	int timeout_s = shim_config_get(dir, SHIM_POLL_TIMEOUT_S);
	struct shim_lease_terms terms = {
		.wait_ms = timeout_s > 0 ? (uint32_t)timeout_s * 1000 : INT32_MAX,
		.flags = lease_flags(server, dir),
		.client_fd = client_fd_of(r),
		.timeout_s = timeout_s,
		.tries = shim_config_get(server, SHIM_CONNECT_TRIES),
		.pause_us = shim_config_get(server, SHIM_CONNECT_TIMEOUT_US),
		.stopping_ms = SHIM_LEASE_STOPPING_MS,
	};

	return terms;
}

/*
 * A pool that could not start ends the connection without a word: the manager knows why, and says
 * so to whoever asks again.
 */
static int ask_why(struct shim_exchange *x, const struct shim_lease_terms *terms, int status)
{
	struct shim_lease_failure failure = { .session_error = 0 };
	struct shim_conn *conn = shim_lease_take(x->process, x->pool, terms, &failure);

	if (!conn)
		return shim_failure_lease(x->r, &failure);
	shim_lease_done(x->process, conn);
	return status;
}

static int give_up(struct shim_exchange *x, struct shim_conn *conn, enum shim_end end,
	const struct shim_lease_terms *terms)
{
	bool has_response = x->response.decoder.has_header;
	bool is_cold = conn->grant_flags & CONTROL_GRANT_COLD;

	if (end == SHIM_END_EOF || end == SHIM_END_RESET)
		x->fate = shim_lease_wait_fate(conn);
	int status = shim_failure_exchange(x, conn, end);

	shim_record_leave(x, conn, end);
	shim_stderr_flush(&x->response.log, x->r);
	shim_lease_drop(x->process, conn, shim_failure_close_reason(end, false));
	if (x->response.has_output)
		return shim_response_break(&x->response);
	if (is_cold && !has_response && !x->fate.fate &&
		(end == SHIM_END_EOF || end == SHIM_END_RESET))
		return ask_why(x, terms, status);
	return status;
}

static int complete(struct shim_exchange *x, struct shim_conn *conn)
{
	ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, x->r,
		"lsapi: answered by pid(%u) uid(%u) slot(%u) status(%d)", conn->child_pid,
		x->pool->key.uid, conn->slot, x->r->status);
	conn->is_error = x->r->status >= HTTP_INTERNAL_SERVER_ERROR;
	shim_record_leave(x, conn, SHIM_END_COMPLETE);
	/* before the client is served: it may be slow, and PHP is free */
	if (shim_exchange_is_reusable(x))
		shim_lease_done(x->process, conn);
	else
		shim_lease_end(x->process, conn,
			x->response.has_leftover ? CONTROL_CLOSE_PROTOCOL : CONTROL_CLOSE_DONE);
	if (x->response.sendfile) {
		shim_stderr_flush(&x->response.log, x->r);
		return shim_sendfile_answer(&x->response, x->pool->key.uid);
	}
	if (x->response.redirect)
		shim_times_stop(&x->times);
	return shim_response_finish(&x->response);
}

static enum shim_retry decide(
	const struct shim_exchange *x, enum shim_end end, unsigned unused, unsigned ambiguous)
{
	const struct shim_config *dir = shim_config_of_request(x->r);
	struct shim_retry_facts facts = {
		.end = end,
		.has_body = x->body.size > 0,
		.can_resend = shim_body_can_rewind(&x->body),
		.has_response = x->response.decoder.has_header || x->response.has_output,
		.is_listed = is_listed(x->r, dir),
		.is_ended = x->fate.fate == LEASE_FATE_RUNAWAY || x->fate.fate == LEASE_FATE_ENDED,
		.unused = unused,
		.ambiguous = ambiguous,
		.ambiguous_max = (unsigned)shim_config_get(dir, SHIM_RESEND_IF_CRASHED),
	};

	return shim_retry_decide(&facts);
}

/* Shown as long as it runs: lsapidctl top, the status page. */
static struct lease_request describe(const request_rec *r)
{
	return (struct lease_request){
		.vhost = r->hostname ? r->hostname : r->server->server_hostname,
		.method = r->method,
		.uri = r->unparsed_uri,
		.script = r->filename,
	};
}

/* One backend after another, until there is an answer or no use in going on. */
static int run(struct shim_exchange *x)
{
	struct shim_lease_terms terms = terms_of(x->r);
	struct shim_lease_failure failure = { .session_error = 0 };
	struct lease_request request = describe(x->r);
	unsigned unused = 0;
	unsigned ambiguous = 0;

	for (;;) {
		struct shim_conn *conn = shim_lease_take(x->process, x->pool, &terms, &failure);

		shim_times_mark(&x->times, SHIM_PART_LEASE);
		if (!conn)
			return shim_failure_lease(x->r, &failure);
		shim_lease_begin(conn, &request);
		shim_record_connect(x, conn);
		enum shim_end end = shim_exchange_run(x, conn);

		if (end == SHIM_END_COMPLETE)
			return complete(x, conn);
		x->fate = shim_lease_get_fate(conn);
		enum shim_retry retry = decide(x, end, unused, ambiguous);

		if (retry == SHIM_RETRY_NO)
			return give_up(x, conn, end, &terms);
		ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, x->r,
			"lsapi: backend pid(%u) %s, the request is sent to another",
			conn->child_pid,
			retry == SHIM_RETRY_UNUSED ? "did not take the request"
						   : "ended without an answer");
		shim_lease_drop(x->process, conn,
			shim_failure_close_reason(end, retry == SHIM_RETRY_UNUSED));
		unused += retry == SHIM_RETRY_UNUSED;
		ambiguous += retry == SHIM_RETRY_AMBIGUOUS;
		shim_body_rewind(&x->body);
		shim_response_restart(&x->response);
	}
}

static int answer(struct shim_exchange *x)
{
	int status = shim_body_open(&x->body, x->r);

	/* limits of httpd have statuses of their own, as 413 */
	if (status == HTTP_BAD_REQUEST)
		return shim_failure_status(x->r, SHIM_CLASS_CLIENT_SETUP, status);
	if (status == OK)
		status = shim_request_encode(x->r, &x->body, x->scratch, &x->packet_size);
	shim_times_mark(&x->times, SHIM_PART_BODY);
	if (status == HTTP_INTERNAL_SERVER_ERROR)
		return shim_failure_status(x->r, SHIM_CLASS_LSAPI_INTERNAL, status);
	if (status != OK)
		return status;
	shim_response_init(&x->response, x->r);
	return run(x);
}

int shim_handler(request_rec *r)
{
	if (!is_ours(r))
		return DECLINED;
	const struct shim_global *global = shim_config_of_server(r->server)->global;
	struct shim_exchange *x = apr_pcalloc(r->pool, sizeof(*x));
	int status = check_script(r);

	x->r = r;
	x->process = global ? global->process : NULL;
	shim_times_start(&x->times);
	shim_record_begin(x);
	if (status != OK) {
		shim_record_say(r, "no-script");
		shim_record_end(x, status);
		return status;
	}
	shim_debug_limit(r);
	shim_debug_request(r);
	x->scratch = x->process ? shim_scratch_get(x->process) : NULL;
	if (!x->scratch) {
		ap_log_rerror(APLOG_MARK, APLOG_CRIT, APR_ENOMEM, r, "lsapi: no memory");
		shim_record_end(x, HTTP_SERVICE_UNAVAILABLE);
		return shim_failure_status(r, SHIM_CLASS_LSAPI_INTERNAL, HTTP_SERVICE_UNAVAILABLE);
	}
	status = shim_target_find(r, x->process, &x->pool);
	shim_times_mark(&x->times, SHIM_PART_TARGET);
	if (status == OK)
		status = answer(x);
	shim_times_mark(&x->times, SHIM_PART_REST);
	shim_debug_times(x, status);
	shim_record_end(x, status);
	shim_scratch_put(x->process, x->scratch);
	return status;
}
