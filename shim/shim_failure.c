/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_failure.h"

#include <apr_strings.h>

#include "proto/crash.h"

#define TEXT_SIZE 128

/** Status for each reason that the daemon gives; what is not listed is 503. */
static const uint16_t reason_status[REASON_COUNT] = {
	[REASON_BUSY] = HTTP_INSUFFICIENT_STORAGE,
	[REASON_QUEUE_FULL] = HTTP_INSUFFICIENT_STORAGE,
	[REASON_QUEUE_TIMEOUT] = HTTP_GATEWAY_TIME_OUT,
	[REASON_HOST_FULL] = HTTP_INSUFFICIENT_STORAGE,
	[REASON_POOLS_FULL] = HTTP_INSUFFICIENT_STORAGE,
	[REASON_SESSION_FULL] = HTTP_INSUFFICIENT_STORAGE,
};

static const uint16_t end_status[SHIM_END_COUNT + 1] = {
	[SHIM_END_COMPLETE] = HTTP_OK,
	[SHIM_END_EPIPE] = HTTP_SERVICE_UNAVAILABLE,
	[SHIM_END_RESET] = HTTP_SERVICE_UNAVAILABLE,
	[SHIM_END_EOF] = HTTP_SERVICE_UNAVAILABLE,
	[SHIM_END_TIMEOUT] = HTTP_GATEWAY_TIME_OUT,
	[SHIM_END_PROTOCOL] = HTTP_BAD_GATEWAY,
	[SHIM_END_CLIENT] = HTTP_BAD_REQUEST,
};

int shim_failure_status(request_rec *r, enum shim_class class, int status)
{
	int code = shim_config_of_request(r)->error_code[class];

	if (!code)
		return status;
	r->status_line = shim_response_unknown_line(r, code);
	return code;
}

static int log_no_daemon(request_rec *r, const struct shim_lease_failure *f)
{
	char text[TEXT_SIZE];

	switch (f->session_error) {
	case SHIM_SESSION_E_GONE:
		shim_record_say(r, "aborted");
		ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
			"lsapi: the client left while its request waited for a backend; uri(%s)",
			r->uri);
		return end_status[SHIM_END_CLIENT];
	case SHIM_SESSION_E_REFUSED:
		shim_record_refuse(r, f->reply.reason);
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Connect to backend failed: lsapid refuses this httpd: %s: %s; %s",
			reason_name(f->reply.reason), f->reply.text,
			reason_remedy(f->reply.reason));
		break;
	case SHIM_SESSION_E_KEY:
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Connect to backend failed: lsapi_daemon_key can not be read: %d %s; start "
			"lsapid before httpd, and restart httpd",
			f->error, apr_strerror(f->error, text, sizeof(text)));
		break;
	case SHIM_SESSION_E_TIMEOUT:
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Could not connect to lsphp backend: lsapid does not answer");
		break;
	case SHIM_SESSION_E_LOST:
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Could not connect to lsphp backend: lsapid closed the control connection");
		break;
	default:
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Could not connect to lsphp backend: connect to lsphp failed: %d %s "
			"(control socket of lsapid)",
			f->error, apr_strerror(f->error, text, sizeof(text)));
		break;
	}
	shim_record_say(r, "unavailable");
	return shim_failure_status(r,
		f->session_error == SHIM_SESSION_E_REFUSED ? SHIM_CLASS_CONN_DETERMINE
							   : SHIM_CLASS_BACKEND_CONNECT,
		HTTP_SERVICE_UNAVAILABLE);
}

static void tell_when_to_retry(request_rec *r, uint32_t seconds)
{
	if (seconds > 0)
		apr_table_setn(
			r->err_headers_out, "Retry-After", apr_psprintf(r->pool, "%u", seconds));
}

int shim_failure_lease(request_rec *r, const struct shim_lease_failure *f)
{
	const struct shim_reply *reply = &f->reply;
	int status = HTTP_SERVICE_UNAVAILABLE;

	if (f->session_error)
		return log_no_daemon(r, f);
	shim_record_refuse(r, reply->reason);
	if (reply->reason < REASON_COUNT && reason_status[reply->reason])
		status = reason_status[reply->reason];
	/* the words of the log are those of the reason, whatever the browser is told */
	if (status == HTTP_SERVICE_UNAVAILABLE)
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Connect to backend failed on sending request(%s); uri(%s): %s: %s; %s",
			r->the_request, r->uri, reason_name(reply->reason),
			reply->text[0] ? reply->text : reason_text(reply->reason),
			reason_remedy(reply->reason));
	else
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"Connect to backend rejected on sending request(%s); uri(%s): %s: %s; %s",
			r->the_request, r->uri, reason_name(reply->reason),
			reply->text[0] ? reply->text : reason_text(reply->reason),
			reason_remedy(reply->reason));
	if (reason_is_room(reply->reason) && (reply->status == HTTP_SERVICE_UNAVAILABLE ||
						     reply->status == HTTP_INSUFFICIENT_STORAGE))
		status = (int)reply->status;
	status = shim_failure_status(r, shim_class_of_reason(reply->reason), status);
	/* a client that is told 507 is not to come again by itself (RFC 4918, 11.5) */
	if (status == HTTP_SERVICE_UNAVAILABLE)
		tell_when_to_retry(r, reply->retry_after_s);
	return status;
}

