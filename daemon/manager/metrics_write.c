/* SPDX-License-Identifier: Apache-2.0 */

/* The document: the daemon, its totals, its pools. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/metrics.h"
#include "daemon/manager/metrics_text.h"

static const char *const start_labels[FIGURES_STARTS] = {
	[FIGURES_COLD] = "kind=\"cold\"",
	[FIGURES_THAWED] = "kind=\"thawed\"",
};

/* --- what is known of pools --------------------------------------------------------------- */

static void add_times(struct figures_times *sum, const struct figures_times *t)
{
	sum->count += t->count;
	sum->sum_ns += t->sum_ns;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		sum->bucket[i] += t->bucket[i];
}

static void add_gauges(struct metrics_sum *sum, const struct pool *p)
{
	uint64_t busy = 0;
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp)
		busy += lease_is_busy(LIST_OWNER(n, struct backend, node));
	sum->running += p->parent.pid != 0;
	sum->busy += busy;
	sum->idle += pool_connections(p) - busy;
	sum->limit += p->children;
	sum->waiting += waitq_count(&p->waitq);
}

void metrics_add_pool(struct metrics_sum *sum, const struct pool *p, bool has_gauges)
{
	struct lease_counts counts;
	struct figures_times service = { .count = 0 };

	figures_get(p, &counts);
	service.count = counts.requests;
	service.sum_ns = counts.service_ns;
	memcpy(service.bucket, counts.bucket, sizeof(service.bucket));
	add_times(&sum->service, &service);
	sum->errors += counts.errors;
	if (p->figures) {
		add_times(&sum->queue, &p->figures->queue);
		for (int i = 0; i < FIGURES_STARTS; i++)
			add_times(&sum->start[i], &p->figures->start[i]);
	}
	sum->starts[FIGURES_COLD] += p->counts.cold_starts;
	sum->starts[FIGURES_THAWED] += p->counts.thawed_starts;
	sum->failures += p->counts.failures;
	sum->deaths += p->counts.deaths;
	sum->refusals += p->counts.rejects;
	if (has_gauges)
		add_gauges(sum, p);
}

static void add_sum(struct metrics_sum *sum, const struct metrics_sum *s)
{
	add_times(&sum->service, &s->service);
	add_times(&sum->queue, &s->queue);
	for (int i = 0; i < FIGURES_STARTS; i++) {
		add_times(&sum->start[i], &s->start[i]);
		sum->starts[i] += s->starts[i];
	}
	sum->errors += s->errors;
	sum->failures += s->failures;
	sum->deaths += s->deaths;
	sum->refusals += s->refusals;
}

void metrics_enter(struct pool *p)
{
	struct metrics *mx = &p->manager->metrics;

	if (mx->named >= p->manager->config->metrics_max_pools)
		return;
	p->figures->is_named = true;
	mx->named++;
}

void metrics_leave(struct pool *p)
{
	struct metrics *mx = &p->manager->metrics;

	metrics_add_pool(p->figures->is_named ? &mx->gone_named : &mx->gone_others, p, false);
	if (p->figures->is_named)
		mx->named--;
}

/* --- the pools that have a name, and the row of all others --------------------------------- */

struct row {
	char *labels; /* owned; NULL: no memory */
	struct metrics_sum sum;
};

struct rows {
	struct row *row; /* owned; the last one is that of the others */
	size_t count;
	struct metrics_sum total; /* of all that there ever was in this life of the manager */
};

static char *make_labels(const char *name, const char *user, const char *handler, const char *spec)
{
	struct metrics_labels l = { .used = 0 };

	metrics_labels_add(&l, "pool", name);
	metrics_labels_add(&l, "user", user);
	metrics_labels_add(&l, "handler", handler);
	metrics_labels_add(&l, "spec", spec);
	return strdup(l.text);
}

