/* SPDX-License-Identifier: Apache-2.0 */

/* From LSAPI events to buckets; what httpd is told when all has come, or will not come. */

#include "shim/shim.h"

#include <http_core.h>
#include <http_request.h>

void shim_response_init(struct shim_response *o, request_rec *r)
{
	o->r = r;
	o->result = OK;
	o->is_buffering = shim_config_get(shim_config_of_request(r), SHIM_OUTPUT_BUFFERING) != 0;
	o->brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
	lsapi_response_init(&o->decoder);
}

void shim_response_restart(struct shim_response *o)
{
	shim_stderr_flush(&o->log, o->r);
	o->has_close = false;
	o->has_leftover = false;
	o->has_usage = false;
	lsapi_response_init(&o->decoder);
}

static void add_body(
	struct shim_response *o, struct wire_bytes bytes, const uint8_t *base, apr_bucket *owner)
{
	apr_bucket *part = NULL;

	o->body_bytes += bytes.size;
	if (o->is_discarding)
		return;
	if (owner && apr_bucket_copy(owner, &part) == APR_SUCCESS) {
		part->start = owner->start + (apr_off_t)(bytes.data - base);
		part->length = bytes.size;
	} else {
		part = apr_bucket_transient_create(
			(const char *)bytes.data, bytes.size, o->r->connection->bucket_alloc);
	}
	APR_BRIGADE_INSERT_TAIL(o->brigade, part);
}

/* Return: SHIM_END_COUNT to go on. */
static enum shim_end take_event(struct shim_response *o, struct shim_conn *conn,
	const struct lsapi_event *ev, const uint8_t *base, apr_bucket *owner)
{
	switch (ev->type) {
	case LSAPI_EV_PID:
		shim_lease_note_pid(conn, ev->pid);
		break;
	case LSAPI_EV_NEED_BUFFER:
		lsapi_response_give_buffer(&o->decoder, apr_palloc(o->r->pool, ev->need_size));
		break;
	case LSAPI_EV_HEADER:
		if (!shim_response_headers(o, ev->status))
			return SHIM_END_PROTOCOL;
		break;
	case LSAPI_EV_BODY:
		add_body(o, ev->bytes, base, owner);
		break;
	case LSAPI_EV_STDERR:
		shim_stderr_write(&o->log, o->r, ev->bytes.data, ev->bytes.size);
		break;
	case LSAPI_EV_USAGE:
		o->usage = ev->usage;
		o->has_usage = true;
		break;
	case LSAPI_EV_CLOSE:
		o->has_close = true;
		break;
	case LSAPI_EV_ERROR:
		if (!o->decoder.has_ended)
			return SHIM_END_PROTOCOL;
		/* the answer is whole; what follows is somebody's mistake, not this client's */
		o->has_leftover = true;
		break;
	case LSAPI_EV_MORE:
	case LSAPI_EV_RECEIVED:
	case LSAPI_EV_END:
		break;
	}
	return SHIM_END_COUNT;
}

static apr_status_t pass_on(struct shim_response *o)
{
	o->has_output = true;
	apr_status_t rv = ap_pass_brigade(o->r->output_filters, o->brigade);

	apr_brigade_cleanup(o->brigade);
	return rv;
}

static enum shim_end pass_piece(struct shim_response *o)
{
	if (APR_BRIGADE_EMPTY(o->brigade))
		return SHIM_END_COUNT;
	if (!o->is_buffering)
		APR_BRIGADE_INSERT_TAIL(
			o->brigade, apr_bucket_flush_create(o->r->connection->bucket_alloc));
	if (pass_on(o) != APR_SUCCESS || o->r->connection->aborted)
		return SHIM_END_CLIENT;
	return SHIM_END_COUNT;
}

enum shim_end shim_response_feed(struct shim_response *o, struct shim_conn *conn,
	const uint8_t *data, size_t size, apr_bucket *bucket)
{
	struct lsapi_event ev = { .type = LSAPI_EV_RECEIVED };
	const uint8_t *base = data;

	while (size > 0 && ev.type != LSAPI_EV_MORE && !o->has_leftover) {
		size_t used = 0;

		lsapi_response_decode(&o->decoder, data, size, &used, &ev);
		data += used;
		size -= used;
		enum shim_end end = take_event(o, conn, &ev, base, bucket);

		if (end != SHIM_END_COUNT)
			return end;
	}
	/* half a packet after the end is no better than a whole one */
	if (o->decoder.has_ended && o->decoder.partial_size > 0)
		o->has_leftover = true;
	/* the last piece goes down together with the end of the stream */
	return o->decoder.has_ended ? SHIM_END_COMPLETE : pass_piece(o);
}

static int redirect_inside(struct shim_response *o)
{
	request_rec *r = o->r;

	/* a GET whatever the method was, and its body has been read (as mod_cgi) */
	r->method = "GET";
	r->method_number = M_GET;
	apr_table_unset(r->headers_in, "Content-Length");
	ap_internal_redirect_handler(o->redirect, r);
	return OK;
}

int shim_response_finish(struct shim_response *o)
{
	request_rec *r = o->r;

	shim_stderr_flush(&o->log, r);
	if (o->redirect)
		return redirect_inside(o);
	if (o->result == HTTP_NOT_MODIFIED) {
		/* past httpd's handling of errors, which would disturb a cache's revalidation */
		r->status = HTTP_NOT_MODIFIED;
		return OK;
	}
	if (o->result != OK)
		return o->result;
	APR_BRIGADE_INSERT_TAIL(o->brigade, apr_bucket_eos_create(r->connection->bucket_alloc));
	apr_status_t rv = pass_on(o);

	if (rv != APR_SUCCESS)
		ap_log_rerror(APLOG_MARK, APLOG_DEBUG, rv, r,
			"lsapi: the client left before the end of the response");
	return OK;
}

int shim_response_break(struct shim_response *o)
{
	request_rec *r = o->r;
	apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;

	shim_stderr_flush(&o->log, r);
	/* no cache may keep it, and the client must not take it for the whole */
	r->no_cache = 1;
	if (r->main)
		r->main->no_cache = 1;
	r->connection->keepalive = AP_CONN_CLOSE;
	apr_brigade_cleanup(o->brigade);
	APR_BRIGADE_INSERT_TAIL(
		o->brigade, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, alloc));
	APR_BRIGADE_INSERT_TAIL(o->brigade, apr_bucket_eos_create(alloc));
	(void)pass_on(o); /* the request has failed already, and has been logged */
	return OK;
}
