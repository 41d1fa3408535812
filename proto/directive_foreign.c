/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive_foreign.h"

#include <strings.h>

/* clang-format off */
#define OWNER(n, of, setter, text)                                                                 \
	{ .name = (n), .module = (of), .effect = DIRECTIVE_ACTS, .help = (text) },
#define FOREIGN(n, of, text)                                                                       \
	{ .name = (n), .module = (of), .effect = DIRECTIVE_REPLACED, .help = (text) },
/* clang-format on */

const struct directive_foreign directive_foreign_table[] = {
#include "proto/directives_foreign.def"
};

const size_t directive_foreign_count =
	sizeof(directive_foreign_table) / sizeof(directive_foreign_table[0]);

const struct directive_foreign *directive_foreign_find(const char *name)
{
	for (size_t i = 0; i < directive_foreign_count; i++)
		if (strcasecmp(directive_foreign_table[i].name, name) == 0)
			return &directive_foreign_table[i];
	return NULL;
}

bool directive_foreign_is_about_identity(const struct directive_foreign *row, const char *arguments)
{
	if (strcasecmp(row->name, "RMode") == 0)
		return strncasecmp(arguments, "stat", 4) == 0;
	return strcasecmp(row->name, "AssignUserIDExpr") == 0 ||
	       strcasecmp(row->name, "AssignGroupIDExpr") == 0;
}
