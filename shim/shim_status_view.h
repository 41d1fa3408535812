#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What of lsapid's status document is shown, and in which order: a document and a query in, rows
 * out. Pure. Of a pool that is not on the page nothing is kept but a few numbers.
 */

#include <jansson.h>

#include "shim/shim_document.h"
#include "shim/shim_status_column.h"
#include "shim/shim_status_query.h"
#include "shim/shim_status_usage.h"

/** Rows of the lists that have no pages: what is beyond is counted. */
#define SHIM_STATUS_LIST 100U

/** A pool that is to be shown: where it stands in the document, and how it is sorted. */
struct shim_status_pool {
	const char *at; /* borrowed: the document */
	size_t size;
	double weight;  /* by which it is sorted, where that is a number */
	char *word;     /* owned: where it is a text; else NULL */
	uint32_t order; /* in the document: of equals the earlier is first */
};

/** A request that runs now. */
struct shim_status_request {
	json_t *backend; /* owned: a reference */
	char *pool;      /* owned */
	char *user;      /* owned */
	double since_s;
};

/** Sums over all pools, shown or not. */
struct shim_status_sums {
	uint64_t pools, cold, busy, idle, waiting, requests, errors, rejects, starts, deaths;
	uint64_t processes, rss_kib, cpu_s;
	bool has_usage; /* /proc tells the three of them */
};

struct shim_status_view {
	const struct shim_status_query *query; /* borrowed */
	const struct procs *procs;             /* borrowed */
	json_t *rest;                          /* owned: the document without its pools */
	struct shim_status_sums sums;
	struct shim_status_pool *pool; /* owned: those of all pages */
	size_t pools;
	size_t hidden;                    /* cold ones that nobody asked for */
	struct shim_status_pool *trouble; /* owned: the first SHIM_STATUS_LIST of those with one */
	size_t troubles;                  /* all of them */
	struct shim_status_request *request; /* owned; the longest first */
	size_t requests;
	struct shim_status_pool
		*refusal; /* owned: pools that refused something, the last one first */
	size_t refusals;
	const struct shim_status_column *sort; /* NULL: what is of interest first */
	bool is_out_of_memory;
};

/**
 * shim_status_view_init() - look at the text of a document, borrowed until the end
 * @procs: all processes, or none if they could not be read
 *
 * Return: true; false: it is none, or there is no memory. shim_status_view_deinit() in any case.
 */
bool shim_status_view_init(struct shim_status_view *v, const char *text, size_t size,
	const struct shim_status_query *query, const struct procs *procs);
void shim_status_view_deinit(struct shim_status_view *v);

/** shim_status_view_page() - the page that is shown: the one asked for, or the last */
size_t shim_status_view_page(const struct shim_status_view *v);
size_t shim_status_view_pages(const struct shim_status_view *v);