static char *labels_of(const struct pool *p)
{
	char id[24];

	/* the same in the next life of the manager, and never two with the same */
	(void)snprintf(id, sizeof(id), "%016" PRIx64, p->hash);
	return make_labels(p->name, p->figures->user ? p->figures->user : "", p->handler, id);
}

static void free_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->row[i].labels);
	free(rows->row);
}

static void gather(struct rows *rows, size_t room, struct manager *m)
{
	struct row *others = &rows->row[room];
	struct list_node *n, *tmp;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);
			struct row *row = others;

			if (p->figures && p->figures->is_named && rows->count < room) {
				row = &rows->row[rows->count++];
				row->labels = labels_of(p);
			}
			metrics_add_pool(&row->sum, p, true);
		}
	}
	for (size_t i = 0; i < rows->count; i++)
		add_sum(&rows->total, &rows->row[i].sum);
	add_sum(&others->sum, &m->metrics.gone_others);
	add_sum(&rows->total, &others->sum);
	add_sum(&rows->total, &m->metrics.gone_named);
	others->labels = make_labels("(others)", "", "", "");
	/* fewer than there was room for: no gap */
	if (others != &rows->row[rows->count])
		rows->row[rows->count] = *others;
	rows->count++;
}

/* --- writing -------------------------------------------------------------------------------- */

static void write_column(struct evbuffer *out, const struct rows *rows,
	const struct metrics_family *f, const char *suffix, size_t offset)
{
	metrics_begin(out, f);
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];
		uint64_t value;

		memcpy(&value, (const char *)&row->sum + offset, sizeof(value));

		metrics_uint(out, f, suffix, row->labels, value);
	}
}

/* A counter or gauge of each pool, by the place of its figure. */
static const struct {
	struct metrics_family family;
	const char *suffix;
	size_t offset;
} columns[] = {
#define COUNTER(name_, member, help_)                                                              \
	{                                                                                          \
		{ "lsapid_pool_" name_, "counter", NULL, help_ }, "_total",                        \
			offsetof(struct metrics_sum, member)                                       \
	}
#define GAUGE(name_, member, help_)                                                                \
	{                                                                                          \
		{ "lsapid_pool_" name_, "gauge", NULL, help_ }, "",                                \
			offsetof(struct metrics_sum, member)                                       \
	}
	COUNTER("errors", errors,
		"Requests that ended with a status from 500 on, or with no answer."),
	COUNTER("start_failures", failures, "PHP that could not be started, or ended unasked."),
	COUNTER("deaths", deaths, "PHP children that ended in the middle of a request."),
	COUNTER("refusals", refusals, "Requests that were refused."),
	GAUGE("running", running, "Whether PHP of the pool runs."),
	GAUGE("children_busy", busy, "Connections to PHP that have a request now."),
	GAUGE("children_idle", idle, "Connections to PHP without one."),
	GAUGE("children_limit", limit, "Connections that there may be."),
	GAUGE("waiting", waiting, "Requests in the queue of the pool."),
#undef COUNTER
#undef GAUGE
};

static const char *with_kind(char out[METRICS_LABELS_SIZE], const struct row *row, int kind)
{
	(void)snprintf(out, METRICS_LABELS_SIZE, "%s,%s", row->labels, start_labels[kind]);
	return out;
}

static void write_starts(struct evbuffer *out, const struct rows *rows)
{
	static const struct metrics_family times = { "lsapid_pool_start_seconds", "histogram",
		"seconds", "From the start of PHP to the first byte of an answer." };
	static const struct metrics_family starts = { "lsapid_pool_starts", "counter", NULL,
		"PHP that was started, or thawed from an image." };
	char labels[METRICS_LABELS_SIZE];

	metrics_begin(out, &starts);
	for (size_t i = 0; i < rows->count; i++) {
		for (int k = 0; k < FIGURES_STARTS; k++)
			metrics_uint(out, &starts, "_total", with_kind(labels, &rows->row[i], k),
				rows->row[i].sum.starts[k]);
	}
	metrics_begin(out, &times);
	for (size_t i = 0; i < rows->count; i++) {
		for (int k = 0; k < FIGURES_STARTS; k++)
			metrics_times(out, &times, with_kind(labels, &rows->row[i], k),
				&rows->row[i].sum.start[k]);
	}
}

