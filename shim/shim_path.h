#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* LSAPIPath: the account is a part of the path of the script (behaviours.md B23). */

#include "shim/shim.h"

/** A pattern as it is written. */
struct shim_path {
	const char *text;  /* and its place, for messages */
	ap_regex_t *regex; /* its first group is the account; NULL: it is no pattern */
};

/**
 * shim_path_find() - whose PHP runs a script, by its path
 *
 * Return: DECLINED: the path does not match; OK; an HTTP status, logged.
 */
int shim_path_find(struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid);
