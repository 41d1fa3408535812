/* SPDX-License-Identifier: Apache-2.0 */

/* The headers of a response, as httpd treats those of a CGI script. */

#include "shim/shim.h"

#include <string.h>

#include <apr_date.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>

#include "shim/shim_debug.h"
#include "shim/shim_line.h"

/** What is gathered from all lines before it takes effect. */
struct header_pass {
	request_rec *r;
	unsigned line_status; /* of a Status line */
	const char *status_text;
	const char *content_type;
	const char *sendfile;
	bool has_cookie;
};

static const char *value_of(const struct header_pass *pass, const struct shim_line *line)
{
	return apr_pstrmemdup(pass->r->pool, line->value, line->value_size);
}

static const char *name_of(const struct header_pass *pass, const struct shim_line *line)
{
	return apr_pstrmemdup(pass->r->pool, line->name, line->name_size);
}

static void take_status(struct header_pass *pass, const struct shim_line *line)
{
	unsigned status = shim_line_get_status(line);

	if (!status)
		return;
	pass->line_status = status;
	/* the reason phrase is the script's; without one httpd knows it */
	pass->status_text = line->value_size > 4 ? value_of(pass, line) : NULL;
}

static void take_last_modified(const struct header_pass *pass, const struct shim_line *line)
{
	const char *value = value_of(pass, line);
	apr_time_t time = apr_date_parse_http(value);

	/* what is no date is sent as it is: as that of 1970 every client would have the latest */
	if (time == APR_DATE_BAD) {
		apr_table_setn(pass->r->headers_out, "Last-Modified", value);
		return;
	}
	ap_update_mtime(pass->r, time);
	ap_set_last_modified(pass->r);
}

/* Cookies of an earlier try (an error document) are not this script's. */
static void take_cookie(struct header_pass *pass, const struct shim_line *line)
{
	if (!pass->has_cookie)
		apr_table_unset(pass->r->err_headers_out, "Set-Cookie");
	pass->has_cookie = true;
	apr_table_addn(pass->r->err_headers_out, "Set-Cookie", value_of(pass, line));
}

static void take_line(struct header_pass *pass, const struct shim_line *line)
{
	request_rec *r = pass->r;

	switch (shim_line_get_kind(line)) {
	case SHIM_LINE_STATUS:
		take_status(pass, line);
		break;
	case SHIM_LINE_CONTENT_TYPE:
		pass->content_type = value_of(pass, line);
		break;
	case SHIM_LINE_LAST_MODIFIED:
		take_last_modified(pass, line);
		break;
	case SHIM_LINE_CONTENT_LENGTH:
	case SHIM_LINE_LOCATION:
	case SHIM_LINE_ETAG:
	case SHIM_LINE_CONNECTION:
		apr_table_setn(r->headers_out, name_of(pass, line), value_of(pass, line));
		break;
	case SHIM_LINE_SET_COOKIE:
		take_cookie(pass, line);
		break;
	case SHIM_LINE_SENDFILE:
		if (shim_config_get(shim_config_of_request(r), SHIM_XSENDFILE)) {
			pass->sendfile = value_of(pass, line);
			break;
		}
		/* where it is off, it is a header as any other */
		__attribute__((fallthrough));
	case SHIM_LINE_PLAIN:
		apr_table_addn(r->err_headers_out, name_of(pass, line), value_of(pass, line));
		break;
	case SHIM_LINE_HOP:
	case SHIM_LINE_KIND_COUNT:
		break;
	}
}

static void take_lines(struct shim_response *o, struct header_pass *pass)
{
	struct wire_bytes bytes;
	struct shim_line line;

	while (lsapi_response_next_line(&o->decoder, &bytes)) {
		if (shim_line_parse((const char *)bytes.data, bytes.size, &line))
			take_line(pass, &line);
		else
			ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, o->r,
				"lsapi: the script's header is malformed and ignored: %.*s",
				(int)(bytes.size < 200 ? bytes.size : 200),
				(const char *)bytes.data);
	}
}

const char *shim_response_unknown_line(const request_rec *r, int status)
{
	if (apr_atoi64(ap_get_status_line(status)) == status)
		return NULL;
	return apr_psprintf(r->pool, "%d Status %d", status, status);
}

/* Return: false if it is no status of a response. */
static bool set_status(struct shim_response *o, const struct header_pass *pass, uint32_t status)
{
	request_rec *r = o->r;

	if (status == 0 || status == HTTP_OK) {
		status = pass->line_status ? pass->line_status : HTTP_OK;
		r->status_line = pass->status_text;
	} else {
		/* header("HTTP/1.1 404 My Words"): the number as such, and the words in a line */
		r->status_line = pass->line_status == status ? pass->status_text : NULL;
	}
	if (status < 200 || status > 999)
		return false;
	/* as with CGI, an error document that says nothing of a status keeps the error's (B17) */
	if (status == HTTP_OK && r->prev && r->status != HTTP_OK &&
		!shim_config_get(shim_config_of_request(r), SHIM_KEEP_HTTP200)) {
		r->status_line = NULL;
		return true;
	}
	r->status = (int)status;
	if (!r->status_line)
		r->status_line = shim_response_unknown_line(r, r->status);
	return true;
}

static void set_content_type(request_rec *r, const struct header_pass *pass)
{
	/* without one, the type that chose this handler must not be sent */
	char *type = pass->content_type ? apr_pstrdup(r->pool, pass->content_type) : NULL;

	if (type)
		ap_content_type_tolower(type);
	ap_set_content_type(r, type && type[0] ? type : NULL);
}

/* As mod_cgi: a Location with status 200 is a redirect, a local path one within httpd. */
static void look_for_redirect(struct shim_response *o)
{
	request_rec *r = o->r;
	const char *location = apr_table_get(r->headers_out, "Location");

	if (!location || r->status != HTTP_OK || o->result != OK)
		return;
	o->is_discarding = true;
	if (location[0] == '/')
		o->redirect = location;
	else
		o->result = HTTP_MOVED_TEMPORARILY;
}

bool shim_response_headers(struct shim_response *o, uint32_t status)
{
	struct header_pass pass = { .r = o->r };

	take_lines(o, &pass);
	if (!set_status(o, &pass, status))
		return false;
	set_content_type(o->r, &pass);
	shim_debug_response(o->r);
	if (pass.sendfile && pass.sendfile[0]) {
		o->sendfile = pass.sendfile;
		o->is_discarding = true;
		return true;
	}
	if (o->r->status == HTTP_OK && o->r->method_number == M_GET)
		o->result = ap_meets_conditions(o->r);
	if (o->result != OK)
		o->is_discarding = true;
	look_for_redirect(o);
	return true;
}