static void write_pools(struct evbuffer *out, const struct rows *rows)
{
	static const struct metrics_family service = { "lsapid_pool_request_seconds", "histogram",
		"seconds", "Requests, from the connection to PHP to the end of the answer." };
	static const struct metrics_family queue = { "lsapid_pool_queue_seconds", "histogram",
		"seconds", "Requests that had to wait for PHP: for how long." };

	metrics_begin(out, &service);
	for (size_t i = 0; i < rows->count; i++)
		metrics_times(out, &service, rows->row[i].labels, &rows->row[i].sum.service);
	metrics_begin(out, &queue);
	for (size_t i = 0; i < rows->count; i++)
		metrics_times(out, &queue, rows->row[i].labels, &rows->row[i].sum.queue);
	write_starts(out, rows);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		write_column(out, rows, &columns[i].family, columns[i].suffix, columns[i].offset);
}

static void write_one(struct evbuffer *out, const struct metrics_family *f, uint64_t value)
{
	metrics_begin(out, f);
	metrics_uint(out, f, strcmp(f->type, "counter") == 0 ? "_total" : "", NULL, value);
}

static void write_labelled(struct evbuffer *out, const struct metrics_family *f, const char *name,
	const char *value, uint64_t count)
{
	struct metrics_labels labels = { .used = 0 };

	metrics_labels_add(&labels, name, value);
	metrics_uint(out, f, strcmp(f->type, "counter") == 0 ? "_total" : "", labels.text, count);
}

static void write_reasons(
	struct evbuffer *out, const struct metrics_family *f, const uint64_t count[REASON_COUNT])
{
	metrics_begin(out, f);
	for (unsigned i = 1; i < REASON_COUNT; i++)
		write_labelled(out, f, "reason", reason_name(i), count[i]);
}

static void write_daemon(struct evbuffer *out, const struct manager *m)
{
	static const struct metrics_family build = { "lsapid_build", "info", NULL,
		"Version of lsapid." };
	static const struct metrics_family uptime = { "lsapid_uptime_seconds", "gauge", "seconds",
		"How long lsapid-manager has been running; its counters begin with it." };
	static const struct metrics_family pools = { "lsapid_pools", "gauge", NULL,
		"Pools that are known, by their state." };
	struct metrics_labels version = { .used = 0 };

	metrics_begin(out, &build);
	metrics_labels_add(&version, "version", LSAPID_VERSION);
	metrics_uint(out, &build, "_info", version.text, 1);
	metrics_begin(out, &uptime);
	metrics_seconds(out, &uptime, "", NULL, clock_since_ns(m->started_ns, m->now_ns));
	metrics_begin(out, &pools);
	for (int i = 0; i < POOL_STATE_COUNT; i++)
		write_labelled(out, &pools, "state", pool_state_name((enum pool_state)i),
			m->pools.by_state[i].count);
}

static void write_gauges(struct evbuffer *out, const struct manager *m)
{
	const struct {
		struct metrics_family family;
		uint64_t value;
	} gauges[] = {
		{ { "lsapid_pools_limit", "gauge", NULL, "max_pools." }, m->config->max_pools },
		{ { "lsapid_connections", "gauge", NULL, "Connections to PHP." }, m->connections },
		{ { "lsapid_connections_limit", "gauge", NULL, "max_children_total." },
			m->config->max_children_total },
		{ { "lsapid_apache_processes", "gauge", NULL, "Processes of Apache." },
			m->sessions.count },
		{ { "lsapid_config_problems", "gauge", NULL,
			  "Mistakes in the configuration in force." },
			m->config->problems.count },
		{ { "lsapid_config_reloads", "counter", NULL, "Configurations taken." },
			m->reload.count },
	};

	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		write_one(out, &gauges[i].family, gauges[i].value);
}

