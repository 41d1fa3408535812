#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines of a configuration of httpd, as httpd reads them: continued by a backslash, cut into words
 * with quotes. Pure: text in, words out.
 *
 * Source: httpd server/util.c, ap_cfg_getline(), ap_getword_conf(); server/config.c,
 * ap_build_config_sub().
 */

#include <stdbool.h>
#include <stddef.h>

/** Longest file that is looked at: the largest of panels have some megabytes. */
#define CONF_LINE_MAX_FILE (64U << 20)
/** Longest line after its parts were joined; httpd takes 16 MiB, and nobody writes them. */
#define CONF_LINE_MAX_BYTES 65536U
/** Most words of a line that are told apart; the rest stays one. */
#define CONF_LINE_MAX_WORDS 64U

/** A text that is being cut into lines. */
struct conf_text {
	const char *data; /* borrowed; any bytes */
	size_t size;
	size_t at;       /* where the next line begins */
	unsigned number; /* lines so far, as an editor counts them */
};

enum conf_line_kind {
	CONF_LINE_NOTHING, /* empty or a comment */
	CONF_LINE_DIRECTIVE,
	CONF_LINE_OPEN,     /* <Name arguments> */
	CONF_LINE_CLOSE,    /* </Name> */
	CONF_LINE_TOO_LONG, /* not looked at */
	CONF_LINE_BINARY    /* has a NUL byte, where httpd stops */
};

/** One line; all words are in its own room. */
struct conf_line {
	enum conf_line_kind kind;
	unsigned number;                       /* of its last part: the one that httpd names */
	const char *name;                      /* directive or section, without brackets */
	const char *rest;                      /* the arguments as they were written */
	const char *word[CONF_LINE_MAX_WORDS]; /* the arguments; quotes are gone */
	size_t word_count;
	bool has_variable; /* ${NAME}: httpd puts something else in its place */
	char text[CONF_LINE_MAX_BYTES + 1];
	char words[2 * CONF_LINE_MAX_BYTES + CONF_LINE_MAX_WORDS];
};

/** Bytes of a byte order mark. */
#define CONF_LINE_MARK_SIZE 3

/** conf_text_has_mark() - does it begin with a byte order mark? httpd takes it for a name. */
bool conf_text_has_mark(const struct conf_text *text);

/**
 * conf_line_next() - the next line of @text into @line
 *
 * Return: true; false at the end, @line is not changed.
 */
bool conf_line_next(struct conf_text *text, struct conf_line *line);
