/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_brief.h"

#include "shim/shim_status_figure.h"

/** One figure: of the document without its pools, or a sum over these. */
struct figure {
	const char *key;
	const char *title;
	const char *path; /* NULL: a sum */
	size_t sum;       /* where it is in struct shim_status_sums */
	bool is_usage;    /* a sum that /proc may hide */
};

#define SUM(name)   NULL, offsetof(struct shim_status_sums, name), false
#define USAGE(name) NULL, offsetof(struct shim_status_sums, name), true
#define OF(path)    path, 0, false

static const struct figure figures[] = {
	{ "LsapiUptime", "Seconds since lsapid was started", OF("daemon.uptime_s") },
	{ "LsapiPools", "Pools known", SUM(pools) },
	{ "LsapiPoolsMax", "Pools at most", OF("daemon.max_pools") },
	{ "LsapiPoolsCold", "Pools without PHP", OF("totals.pools_by_state.cold") },
	{ "LsapiPoolsStarting", "Pools that start", OF("totals.pools_by_state.starting") },
	{ "LsapiPoolsReady", "Pools that are ready", OF("totals.pools_by_state.ready") },
	{ "LsapiPoolsDraining", "Pools that end", OF("totals.pools_by_state.draining") },
	{ "LsapiPoolsFailed", "Pools that failed", OF("totals.pools_by_state.failed") },
	{ "LsapiConnections", "Connections to PHP", OF("totals.connections") },
	{ "LsapiConnectionsMax", "Connections at most", OF("daemon.max_children_total") },
	{ "LsapiBusy", "Children busy", SUM(busy) },
	{ "LsapiIdle", "Children idle", SUM(idle) },
	{ "LsapiWaiting", "Requests in queues", SUM(waiting) },
	{ "LsapiRequests", "Requests that have ended", SUM(requests) },
	{ "LsapiErrors", "Requests that ended with 5xx", SUM(errors) },
	{ "LsapiRefused", "Requests that got no child", SUM(rejects) },
	{ "LsapiDeaths", "Children that ended unasked", SUM(deaths) },
	{ "LsapiStarts", "Starts of PHP", OF("totals.starts") },
	{ "LsapiStartsCold", "Starts of PHP, cold", OF("totals.cold_starts") },
	{ "LsapiStartsRestored", "Starts of PHP, restored", OF("totals.thawed_starts") },
	{ "LsapiStartFailures", "Starts of PHP that failed", OF("totals.start_failures") },
	{ "LsapiRunaways", "Requests that ran for too long", OF("totals.runaways") },
	{ "LsapiProcesses", "Processes of PHP", USAGE(processes) },
	{ "LsapiMemoryKiB", "Memory of PHP in KiB, resident", USAGE(rss_kib) },
	{ "LsapiCpuSeconds", "Processor time of PHP in seconds", USAGE(cpu_s) },
	{ "LsapiApacheProcesses", "Apache processes", OF("totals.sessions") },
};

static bool is_known(const struct shim_status_view *v, const struct figure *f)
{
	return !f->is_usage || v->sums.has_usage;
}

static uint64_t value_of(const struct shim_status_view *v, const struct figure *f)
{
	if (!f->path)
		return *(const uint64_t *)(const void *)((const char *)&v->sums + f->sum);
	return (uint64_t)shim_status_number(v->rest, f->path);
}

static void put_line(const struct shim_out *out, const char *key, uint64_t value)
{
	shim_out_put(out, key);
	shim_out_put(out, ": ");
	shim_out_number(out, value);
	shim_out_put(out, "\n");
}

void shim_status_put_lines(const struct shim_out *out, const struct shim_status_view *v)
{
	put_line(out, "LsapiUp", 1);
	shim_out_put(out, "LsapiVersion: ");
	shim_out_line(out, shim_status_text(v->rest, "daemon.version"));
	shim_out_put(out, "\n");
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (is_known(v, &figures[i])) {
			put_line(out, figures[i].key, value_of(v, &figures[i]));
			continue;
		}
		shim_out_put(out, figures[i].key);
		shim_out_put(out, ": -\n");
	}
	put_line(out, "LsapiConfigProblems",
		json_array_size(shim_status_find(v->rest, "config.problems")));
	put_line(out, "LsapiPoolsTroubled", v->troubles);
}

void shim_status_put_no_lines(const struct shim_out *out)
{
	put_line(out, "LsapiUp", 0);
}

void shim_status_put_brief(const struct shim_out *out, const struct shim_status_view *v)
{
	shim_out_put(out, "<hr />\n<h2>lsapid ");
	shim_out_text(out, shim_status_text(v->rest, "daemon.version"));
	shim_out_put(out, "</h2>\n<table border=\"0\">\n");
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		shim_out_put(out, "<tr><td>");
		shim_out_put(out, figures[i].title);
		shim_out_put(out, "</td><td align=\"right\">");
		if (is_known(v, &figures[i]))
			shim_status_put_count(out, value_of(v, &figures[i]));
		else
			shim_out_put(out, "-");
		shim_out_put(out, "</td></tr>\n");
	}
	shim_out_put(out, "</table>\n");
}