static void write_stats(struct evbuffer *out, const struct stats *st)
{
	const struct {
		struct metrics_family family;
		uint64_t value;
	} counters[] = {
		{ { "lsapid_leases", "counter", NULL, "Connections that Apache asked for." },
			st->leases },
		{ { "lsapid_returns", "counter", NULL, "Connections that it was asked back for." },
			st->returns },
		{ { "lsapid_evictions", "counter", NULL,
			  "Idle connections closed for another pool, the host being full." },
			st->evictions },
		{ { "lsapid_retirements", "counter", NULL, "PHP that was told to end." },
			st->retirements },
		{ { "lsapid_lifetimes", "counter", NULL,
			  "PHP that was told to end as its max_lifetime was over." },
			st->lifetimes },
		{ { "lsapid_runaways", "counter", NULL,
			  "Requests that were ended for max_process_time." },
			st->runaways },
		{ { "lsapid_recycled", "counter", NULL,
			  "Children that were ended for max_memory." },
			st->recycled },
		{ { "lsapid_freezes", "counter", NULL, "Images of PHP that were written." },
			st->freezes },
		{ { "lsapid_freeze_failures", "counter", NULL,
			  "Images of PHP that could not be written." },
			st->freeze_failures },
		{ { "lsapid_dropped_clients", "counter", NULL,
			  "Clients that were dropped for what they sent, or for not reading." },
			st->dropped_peers },
		{ { "lsapid_stderr_lines", "counter", NULL, "Lines that PHP wrote to its stderr." },
			st->stderr_lines },
		{ { "lsapid_stderr_dropped", "counter", NULL,
			  "Lines of PHP that were too many to log." },
			st->stderr_dropped },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		write_one(out, &counters[i].family, counters[i].value);
}

static void write_totals(struct evbuffer *out, const struct manager *m, const struct rows *rows)
{
	static const struct metrics_family service = { "lsapid_request_seconds", "histogram",
		"seconds", "Requests of all pools, those that are forgotten included." };
	static const struct metrics_family errors = { "lsapid_errors", "counter", NULL,
		"Requests of all pools that ended with a status from 500 on, or with no answer." };
	static const struct metrics_family starts = { "lsapid_starts", "counter", NULL,
		"PHP of all pools that was started, or thawed from an image." };
	static const struct metrics_family refusals = { "lsapid_refusals", "counter", NULL,
		"Requests that were refused, by the reason." };
	static const struct metrics_family denials = { "lsapid_denials", "counter", NULL,
		"Processes of Apache and pools that were refused, by the reason." };

	metrics_begin(out, &service);
	metrics_times(out, &service, NULL, &rows->total.service);
	write_one(out, &errors, rows->total.errors);
	metrics_begin(out, &starts);
	for (int i = 0; i < FIGURES_STARTS; i++)
		metrics_uint(out, &starts, "_total", start_labels[i],
			i == FIGURES_THAWED ? m->stats.thawed_starts : m->stats.cold_starts);
	write_reasons(out, &refusals, m->stats.rejects);
	write_reasons(out, &denials, m->stats.denials);
}

int metrics_write(struct manager *m, struct evbuffer *out)
{
	size_t room = m->metrics.named;
	struct rows rows = { .row = calloc(room + 1, sizeof(*rows.row)) };

	if (!rows.row)
		return err_origin(-ENOMEM);
	(void)manager_now(m);
	gather(&rows, room, m);
	for (size_t i = 0; i < rows.count; i++) {
		if (!rows.row[i].labels) {
			free_rows(&rows);
			return err_origin(-ENOMEM);
		}
	}
	write_daemon(out, m);
	write_gauges(out, m);
	write_stats(out, &m->stats);
	write_totals(out, m, &rows);
	write_pools(out, &rows);
	metrics_end(out);
	free_rows(&rows);
	return 0;
}
