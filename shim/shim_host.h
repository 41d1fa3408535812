#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* lsapi_use_req_hostname: the host that a request names is the name of its pool. */

#include "shim/shim.h"

/**
 * shim_host_of_request() - the name that the pool of a request would have
 *
 * Return: in lower case, of the request; "": that of the virtual host: the directive is Off, or
 *         the request names that one, or none that is a name.
 * Source: manual "lsapi_use_req_hostname".
 */
const char *shim_host_of_request(request_rec *r);

/**
 * shim_host_admit() - may one more pool have the name that a client has brought?
 *
 * Return: false: the virtual host has had SHIM_NAMES_MAX; told of once.
 */
bool shim_host_admit(request_rec *r, const char *host);

/** shim_host_number() - which virtual host it is, in httpd's order; 0: the main server */
size_t shim_host_number(const server_rec *server);
