/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/t.h"

#define SOURCE_MAX (1024U * 1024U)

char *source_read(const char *path)
{
	char full[4096];
	char *text = malloc(SOURCE_MAX);
	FILE *file;
	size_t size;

	assert_non_null(text);
	(void)snprintf(full, sizeof(full), "%s/%s", SOURCE_DIR, path);
	file = fopen(full, "re");
	if (!file) {
		fail_msg("%s: cannot be read", full);
		return text;
	}
	size = fread(text, 1, SOURCE_MAX - 1, file);
	(void)fclose(file); /* read only: nothing can be lost */
	text[size] = '\0';
	return text;
}
