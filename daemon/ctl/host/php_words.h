#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Options that PHP was configured with, as php-config says them, into those for its lsphp. Pure. */

#include <stddef.h>

#include "daemon/base/attr.h"

/** An EasyApache PHP has a hundred. */
#define PHP_WORDS_MAX 400U

struct php_words {
	const char *argv[PHP_WORDS_MAX + 4]; /* ends in NULL; borrowed: text, and the caller's */
	char *text;                          /* owned */
};

/**
 * php_words_configure() - the command line of configure
 * @configure: its path; borrowed
 * @options:   words, perhaps in single quotes
 *
 * What makes another SAPI than the command line's is left out.
 *
 * Return: 0; -EINVAL: a quote has no end; -E2BIG; -ENOMEM.
 */
int php_words_configure(
	struct php_words *w, const char *configure, const char *options) ATTR_MUST_USE;
void php_words_deinit(struct php_words *w);