static const char *describe(
	const struct shim_exchange *x, const struct shim_conn *conn, enum shim_end end)
{
	char text[TEXT_SIZE];
	apr_pool_t *p = x->r->pool;

	if (x->fate.fate == LEASE_FATE_RUNAWAY)
		return apr_psprintf(p,
			"backend process was ended by lsapid: the request ran for %" APR_UINT64_T_FMT
			".%03u s, max_process_time is %u s",
			x->fate.ran_ms / 1000, (unsigned)(x->fate.ran_ms % 1000), x->fate.limit_s);
	if (x->fate.fate == LEASE_FATE_ENDED)
		return "backend process was killed with all PHP of its site, by lsapidctl kill";
	switch (end) {
	case SHIM_END_EPIPE:
	case SHIM_END_RESET:
		return apr_psprintf(p, "backend process reset connection: errno %d (%s)", x->error,
			apr_strerror(x->error, text, sizeof(text)));
	case SHIM_END_EOF:
		return x->response.decoder.has_header
			       ? "backend process ended in the middle of its response"
			       : "ReceiveAckHdr: nothing to read from backend socket";
	case SHIM_END_TIMEOUT:
		return apr_psprintf(p, "backend did not answer within lsapi_poll_timeout (%d s)",
			conn->timeout_s);
	case SHIM_END_PROTOCOL:
		return apr_psprintf(p, "backend breaks the LSAPI protocol: %s",
			x->response.decoder.error ? lsapi_error_text(x->response.decoder.error)
						  : "impossible status");
	case SHIM_END_COMPLETE:
	case SHIM_END_CLIENT:
	case SHIM_END_SERVER:
	case SHIM_END_COUNT:
		break;
	}
	return "the request failed in httpd";
}

static const char *hint(const struct shim_exchange *x, enum shim_end end)
{
	if (x->fate.fate == LEASE_FATE_RUNAWAY)
		return "; mend the script, or raise lsapi_backend_max_process_time (or "
		       "max_process_time in the pool file of lsapid)";
	if (x->fate.fate == LEASE_FATE_ENDED)
		return "";
	if (x->fate.fate == LEASE_FATE_KILLED) {
		struct crash c;

		crash_unpack(x->fate.limit_s, &c);
		return apr_pstrcat(x->r->pool, "; ", crash_hint(c.signal), NULL);
	}
	switch (end) {
	case SHIM_END_EPIPE:
	case SHIM_END_RESET:
	case SHIM_END_EOF:
		return "; a memory limit may have killed it, see the log of lsapid";
	case SHIM_END_TIMEOUT:
		return "; the script runs for too long, or waits for something";
	default:
		return "";
	}
}

/* B10: in the words that administrators look for. */
static void log_crash(const struct shim_exchange *x, const struct shim_conn *conn)
{
	struct crash c;

	if (x->fate.fate != LEASE_FATE_KILLED)
		return;
	crash_unpack(x->fate.limit_s, &c);
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, x->r,
		"Child process with pid: %u was killed by signal: %u, core dump: %d; uri(%s)",
		conn->child_pid, c.signal, c.has_core ? 1 : 0, x->r->uri);
}

int shim_failure_exchange(
	const struct shim_exchange *x, const struct shim_conn *conn, enum shim_end end)
{
	request_rec *r = x->r;
	struct shim_class_facts facts = {
		.end = end,
		.has_head = x->response.decoder.has_header,
		.is_sent = x->packet_sent == x->packet_size && shim_body_is_sent(&x->body),
	};

	shim_record_fail(x, end);
	if (end == SHIM_END_CLIENT) {
		/* what is wrong with a body has been logged where it was read */
		if (x->body_status == OK)
			ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
				"lsapi: the client left before the end of the response; uri(%s)",
				r->uri);
		int status = x->body_status != OK ? x->body_status : end_status[end];

		return status == HTTP_BAD_REQUEST
			       ? shim_failure_status(r, SHIM_CLASS_CLIENT_SETUP, status)
			       : status;
	}
	log_crash(x, conn);
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
		"%s; request(%s); uri(%s) content-length(%" APR_UINT64_T_FMT
		") uid(%u) gid(%u) pid(%u) script(%s)%s",
		describe(x, conn, end), r->the_request, r->uri, x->body.size, x->pool->key.uid,
		x->pool->key.gid, conn->child_pid, r->filename, hint(x, end));
	return shim_failure_status(r, shim_class_of_exchange(&facts),
		end_status[end] ? end_status[end] : HTTP_INTERNAL_SERVER_ERROR);
}

enum control_close shim_failure_close_reason(enum shim_end end, bool is_unused)
{
	if (is_unused)
		return CONTROL_CLOSE_UNUSED;
	switch (end) {
	case SHIM_END_COMPLETE:
		return CONTROL_CLOSE_DONE;
	case SHIM_END_EPIPE:
		return CONTROL_CLOSE_UNUSED;
	case SHIM_END_RESET:
	case SHIM_END_EOF:
		return CONTROL_CLOSE_DIED;
	case SHIM_END_TIMEOUT:
		return CONTROL_CLOSE_TIMEOUT;
	case SHIM_END_PROTOCOL:
		return CONTROL_CLOSE_PROTOCOL;
	case SHIM_END_CLIENT:
	case SHIM_END_SERVER:
	case SHIM_END_COUNT:
		break;
	}
	return CONTROL_CLOSE_ABORTED;
}
