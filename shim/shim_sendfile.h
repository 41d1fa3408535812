#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* X-Sendfile: PHP names a file, and httpd sends it instead of the script's own output. */

#include "shim/shim.h"

/**
 * shim_sendfile_answer() - send the file of o->sendfile
 * @uid: who runs PHP
 *
 * Only from below the directories of lsapi_xsendfile_path, and only what belongs to @uid, or to
 * root and is readable by all: httpd may read more than PHP may, and must not read it out.
 *
 * Return: for httpd's handler; refusals are logged.
 */
int shim_sendfile_answer(struct shim_response *o, uid_t uid);
