#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The access log of PHP (lsapi_access_log), and the same figures as notes of httpd. */

#include "shim/shim.h"

/** shim_access_open() - hook: as root, at the start of httpd. Return: OK; DONE, logged */
int shim_access_open(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** shim_access_transaction() - hook: httpd is about to log a request that is over */
int shim_access_transaction(request_rec *r);

/** shim_access_uses_notes() - does any line of the configuration name one, as LogFormat may? */
bool shim_access_uses_notes(void);

/** shim_access_asks_usage() - are CPU time and memory of a request wanted? */
bool shim_access_asks_usage(const request_rec *r);

/** shim_access_write() - a line for one request that PHP was to answer, in each log it has */
void shim_access_write(request_rec *r);
