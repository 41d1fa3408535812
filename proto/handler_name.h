#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Names of handlers of httpd that stand for an lsphp: for the module, and for lsapidctl import. */

#include <stdbool.h>

/**
 * handler_name_is_lsphp() - application/x-httpd-lsphp, and the panels'
 *                           application/x-httpd-alt-php74___lsphp and so on
 *
 * Source: behaviours.md B01, B02.
 */
bool handler_name_is_lsphp(const char *name);
