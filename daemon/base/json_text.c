/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/printable.h"

void json_text_put(FILE *to, const char *text)
{
	size_t size = strlen(text) + sizeof("...");
	char *shown = malloc(size);

	(void)fputc('"', to);
	if (shown)
		printable_copy(shown, size, text);
	/* a control character is none that can be shown: quotes and backslashes are what is left */
	for (const char *c = shown ? shown : ""; *c; c++) {
		if (*c == '"' || *c == '\\')
			(void)fputc('\\', to);
		(void)fputc(*c, to);
	}
	(void)fputc('"', to);
	free(shown);
}

void json_text_member(FILE *to, const char *key, const char *text)
{
	(void)fprintf(to, "\"%s\": ", key);
	json_text_put(to, text);
	(void)fputs(", ", to);
}
