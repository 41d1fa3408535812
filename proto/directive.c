/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive.h"

#include <limits.h>
#include <strings.h>

#define TEXT_OF(number) #number
#define HOLDER_SERVER   true
#define HOLDER_DIR      false
#define ROW(id)         [DIRECTIVE_ID_##id]
#define SELF(id)        .target = DIRECTIVE_ID_##id

#define SWITCH(id, n, holder, where, is_on, what, text)                                            \
	ROW(id) = { .name = (n),                                                                   \
		.kind = DIRECTIVE_SWITCH,                                                          \
		.is_of_server = HOLDER_##holder,                                                   \
		.takes = DIRECTIVE_TAKE1,                                                          \
		SELF(id),                                                                          \
		.context = DIRECTIVE_IN_##where,                                                   \
		.effect = DIRECTIVE_##what,                                                        \
		.max = 1,                                                                          \
		.fallback = (is_on),                                                               \
		.arguments = "On|Off",                                                             \
		.value = (is_on) ? "On" : "Off",                                                   \
		.help = (text) },
#define NUMBER(id, n, holder, where, least, most, number, what, text)                              \
	ROW(id) = { .name = (n),                                                                   \
		.kind = DIRECTIVE_NUMBER,                                                          \
		.is_of_server = HOLDER_##holder,                                                   \
		.takes = DIRECTIVE_TAKE1,                                                          \
		SELF(id),                                                                          \
		.context = DIRECTIVE_IN_##where,                                                   \
		.effect = DIRECTIVE_##what,                                                        \
		.min = (least),                                                                    \
		.max = (most),                                                                     \
		.fallback = (number),                                                              \
		.arguments = "number",                                                             \
		.value = TEXT_OF(number),                                                          \
		.help = (text) },
#define WORD(id, n, holder, where, test, args, word, what, text)                                   \
	ROW(id) = { .name = (n),                                                                   \
		.kind = DIRECTIVE_WORD,                                                            \
		.is_of_server = HOLDER_##holder,                                                   \
		.takes = DIRECTIVE_TAKE1,                                                          \
		SELF(id),                                                                          \
		.context = DIRECTIVE_IN_##where,                                                   \
		.effect = DIRECTIVE_##what,                                                        \
		.check = DIRECTIVE_CHECK_##test,                                                   \
		.arguments = (args),                                                               \
		.value = (word),                                                                   \
		.help = (text) },
#define ALIAS(id, type, meant, n, where, args, word, what, text)                                   \
	ROW(id) = { .name = (n),                                                                   \
		.kind = DIRECTIVE_##type,                                                          \
		.takes = DIRECTIVE_TAKE1,                                                          \
		.target = DIRECTIVE_ID_##meant,                                                    \
		.context = DIRECTIVE_IN_##where,                                                   \
		.effect = DIRECTIVE_##what,                                                        \
		.arguments = (args),                                                               \
		.value = (word),                                                                   \
		.help = (text) },
#define OTHER(id, n, how_many, setter, where, args, word, what, text)                              \
	ROW(id) = { .name = (n),                                                                   \
		.kind = DIRECTIVE_OTHER,                                                           \
		.takes = DIRECTIVE_##how_many,                                                     \
		SELF(id),                                                                          \
		.context = DIRECTIVE_IN_##where,                                                   \
		.effect = DIRECTIVE_##what,                                                        \
		.arguments = (args),                                                               \
		.value = (word),                                                                   \
		.help = (text) },

const struct directive directive_table[DIRECTIVE_COUNT] = {
#include "proto/directives.def"
};

const struct directive *directive_find(const char *name)
{
	for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
		if (strcasecmp(directive_table[i].name, name) == 0)
			return &directive_table[i];
	return NULL;
}

const struct directive *directive_rules(const struct directive *row)
{
	return &directive_table[row->target];
}
