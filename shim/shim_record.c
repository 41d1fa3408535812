/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_record.h"

#include <apr_strings.h>

#include "proto/crash.h"
#include "shim/shim.h"
#include "shim/shim_access.h"
#include "shim/shim_cpu.h"

void shim_record_begin(struct shim_exchange *x)
{
	struct shim_record *record = &x->record;

	*record = (struct shim_record){
		.r = x->r,
		.begun_ns = x->times.since_ns,
		.is_asking = shim_access_asks_usage(x->r),
	};
	ap_set_module_config(x->r->request_config, &lsapi_module, record);
}

struct shim_record *shim_record_of(const request_rec *r)
{
	return ap_get_module_config(r->request_config, &lsapi_module);
}

void shim_record_say(request_rec *r, const char *outcome)
{
	struct shim_record *record = shim_record_of(r);

	if (record && !record->outcome)
		record->outcome = outcome;
}

void shim_record_refuse(request_rec *r, unsigned reason)
{
	shim_record_say(r, apr_pstrcat(r->pool, "refused:", reason_name(reason), NULL));
}

static const char *fate_outcome(const struct shim_exchange *x)
{
	struct crash c;

	if (x->fate.fate == LEASE_FATE_RUNAWAY)
		return "runaway";
	if (x->fate.fate == LEASE_FATE_ENDED)
		return "ended";
	if (x->fate.fate != LEASE_FATE_KILLED)
		return NULL;
	crash_unpack(x->fate.limit_s, &c);
	return apr_psprintf(x->r->pool, "killed:%u", c.signal);
}

void shim_record_fail(const struct shim_exchange *x, enum shim_end end)
{
	static const char *const outcomes[SHIM_END_COUNT + 1] = {
		[SHIM_END_COMPLETE] = "ok",
		[SHIM_END_EPIPE] = "died",
		[SHIM_END_RESET] = "died",
		[SHIM_END_EOF] = "died",
		[SHIM_END_TIMEOUT] = "timeout",
		[SHIM_END_PROTOCOL] = "protocol",
		[SHIM_END_CLIENT] = "aborted",
		[SHIM_END_SERVER] = "error",
		[SHIM_END_COUNT] = "error",
	};
	const char *fate = fate_outcome(x);

	/* a body that can not be read is not one whose client has left */
	if (end == SHIM_END_CLIENT && x->body_status != OK && !x->r->connection->aborted)
		fate = "bad-request";
	shim_record_say(x->r, fate ? fate : outcomes[end]);
}

void shim_record_connect(struct shim_exchange *x, const struct shim_conn *conn)
{
	x->record.kind = conn->grant_flags & CONTROL_GRANT_COLD ? SHIM_KIND_COLD : SHIM_KIND_WARM;
	x->record.is_fresh = conn->grant_flags & CONTROL_GRANT_FRESH;
}

/* An lsphp that knows nothing of such questions: the kernel knows at least the one figure. */
static void measure_cpu(struct shim_record *record, struct shim_conn *conn)
{
	uint64_t cpu_ns = 0;

	if (!shim_cpu_get(conn->child_pid, &cpu_ns))
		return;
	record->has_cpu = conn->has_cpu && cpu_ns >= conn->cpu_ns;
	record->usage.cpu_ns = cpu_ns - conn->cpu_ns;
	conn->cpu_ns = cpu_ns;
	conn->has_cpu = true;
}

void shim_record_leave(struct shim_exchange *x, struct shim_conn *conn, enum shim_end end)
{
	struct shim_record *record = &x->record;
	bool is_foreign = shim_lease_has_foreign_pid(conn);

	if (record->is_fresh && x->times.heard_ns)
		record->start_ns += x->times.heard_ns - x->times.granted_ns;
	if (is_foreign && record->kind == SHIM_KIND_COLD)
		record->kind = SHIM_KIND_RESTORED;
	record->pid = is_foreign ? 0 : conn->child_pid;
	record->head_ns = x->response.decoder.has_header ? x->times.head_ns : 0;
	record->body_bytes = x->response.body_bytes;
	record->has_cpu = x->response.has_usage;
	record->has_peak = x->response.has_usage;
	record->usage = x->response.usage;
	if (record->is_asking && !record->has_cpu && end == SHIM_END_COMPLETE && record->pid)
		measure_cpu(record, conn);
}

void shim_record_end(struct shim_exchange *x, int status)
{
	struct shim_record *record = &x->record;

	record->pool = x->pool;
	record->queue_ns = x->times.spent_ns[SHIM_PART_LEASE];
	record->end_ns = x->times.since_ns;
	if (!record->outcome && status != OK)
		record->outcome = x->r->connection->aborted         ? "aborted"
				  : ap_is_HTTP_SERVER_ERROR(status) ? "error"
								    : "bad-request";
	shim_record_say(x->r, "ok");
	/* httpd logs no subrequests */
	if (x->r->main)
		shim_access_write(x->r);
}
