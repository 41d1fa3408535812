/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

#include "shim/shim.h"
#include "shim/shim_document.h"
#include "shim/shim_status_asset.h"
#include "shim/shim_status_brief.h"
#include "shim/shim_status_page.h"

#define HANDLER   "lsapi-status"
#define TEXT_SIZE 128

static void write_to_client(void *sink, const char *data, size_t size)
{
	/* a client that has left is noticed by httpd */
	(void)ap_rwrite(data, (int)size, sink);
}

/* Has a .htaccess been read for this request, or for one that led to it? */
static bool has_htaccess(const request_rec *r)
{
	for (const struct htaccess_result *each = r->htaccess; each; each = each->next)
		if (each->htaccess)
			return true;
	return false;
}

static bool is_named(const request_rec *r)
{
	return r->handler && strcmp(r->handler, HANDLER) == 0;
}

static int refuse(const request_rec *r, const char *why)
{
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
		"lsapi: %s is refused: %s; name the handler in a <Location> of a virtual host without "
		".htaccess files (AllowOverride None); uri(%s)",
		HANDLER, why, r->uri);
	return HTTP_FORBIDDEN;
}

int shim_status_fixup(request_rec *r)
{
	if (is_named(r) && has_htaccess(r))
		return refuse(r, "a .htaccess has taken part in this request");
	return DECLINED;
}

/* Why there is no document, and what can be done. */
static struct shim_status_failure explain(request_rec *r, const struct shim_lease_failure *f)
{
	const struct shim_global *global = shim_config_of_server(r->server)->global;
	const char *socket_path = global ? global->socket_path : "its socket";
	const char *key_path = global ? global->key_path : "its key";
	const char *look =
		"\"journalctl -u lsapid\" says what it does; \"systemctl restart lsapid\" "
		"ends no request that is under way.";
	struct shim_status_failure out = { .remedy = look };
	char text[TEXT_SIZE];

	switch (f->session_error) {
	case 0:
	case SHIM_SESSION_E_REFUSED:
		out.what = apr_psprintf(r->pool, "lsapid refuses this Apache: %s",
			f->reply.text[0] ? f->reply.text : reason_text(f->reply.reason));
		out.remedy = reason_remedy(f->reply.reason);
		break;
	case SHIM_SESSION_E_CONNECT:
		out.what = apr_psprintf(r->pool, "lsapid can not be reached at %s: %s", socket_path,
			apr_strerror(f->error, text, sizeof(text)));
		out.remedy =
			"Start it with \"systemctl start lsapid\"; \"journalctl -u lsapid\" says "
			"why it does not run.";
		break;
	case SHIM_SESSION_E_KEY:
		out.what = apr_psprintf(r->pool, "The key %s of lsapid can not be read: %s",
			key_path, apr_strerror(f->error, text, sizeof(text)));
		out.remedy = "Start lsapid before Apache, and restart Apache.";
		break;
	case SHIM_SESSION_E_TOO_LARGE:
		out.what = "The answer of lsapid can not be used: it is too large, or no document.";
		break;
	case SHIM_SESSION_E_TIMEOUT:
		out.what = apr_psprintf(r->pool, "lsapid at %s does not answer.", socket_path);
		break;
	default:
		out.what = apr_psprintf(
			r->pool, "lsapid at %s has closed the connection.", socket_path);
		break;
	}
	return out;
}

/** What there is to tell. */
struct known {
	struct shim_document document;
	struct procs procs; /* empty: not known */
};

/** One answer. */
struct answer {
	request_rec *r;
	struct shim_status_query query;
	struct shim_status_frame frame;
	struct shim_out out;
};

static void set_headers(request_rec *r, const char *type)
{
	ap_set_content_type(r, type);
	apr_table_setn(r->headers_out, "Cache-Control", "no-store");
	apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
	apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
	apr_table_setn(r->headers_out, "Cross-Origin-Resource-Policy", "same-origin");
	apr_table_setn(r->headers_out, "Content-Security-Policy", shim_status_policy);
}

static void init_answer(struct answer *a, request_rec *r)
{
	apr_time_exp_t now;
	apr_size_t used = 0;
	char *time = apr_pcalloc(r->pool, TEXT_SIZE);

	apr_time_exp_lt(&now, apr_time_now());
	(void)apr_strftime(time, &used, TEXT_SIZE, "%Y-%m-%d %H:%M:%S %Z", &now);
	*a = (struct answer){
		.r = r,
		.frame = { .host = ap_get_server_name(r), .time = time },
		.out = { .write = write_to_client, .sink = r },
	};
	shim_status_query_parse(r->args, &a->query);
}

