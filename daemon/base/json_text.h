#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Strings of JSON, for those that write documents of a few keys without a library for it. */

#include <stdio.h>

/** json_text_put() - @text as a string with its quotes; what is no UTF-8 becomes ? */
void json_text_put(FILE *to, const char *text);

/** json_text_member() - "KEY": "TEXT", with a comma behind it; @key is ours, and plain */
void json_text_member(FILE *to, const char *key, const char *text);
