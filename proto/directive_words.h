#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What counts of a directive of several words; see directive_value.h for those of one. Pure:
 * whether an account exists is for others to know.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/directive.h"

/** Statuses that lsapi_error_code may choose (behaviours.md B13). */
#define DIRECTIVE_WORDS_CODE_MIN 400
#define DIRECTIVE_WORDS_CODE_MAX 599

/**
 * directive_words_complain() - why a line is ignored
 * @word:  its arguments, as many as httpd wants of it
 * @out:   the reason, empty if there is none
 *
 * Nothing of them is ever fatal (behaviours.md B21).
 *
 * Return: is it?
 */
bool directive_words_complain(
	const struct directive *row, const char *const *word, size_t count, char *out, size_t size);

/** directive_words_id() - a user or group by number, below the one that setresuid(2) keeps */
bool directive_words_id(const char *text, uint32_t *ret_id);

/** directive_words_code() - a status of lsapi_error_code */
bool directive_words_code(const char *text, int *ret_code);