static int answer_failure(struct answer *a, const struct shim_status_failure *failure)
{
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, a->r, "lsapi: no status: %s %s", failure->what,
		failure->remedy);
	a->r->status = HTTP_SERVICE_UNAVAILABLE;
	set_headers(a->r, a->query.form == SHIM_STATUS_HTML ? "text/html; charset=utf-8"
							    : "text/plain; charset=utf-8");
	if (a->r->header_only)
		return OK;
	if (a->query.form == SHIM_STATUS_HTML) {
		shim_status_put_failure(&a->out, &a->query, &a->frame, failure);
		return OK;
	}
	if (a->query.form == SHIM_STATUS_AUTO)
		shim_status_put_no_lines(&a->out);
	shim_out_line(&a->out, failure->what);
	shim_out_put(&a->out, "\n");
	shim_out_line(&a->out, failure->remedy);
	shim_out_put(&a->out, "\n");
	return OK;
}

static int answer_json(struct answer *a, const struct known *k)
{
	set_headers(a->r, "application/json");
	if (!a->r->header_only)
		shim_status_usage_put(&a->out, k->document.text, k->document.size, &k->procs);
	return OK;
}

static int answer_view(struct answer *a, const struct known *k)
{
	static const struct shim_status_failure failure = {
		.what = "The answer of lsapid is no status document, or Apache has no memory for it.",
		.remedy = "Module and daemon have to be of the same version.",
	};
	struct shim_status_view view;
	bool is_good = shim_status_view_init(
		&view, k->document.text, k->document.size, &a->query, &k->procs);

	if (is_good && a->query.form == SHIM_STATUS_AUTO) {
		set_headers(a->r, "text/plain; charset=utf-8");
		if (!a->r->header_only)
			shim_status_put_lines(&a->out, &view);
	} else if (is_good) {
		set_headers(a->r, "text/html; charset=utf-8");
		if (!a->r->header_only)
			shim_status_put_page(&a->out, &view, &a->frame);
	}
	shim_status_view_deinit(&view);
	return is_good ? OK : answer_failure(a, &failure);
}

/* Return: true, to be ended by forget(); or why not. */
static bool learn(
	request_rec *r, struct known *ret_known, struct shim_status_failure *reterr_failure)
{
	const struct shim_global *global = shim_config_of_server(r->server)->global;
	struct shim_lease_failure f = { .session_error = SHIM_SESSION_E_LOST };

	if (!global || !global->process ||
		!shim_document_fetch(global->process, &ret_known->document, &f)) {
		*reterr_failure = explain(r, &f);
		return false;
	}
	if (procs_read(SHIM_STATUS_PROCESSES, &ret_known->procs) < 0)
		ret_known->procs = (struct procs){ .item = NULL };
	return true;
}

static void forget(struct known *k)
{
	shim_document_free(&k->document);
	procs_deinit(&k->procs);
}

int shim_status_handler(request_rec *r)
{
	struct shim_status_failure failure;
	struct known known;
	struct answer a;
	int status;

	if (!is_named(r))
		return DECLINED;
	if (has_htaccess(r))
		return refuse(r, "a .htaccess has taken part in this request");
	if (r->main)
		return refuse(r, "a page of a site includes it");
	ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
	if (r->method_number != M_GET)
		return HTTP_METHOD_NOT_ALLOWED;
	init_answer(&a, r);
	if (!learn(r, &known, &failure))
		return answer_failure(&a, &failure);
	status = a.query.form == SHIM_STATUS_JSON ? answer_json(&a, &known)
						  : answer_view(&a, &known);
	forget(&known);
	return status;
}

int shim_status_hook(request_rec *r, int flags)
{
	const struct shim_out out = { .write = write_to_client, .sink = r };
	const struct shim_status_query query = { .form = SHIM_STATUS_AUTO };
	struct shim_status_failure failure;
	struct shim_status_view view;
	struct known known;
	bool is_short = flags & AP_STATUS_SHORT;
	bool is_good;

	if (r->main || has_htaccess(r))
		return DECLINED;
	is_good = learn(r, &known, &failure);
	if (is_good) {
		is_good = shim_status_view_init(
			&view, known.document.text, known.document.size, &query, &known.procs);
		if (is_good && is_short)
			shim_status_put_lines(&out, &view);
		else if (is_good)
			shim_status_put_brief(&out, &view);
		shim_status_view_deinit(&view);
		forget(&known);
	}
	if (!is_good && is_short)
		shim_status_put_no_lines(&out);
	else if (!is_good)
		shim_out_put(&out, "<hr />\n<h2>lsapid</h2>\n<p>It can not be asked.</p>\n");
	return OK;
}
