#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines of a configuration of httpd that mod_lsapi cannot live with, or that take PHP away from
 * it. Pure: a text in, a text without them out.
 *
 * Source: behaviours.md B24; mod_lsapi-manual "Requirements".
 */

#include <stdbool.h>
#include <stddef.h>

enum conflict_kind {
	CONFLICT_NONE,
	CONFLICT_MODULE, /* changes the user of httpd itself: both cannot be loaded */
	CONFLICT_PHP,    /* PHP inside of httpd */
	CONFLICT_HANDLER /* a handler for PHP's files that is not lsphp's: FPM, or mod_php's */
};

/** The first one of a text. */
struct conflict {
	enum conflict_kind kind;
	unsigned line;
	char what[160];     /* printable: the directive */
	const char *effect; /* static */
};

/** What each line begins with that is switched off; a file of ours says so to its reader. */
#define CONFLICT_MARK "#lsapid# "

/**
 * conflict_find() - the first conflict of @text
 * @is_php_ours: PHP's files are for mod_lsapi wherever nothing else is said; else only
 *               CONFLICT_MODULE counts, as the panel gives each site a handler
 *
 * Return: 0: there is none, or one, in @ret; -ENOMEM.
 */
int conflict_find(const char *text, size_t size, bool is_php_ours, struct conflict *ret);

/**
 * conflict_switch_off() - the text with all of them commented out
 *
 * Return: malloc'ed; equal to @text if there is none; NULL: memory.
 */
char *conflict_switch_off(const char *text, bool is_php_ours);
