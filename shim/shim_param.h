#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Several settings of PHP in one text, as lsapi_param PHP_VALUE has them. Pure.
 *
 *	name = value; other = "a; b"
 *
 * They are separated by ';', by a line end, or by the two characters "\n", which a configuration
 * of nginx has for it. Between double quotes none of these separates, and the quotes go.
 */

#include <stddef.h>

/** One setting; views into the text. */
struct shim_param {
	const char *name;
	size_t name_size;
	const char *value; /* without white space around it, and without quotes */
	size_t value_size;
};

enum shim_param_result {
	SHIM_PARAM_FOUND,
	SHIM_PARAM_END,
	/** no name, no '=', or something behind a quoted value; the name is all of it */
	SHIM_PARAM_BAD
};

/**
 * shim_param_next() - the next setting of a text
 * @at: where to look; then behind the setting, or behind the one that is bad
 */
enum shim_param_result shim_param_next(const char **at, struct shim_param *ret_param);
