#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* May PHP of that user run this script? lsapi_target_perm and lsapi_paranoid. */

#include "shim/shim.h"

/**
 * shim_script_check() - look at the script of a request, if its site wants that
 * @uid: who would run it
 *
 * What is looked at is what the path leads to now, all links followed, as PHP will follow them.
 * Who can write to a directory on the way can exchange the file between this look and PHP's:
 * lsapi_paranoid refuses directories that others may write to. The owner himself can, and gains
 * nothing: PHP has his rights, whatever it opens.
 *
 * Return: OK; an HTTP status, logged. No system call if neither directive is On.
 * Source: behaviours.md B07, B09; manual "lsapi_target_perm", "lsapi_paranoid".
 */
int shim_script_check(request_rec *r, uid_t uid);
