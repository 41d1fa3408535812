#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A command line against tables of options. What was given is found by the row of the table, so
 * that each command names its options in an enum of its own, and nobody else sees them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"

/** Most options of one table. */
#define ARGS_MAX 32U
/** What is wrong with a command line, for people. */
#define ARGS_WHY_SIZE 256U

/** One option; a table ends with a row without a name. */
struct args_option {
	const char *name; /* without the two dashes */
	char letter;      /* 0: has none */
	/*
	 * How its argument is called in the help; NULL: it takes none. "[SECONDS]" may be left
	 * out, and is given as --name=SECONDS; of "a|b|c" it has to be one. Completion knows POOL,
	 * USER, FILE, and the words of "a|b|c".
	 */
	const char *argument;
	const char *help; /* one line */
};

/** What was given, and the words that are no options. */
struct args {
	const char
		*value[ARGS_MAX]; /* by row; borrowed: argv; "" without argument; NULL: not given */
	char *const *operand;     /* borrowed: argv */
	int operand_count;
};

/** A table, and where to note what was given of it. */
struct args_table {
	const struct args_option *options; /* NULL: none */
	struct args *args;                 /* what earlier calls have noted stays */
};

static inline bool args_has(const struct args *args, size_t row)
{
	return args->value[row] != NULL;
}

/** args_text() - what follows the option; @missing if it is not given */
static inline const char *args_text(const struct args *args, size_t row, const char *missing)
{
	return args->value[row] ? args->value[row] : missing;
}

/** args_operand() - NULL: there are not so many */
static inline const char *args_operand(const struct args *args, int i)
{
	return i < args->operand_count ? args->operand[i] : NULL;
}

/**
 * args_parse() - read options
 * @argc:      of @argv
 * @argv:      its first word is the command's own name; may be put into another order
 * @own:       the options of the command, stronger than @global where both have a letter or name
 * @is_prefix: the first word that is no option ends it; else options may stand anywhere
 * @reterr_why: ARGS_WHY_SIZE bytes
 *
 * The operands are noted in @own.
 *
 * Return: true; false: there is no such option, or its argument is wrong
 */
bool args_parse(int argc, char **argv, const struct args_table *own,
	const struct args_table *global, bool is_prefix, char *reterr_why) ATTR_MUST_USE;

/** args_is_word() - is @text of @size bytes one of "a|b|c" */
bool args_is_word(const char *words, const char *text, size_t size);
