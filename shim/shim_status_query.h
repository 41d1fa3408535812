#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What is asked of the status page: the query of its URL. Pure; any bytes are a query. */

#include <stdbool.h>
#include <stddef.h>

#include "shim/shim_out.h"

/** Bytes of a text to look for, with its NUL. */
#define SHIM_STATUS_WORD 80U
#define SHIM_STATUS_SORT 16U
/** Pools of one page: a browser shows them at once, even a phone's. */
#define SHIM_STATUS_ROWS  200U
#define SHIM_STATUS_PAGES 100000U
/** Seconds between two looks: a page that is left open all day must be cheap for the daemon. */
#define SHIM_STATUS_FASTEST 1U
#define SHIM_STATUS_SLOWEST 3600U

enum shim_status_form {
	SHIM_STATUS_HTML = 0,
	SHIM_STATUS_AUTO, /* lines "Key: value" */
	SHIM_STATUS_JSON  /* the daemon's document */
};

struct shim_status_query {
	enum shim_status_form form;
	unsigned refresh_s;          /* 0: never */
	char sort[SHIM_STATUS_SORT]; /* name of a column; "": trouble first */
	bool is_descending;
	char word[SHIM_STATUS_WORD]; /* only pools with it in their name, user, handler or state */
	bool has_all;                /* cold pools as well */
	unsigned page;               /* from 0 on */
};

/** shim_status_query_parse() - what makes no sense is as if it were not there; NULL is empty */
void shim_status_query_parse(const char *text, struct shim_status_query *ret_query);

/** shim_status_query_put() - the URL of the page with this query, for an attribute of HTML */
void shim_status_query_put(const struct shim_out *out, const struct shim_status_query *query);
