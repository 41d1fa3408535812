#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The columns of the table of pools, and how values of the status document are read. Pure. */

#include <jansson.h>
#include <stdint.h>

/** How a column is sorted and shown. */
enum shim_status_kind {
	SHIM_STATUS_TEXT,
	SHIM_STATUS_COUNT,
	SHIM_STATUS_PLAIN, /* a number that is a name: of a process */
	SHIM_STATUS_KIB,
	SHIM_STATUS_SECONDS
};

struct shim_status_column {
	const char *name; /* in URLs */
	const char *path; /* of the value within a pool of the document: "criu.served" */
	const char *title;
	const char *help;
	enum shim_status_kind kind;
};

/** The columns of pools; the last one has no name. */
extern const struct shim_status_column shim_status_columns[];

/** shim_status_find() - a value of @object by its path; borrowed; NULL: there is none */
const json_t *shim_status_find(const json_t *object, const char *path);

/** shim_status_column_find() - by its name in URLs; NULL: there is none */
const struct shim_status_column *shim_status_column_find(const char *name);

/** shim_status_text() - of a string there; "" if there is none */
const char *shim_status_text(const json_t *object, const char *path);

/** shim_status_number() - of a number there; 0 if there is none, or it is below 0 */
double shim_status_number(const json_t *object, const char *path);

/** shim_status_count() - the same for a whole number */
uint64_t shim_status_count(const json_t *object, const char *path);
