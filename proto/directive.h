#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What there is to know of each directive of mod_lsapi, from directives.def: for the module, which
 * reads them, and for lsapidctl, which explains a file of them.
 */

#include <stdbool.h>
#include <stddef.h>

enum directive_kind {
	DIRECTIVE_SWITCH, /* On or Off */
	DIRECTIVE_NUMBER, /* from min to max */
	DIRECTIVE_WORD,   /* a text of one word */
	DIRECTIVE_OTHER
};

/** Where one may stand; each includes those before it. */
enum directive_context {
	DIRECTIVE_IN_MAIN,    /* the main server, outside of virtual hosts */
	DIRECTIVE_IN_SERVER,  /* virtual hosts */
	DIRECTIVE_IN_SECTION, /* <Directory>, <Location>, <Files> */
	DIRECTIVE_IN_ANYWHERE /* .htaccess, where AllowOverride has Options */
};

/** How many arguments httpd demands, by its names for that: from the low to the high four bits. */
enum directive_takes {
	DIRECTIVE_NO_ARGS = 0x00,
	DIRECTIVE_TAKE1 = 0x11,
	DIRECTIVE_TAKE12 = 0x21,
	DIRECTIVE_TAKE123 = 0x31,
	DIRECTIVE_TAKE2 = 0x22,
	DIRECTIVE_TAKE23 = 0x32,
	DIRECTIVE_TAKE3 = 0x33,
	DIRECTIVE_ITERATE = 0xf1, /* one or more */
	DIRECTIVE_TAKE_ARGV = 0xf0,
	DIRECTIVE_RAW_ARGS = 0xf0
};

enum directive_effect {
	DIRECTIVE_ACTS,
	DIRECTIVE_REPLACED, /* accepted: what it asks for is always so, or done in another way */
	DIRECTIVE_IGNORED   /* accepted: it has no sense here */
};

enum directive_check {
	DIRECTIVE_CHECK_ANY,
	DIRECTIVE_CHECK_PATH,
	DIRECTIVE_CHECK_METHODS,
	DIRECTIVE_CHECK_HANDLER,
	DIRECTIVE_CHECK_PHPRC /* a word of lsapi_phprc, or an absolute path */
};

#define DIRECTIVE_ID(id) DIRECTIVE_ID_##id,
#define SWITCH(id, ...)  DIRECTIVE_ID(id)
#define NUMBER(id, ...)  DIRECTIVE_ID(id)
#define WORD(id, ...)    DIRECTIVE_ID(id)
#define ALIAS(id, ...)   DIRECTIVE_ID(id)
#define OTHER(id, ...)   DIRECTIVE_ID(id)
enum directive_id {
#include "proto/directives.def"
	DIRECTIVE_COUNT
};
#undef SWITCH
#undef NUMBER
#undef WORD
#undef ALIAS
#undef OTHER
#undef DIRECTIVE_ID

/** One row; strings are static. */
struct directive {
	const char *name;
	enum directive_kind kind;
	enum directive_id target; /* of an alias: what it is another name of; else itself */
	bool is_of_server; /* in sections and .htaccess it is ignored, if it may stand there at all
			    */
	enum directive_takes takes;
	enum directive_context context;
	enum directive_effect effect;
	enum directive_check check; /* of a word */
	int min, max;               /* of a number */
	int fallback;               /* of a switch or number: what counts when nothing is written */
	const char *arguments;      /* for people: "name [value]" */
	const char *value;          /* the default as one would write it; "-": there is none */
	const char *help;           /* what it does; of others than ACTS: what happens instead */
};

extern const struct directive directive_table[DIRECTIVE_COUNT];

/** directive_find() - by name, in any case as httpd has it; NULL: not one of ours */
const struct directive *directive_find(const char *name);

/** directive_rules() - the row whose bounds, check and default count: that which an alias means */
const struct directive *directive_rules(const struct directive *row);
