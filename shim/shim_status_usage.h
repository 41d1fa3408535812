#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Memory and processor time of PHP, put into pools of the status document, by the keys that
 * lsapidctl uses as well: "cpu_s" and "rss_kib". Where /proc does not tell they are not there.
 * Pure: all processes in, figures out.
 */

#include "proto/procs.h"
#include "shim/shim_out.h"
#include "shim/shim_status_column.h"

/** A host with more processes is not looked at for a page: this many take some tenths of a second.
 */
#define SHIM_STATUS_PROCESSES 32768U

/** shim_status_usage_add() - to a pool and to those of its backends that have a request */
void shim_status_usage_add(json_t *pool, const struct procs *procs, struct procs_sum *total);

/**
 * shim_status_usage_put() - the document with these figures: of each pool, and in an array
 *                           "processes" of each process
 *
 * What is no document comes out as it is.
 */
void shim_status_usage_put(
	const struct shim_out *out, const char *text, size_t size, const struct procs *procs);
