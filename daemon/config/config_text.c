/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

int config_text_find_variable(const char *text)
{
	const char *found = strstr(text, "${");
	const char *c;
	int line = 1;

	for (c = text; c < found; c++)
		line += *c == '\n';
	return found ? line : 0;
}

/* Behind the string that begins at @c. */
static char *skip_string(char *c)
{
	char quote = *c++;

	while (*c && *c != quote)
		c += c[0] == '\\' && c[1] ? 2 : 1;
	return *c ? c + 1 : c;
}

static char *blank_line(char *c)
{
	while (*c && *c != '\n')
		*c++ = ' ';
	return c;
}

/* Return: behind the comment, or NULL if it has no end. */
static char *blank_block(char *c)
{
	const char *end = strstr(c + 2, "*/");

	if (!end)
		return NULL;
	for (; c < end + 2; c++) {
		if (*c != '\n')
			*c = ' ';
	}
	return c;
}

int config_text_blank_comments(char *text)
{
	char *c = text;
	int line = 1;

	while (*c) {
		bool is_start = c == text || strchr(" \t\r\n={}(),+", c[-1]);
		char *next = c + 1;

		if (*c == '"' || *c == '\'')
			next = skip_string(c);
		else if (*c == '#' || (is_start && c[0] == '/' && c[1] == '/'))
			next = blank_line(c);
		else if (is_start && c[0] == '/' && c[1] == '*')
			next = blank_block(c);
		if (!next)
			return line;
		for (; c < next; c++)
			line += *c == '\n';
	}
	return 0;
}
