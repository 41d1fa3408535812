/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/golden.h"

#include <stdio.h>

#include "tests/support/t.h"

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static void skip_line(FILE *file)
{
	int c;

	do {
		c = fgetc(file);
	} while (c != EOF && c != '\n');
}

void golden_read(const char *name, struct golden *ret_golden)
{
	char path[4096];
	FILE *file;
	int c;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/%s.hex", SOURCE_DIR, name);
	file = fopen(path, "re");
	if (!file) {
		fail_msg("%s: cannot be read", path);
		return;
	}
	ret_golden->size = 0;
	while ((c = fgetc(file)) != EOF) {
		int high = hex_digit(c);
		int low;

		if (c == '#')
			skip_line(file);
		if (c == '#' || c == ' ' || c == '\n')
			continue;
		low = hex_digit(fgetc(file));
		if (high < 0 || low < 0 || ret_golden->size == sizeof(ret_golden->data)) {
			fail_msg("%s: too large, or no pair of lower case hex digits", path);
			break;
		}
		ret_golden->data[ret_golden->size++] = (uint8_t)(high << 4 | low);
	}
	(void)fclose(file); /* read only: nothing can be lost */
	if (!ret_golden->size)
		fail_msg("%s: empty", path);
}
