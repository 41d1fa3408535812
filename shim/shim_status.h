#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The handler "lsapi-status", and a section in mod_status's page: what lsapid knows, for whom
 * Apache's own Require lets in. It shows what all users' sites do, so none of them may have a say
 * in who sees it: whatever a .htaccess has taken part in is refused, as one could name the handler
 * (SetHandler) or open what is closed (Satisfy Any).
 */

#include <httpd.h>

/** shim_status_fixup() - refuse it early, also in requests that httpd makes to look for a file */
int shim_status_fixup(request_rec *r);

/** shim_status_handler() - httpd's handler hook */
int shim_status_handler(request_rec *r);

/** shim_status_hook() - status_hook of mod_status; @flags: AP_STATUS_* */
int shim_status_hook(request_rec *r, int flags);
