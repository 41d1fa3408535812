/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_access.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <util_time.h>

#include "shim/shim_access_line.h"
#include "shim/shim_record.h"
#include "shim/shim_set.h"
#include "shim/shim_user.h"

#define NS_PER_US 1000U
#define TIME_SIZE 40U

static const char *const kinds[SHIM_KIND_COUNT] = {
	[SHIM_KIND_WARM] = "warm",
	[SHIM_KIND_COLD] = "cold",
	[SHIM_KIND_RESTORED] = "restored",
};

/* --- opening ------------------------------------------------------------------------------- */

static apr_file_t *open_pipe(apr_pool_t *p, const char *program)
{
	piped_log *log = ap_open_piped_log(p, program);

	return log ? ap_piped_log_write_fd(log) : NULL;
}

static apr_file_t *open_file(apr_pool_t *p, server_rec *s, const char *name)
{
	const char *path = ap_server_root_relative(p, name);
	apr_file_t *file = NULL;
	apr_status_t rv = !path ? APR_EBADPATH
				: apr_file_open(&file, path,
					  APR_FOPEN_WRITE | APR_FOPEN_APPEND | APR_FOPEN_CREATE |
						  APR_FOPEN_LARGEFILE,
					  APR_FPROT_OS_DEFAULT, p);

	if (rv == APR_SUCCESS)
		return file;
	ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, rv, s,
		"lsapi: lsapi_access_log %s can not be opened", path ? path : name);
	return NULL;
}

/* Virtual hosts have those of the main server, unless they have their own: each is opened once. */
int shim_access_open(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
	for (server_rec *each = s; each; each = each->next) {
		const apr_array_header_t *logs = shim_config_of_server(each)->access;

		for (int i = 0; logs && i < logs->nelts; i++) {
			struct shim_access_log *log =
				APR_ARRAY_IDX(logs, i, struct shim_access_log *);

			if (!log->file)
				log->file = *log->target == '|' ? open_pipe(p, log->target + 1)
								: open_file(p, each, log->target);
			if (!log->file)
				return DONE;
		}
	}
	return OK;
}

static bool is_in_use(const ap_directive_t *each)
{
	for (; each; each = each->next)
		if ((each->args && strstr(each->args, "lsapi-")) || is_in_use(each->first_child))
			return true;
	return false;
}

bool shim_access_uses_notes(void)
{
	return is_in_use(ap_conftree);
}

bool shim_access_asks_usage(const request_rec *r)
{
	const struct shim_config *server = shim_config_of_server(r->server);

	return server->has_usage_log || shim_config_get(server, SHIM_MEASURE_USAGE);
}

/* --- figures ------------------------------------------------------------------------------- */

static struct shim_access_value text_value(const char *text)
{
	return (struct shim_access_value){ .text = text };
}

static struct shim_access_value number_value(uint64_t number, bool is_known)
{
	return (struct shim_access_value){ .number = number, .has_number = is_known };
}

static struct shim_access_value us_value(uint64_t ns, bool is_known)
{
	return number_value(ns / NS_PER_US, is_known);
}

static const char *outcome_of(const struct shim_record *record)
{
	/* what httpd had kept back went nowhere */
	return strcmp(record->outcome, "ok") == 0 && record->r->connection->aborted
		       ? "aborted"
		       : record->outcome;
}

/* What only we know of it. */
static void fill_figures(const struct shim_record *record, struct shim_access_value *value)
{
	bool has_head = record->head_ns != 0;

	value[ACCESS_USER] = text_value(shim_user_of_pool(record->pool));
	value[ACCESS_QUEUE_US] = us_value(record->queue_ns, true);
	value[ACCESS_START_US] = us_value(record->start_ns, record->kind != SHIM_KIND_NONE);
	value[ACCESS_KIND] = text_value(kinds[record->kind]);
	value[ACCESS_FIRST_US] = us_value(record->head_ns - record->begun_ns, has_head);
	value[ACCESS_TOTAL_US] = us_value(record->end_ns - record->begun_ns, true);
	value[ACCESS_CPU_US] = us_value(record->usage.cpu_ns, record->has_cpu);
	value[ACCESS_PEAK_BYTES] = number_value(record->usage.peak_bytes, record->has_peak);
	value[ACCESS_PID] = number_value(record->pid, record->pid != 0);
	value[ACCESS_OUTCOME] = text_value(outcome_of(record));
}

