#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What may stand at the end of a command line, from the tables of the commands: shells ask for it,
 * so that what they offer is what there is. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

struct cmd;

/** What kind of thing the last word is. */
enum complete_kind {
	COMPLETE_NOTHING, /* or a file: the shell knows better */
	COMPLETE_WORDS,   /* commands and options were added already */
	COMPLETE_POOL,
	COMPLETE_USER
};

/** Takes one candidate; @help may be "". */
typedef void (*complete_add_fn)(const char *word, const char *help, void *data);

struct complete {
	const char *prefix; /* of what is wanted: borrowed, the last word or a part of it */
	char before[64];    /* what has to stand before each candidate: "--sort=" */
	const char *socket; /* borrowed: the value of --socket; NULL: not given */
};

/**
 * complete_line() - add all words of the tables that the last word may become
 * @count: of @words, which are those after the program's name; bash cuts --a=b into three
 *
 * Return: what else the caller has to add, beginning with ret->prefix.
 */
enum complete_kind complete_line(const struct cmd *root, char *const *words, int count,
	struct complete *ret, complete_add_fn add, void *data);

/** complete_is_plain() - a word that means the same to every shell, without quotes */
bool complete_is_plain(const char *word);
