#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What counts of a value that was written for a directive. One set of rules for the module, which
 * uses the value, and for lsapidctl import, which tells of it before. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "proto/directive.h"

/** Room for any text of directive_value_complain(); what is longer is cut off. */
#define DIRECTIVE_VALUE_MAX_TEXT 512

/** Longest list of methods that is understood. */
#define DIRECTIVE_VALUE_MAX_METHODS 512

enum directive_value_use {
	DIRECTIVE_VALUE_AS_WRITTEN,
	DIRECTIVE_VALUE_OTHER,  /* another one: the nearest that is possible, or the default */
	DIRECTIVE_VALUE_IGNORED /* as if the line were not there */
};

struct directive_value {
	enum directive_value_use use;
	int number; /* of a switch (0, 1) or number: what is used */
};

/**
 * directive_value_of() - what is used of @text
 *
 * Switches are On or Off in any case; numbers are decimal, and clamped; a word may have to be an
 * absolute path, or a list of methods. All else falls back to the default, and is never fatal.
 *
 * Source: behaviours.md B21.
 */
struct directive_value directive_value_of(const struct directive *row, const char *text);

/**
 * directive_value_complain() - why @text is not used as it was written, and what is
 * @out: "neither On nor Off, Off is used"; empty if there is nothing to say
 */
void directive_value_complain(
	const struct directive *row, const struct directive_value *value, char *out, size_t size);

/** directive_value_is_env_name() - may a variable of an environment have this name? */
bool directive_value_is_env_name(const char *name);

/**
 * directive_value_is_env_reserved() - is it one that lsapi_set_env never sets?
 *
 * PATH, HTTP_*, LSAPI_*. Source: behaviours.md B49.
 */
bool directive_value_is_env_reserved(const char *name);