/* As ISO 8601 has it, when the request came. */
static const char *time_text(const request_rec *r, char out[TIME_SIZE])
{
	apr_time_exp_t t;
	int minutes;

	(void)ap_explode_recent_localtime(&t, r->request_time); /* never fails */
	minutes = t.tm_gmtoff / 60;
	(void)apr_snprintf(out, TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%c%02d:%02d",
		t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, t.tm_usec,
		minutes < 0 ? '-' : '+', abs(minutes) / 60, abs(minutes) % 60);
	return out;
}

/* What the client has asked for, not what httpd has made of it on the way. */
static const request_rec *original(const request_rec *r)
{
	while (r->prev || r->main)
		r = r->prev ? r->prev : r->main;
	return r;
}

static void fill_request(request_rec *r, struct shim_access_value *value, char when[TIME_SIZE])
{
	const request_rec *asked = original(r);
	const struct shim_record *record = shim_record_of(r);

	value[ACCESS_TIME] = text_value(time_text(asked, when));
	value[ACCESS_CLIENT] = text_value(r->useragent_ip);
	value[ACCESS_VHOST] = text_value(r->server->server_hostname);
	value[ACCESS_METHOD] = text_value(asked->method);
	value[ACCESS_URI] = text_value(asked->uri);
	value[ACCESS_QUERY] = text_value(asked->args);
	value[ACCESS_SCRIPT] = text_value(r->filename);
	value[ACCESS_STATUS] = number_value((uint64_t)r->status, true);
	value[ACCESS_BYTES] =
		number_value(r->main ? record->body_bytes : (uint64_t)r->bytes_sent, true);
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_lines(request_rec *r, const apr_array_header_t *logs)
{
	struct shim_access_value value[ACCESS_FIELD_COUNT];
	char line[SHIM_ACCESS_LINE_SIZE];
	char when[TIME_SIZE];

	fill_request(r, value, when);
	fill_figures(shim_record_of(r), value);
	for (int i = 0; i < logs->nelts; i++) {
		const struct shim_access_log *log =
			APR_ARRAY_IDX(logs, i, const struct shim_access_log *);
		apr_size_t size = shim_access_line(&log->format, value, line);

		/* as with httpd's own logs: there is nobody who could be told with each request */
		(void)apr_file_write(log->file, line, &size);
	}
}

void shim_access_write(request_rec *r)
{
	const apr_array_header_t *logs = shim_config_of_server(r->server)->access;

	if (logs && logs->nelts)
		write_lines(r, logs);
}

/* One piece of memory for all of them: this is done for each request. */
static void set_notes(request_rec *r, const struct shim_record *record)
{
	char(*room)[SHIM_ACCESS_NUMBER_SIZE] =
		apr_palloc(r->pool, ACCESS_FIELD_COUNT * sizeof(*room));
	struct shim_access_value value[ACCESS_FIELD_COUNT] = { { .text = NULL } };

	fill_figures(record, value);
	for (size_t i = 0; i < ACCESS_FIELD_COUNT; i++) {
		const char *name = access_fields[i].note;
		const struct shim_access_value *v = &value[i];

		if (!name)
			continue;
		if (access_fields[i].max == 0 && v->has_number)
			apr_table_setn(r->notes, name, shim_access_number(v->number, room[i]));
		else if (access_fields[i].max > 0 && v->text)
			apr_table_setn(r->notes, name, v->text);
	}
}

/* They cost more than all else that is done for them: nobody sets them for nobody. */
static bool has_notes(const request_rec *r)
{
	const struct shim_config *server = shim_config_of_server(r->server);

	return server->global->has_notes || shim_config_get(server, SHIM_MEASURE_USAGE);
}

/* LogFormat looks at the last request of a chain of redirects, which need not be PHP's. */
int shim_access_transaction(request_rec *r)
{
	const struct shim_record *last_record = NULL;
	request_rec *last = r;

	for (request_rec *each = r; each; each = each->next) {
		const struct shim_record *record = shim_record_of(each);

		last = each;
		if (!record)
			continue;
		last_record = record;
		shim_access_write(each);
	}
	if (last_record && has_notes(r))
		set_notes(last, last_record);
	return DECLINED;
}
