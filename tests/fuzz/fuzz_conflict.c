/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A configuration of httpd: after what is in the way was switched off nothing is in the way, and
 * all other bytes are as they were. With it the edits of panels' files, of the same text.
 */

#include "daemon/ctl/host/conflict.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/host/php_probe.h"
#include "daemon/ctl/host/text_edit.h"
#include "tests/fuzz/fuzz.h"

/* @out is @text with marks at the beginning of lines, and nothing else. */
static void check_marks(const char *text, const char *out)
{
	while (*out) {
		size_t size = strcspn(text, "\n");

		size += text[size] == '\n';
		if (strncmp(out, text, size) != 0) {
			assert(strncmp(out, CONFLICT_MARK, sizeof(CONFLICT_MARK) - 1) == 0);
			out += sizeof(CONFLICT_MARK) - 1;
		}
		assert(strncmp(out, text, size) == 0);
		out += size;
		text += size;
	}
	assert(!*text);
}

static void check_conflicts(const char *text, bool is_php_ours)
{
	char *out = conflict_switch_off(text, is_php_ours);
	struct conflict c;

	assert(out);
	check_marks(text, out);
	assert(conflict_find(out, strlen(out), is_php_ours, &c) == 0 && c.kind == CONFLICT_NONE);
	free(out);
}

static void check_edit(const char *text, enum text_edit_style style)
{
	char *once = text_edit_set(text, style, "key", "value");
	char *value = text_edit_get(once, style, "key");
	char *twice = text_edit_set(once, style, "key", "value");

	assert(value && strcmp(value, "value") == 0);
	assert(strcmp(once, twice) == 0);
	free(once);
	free(value);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	struct php_probe p = { .version = "" };

	assert(text);
	if (size)
		memcpy(text, data, size);
	check_conflicts(text, true);
	check_conflicts(text, false);
	check_edit(text, TEXT_EDIT_SHELL);
	check_edit(text, TEXT_EDIT_YAML);
	check_edit(text, TEXT_EDIT_CONFUSE);
	php_probe_version(text, &p);
	php_probe_info(text, &p);
	free(text);
	return 0;
}
