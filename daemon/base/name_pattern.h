#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Patterns of names of pools, as administrators write them: pure, and quick whoever wrote them. */

#include <stdbool.h>

/**
 * name_pattern_matches() - does @pattern stand for the whole of @name?
 *
 * Star: any characters, also none; question mark: any one; others stand for themselves, whatever
 * their case. Takes no longer than the product of both lengths, whoever has chosen the two, which
 * fnmatch(3) does not promise.
 */
bool name_pattern_matches(const char *pattern, const char *name);

/** name_pattern_is_one() - has it a star or a question mark in it? */
bool name_pattern_is_one(const char *text);
