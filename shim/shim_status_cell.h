#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the tables of the status page are made of. Titles are ours, texts are anybody's. Pure. */

#include <time.h>

#include "shim/shim_status_figure.h"

/** shim_status_begin_table() - @id: of its heading; @columns: th elements */
void shim_status_begin_table(const struct shim_out *out, const char *id, const char *columns);
void shim_status_end_table(const struct shim_out *out);

void shim_status_put_text_cell(const struct shim_out *out, const char *title, const char *text);
void shim_status_put_value_cell(const struct shim_out *out, const char *title, const json_t *value,
	enum shim_status_kind kind);

/** shim_status_put_user() - of a pool, or what else has "user" and "uid" */
void shim_status_put_user(const struct shim_out *out, const json_t *object);

/** shim_status_put_time() - in the time of the server, as its logs */
void shim_status_put_time(const struct shim_out *out, time_t when);

/** shim_status_put_more() - how many of a list are not shown */
void shim_status_put_more(const struct shim_out *out, size_t count);
