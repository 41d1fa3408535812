#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Directives of the modules whose place mod_lsapi takes, from directives_foreign.def: for the
 * module, which accepts them, and for lsapidctl, which explains them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "proto/directive.h"

/** One row; strings are static. */
struct directive_foreign {
	const char *name;
	const char *module;           /* as its source file is called, without .c */
	enum directive_effect effect; /* ACTS: says whose PHP runs; REPLACED: see the help */
	const char *help;             /* what takes its place; of ACTS: what it does */
};

extern const struct directive_foreign directive_foreign_table[];
extern const size_t directive_foreign_count;

/** directive_foreign_find() - by name, in any case; NULL: not one of them */
const struct directive_foreign *directive_foreign_find(const char *name);

/**
 * directive_foreign_is_about_identity() - one without effect that would have chosen whose PHP runs
 *
 * Whoever relies on that has to read of it.
 */
bool directive_foreign_is_about_identity(
	const struct directive_foreign *row, const char *arguments);
