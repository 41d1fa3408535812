#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What an lsphp says of itself when it is asked with -v and -i. Pure. */

#include <stdbool.h>

struct php_probe {
	char version[32]; /* "8.2.36"; "": it did not say */
	bool is_lsapi;    /* its SAPI is litespeed */
	bool has_opcache;
	char ini[256]; /* php.ini that it has read; "": none, or it did not say */
};

/** php_probe_version() - from the output of -v */
void php_probe_version(const char *text, struct php_probe *p);

/** php_probe_info() - from the output of -i, as text or HTML */
void php_probe_info(const char *text, struct php_probe *p);
