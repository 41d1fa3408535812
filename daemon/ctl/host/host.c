/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/printable.h"

#define MAX_TEXT 20000
#define MAX_LINE 4096

/* What a program said may have several lines; those after the first are set in. */
static void print(FILE *out, const char *program, const char *text)
{
	const char *indent = "";

	(void)fprintf(out, "%s%s", program ? program : "", program ? ": " : "");
	while (*text) {
		char raw[MAX_LINE];
		char line[MAX_LINE];
		size_t size = strcspn(text, "\n");

		(void)snprintf(raw, sizeof(raw), "%.*s", (int)size, text);
		printable_copy(line, sizeof(line), raw);
		(void)fprintf(out, "%s%s\n", indent, line);
		text += size + (text[size] == '\n');
		indent = "    ";
	}
}

int host_fail(const char *format, ...)
{
	char text[MAX_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print(stderr, program_invocation_short_name, text);
	return -EINVAL;
}

static void keep(struct host_lines *lines, const char *text)
{
	char **grown = reallocarray(lines->line, lines->count + 1, sizeof(*grown));

	/* without memory a line is missing */
	if (!grown)
		return;
	lines->line = grown;
	lines->line[lines->count] = strdup(text);
	if (!lines->line[lines->count])
		return;
	printable_clean(lines->line[lines->count]);
	lines->count++;
}

static void lines_deinit(struct host_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->line[i]);
	free(lines->line);
	*lines = (struct host_lines){ .count = 0 };
}

static void note(struct host *h, const char *text)
{
	if (h->options.is_json)
		keep(&h->notes, text);
	else
		print(stdout, NULL, text);
}

void host_note(struct host *h, const char *format, ...)
{
	char text[MAX_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note(h, text);
}

static void tell(void *data, enum change_word word, const char *text)
{
	struct host *h = data;

	switch (word) {
	case CHANGE_STEP:
		if (h->options.is_json)
			keep(&h->steps, text);
		else if (h->options.is_verbose || h->options.is_dry)
			print(stdout, NULL, text);
		break;
	case CHANGE_TO_DO:
		note(h, text);
		break;
	case CHANGE_PROBLEM:
		print(stderr, program_invocation_short_name, text);
		break;
	}
}

char *host_read(const struct host *h, const char *path)
{
	char *text = NULL;
	int r = tree_read(&h->tree, path, &text);

	if (r < 0)
		(void)host_fail(
			"%s%s can not be read: %s", h->tree.path, path, strerrordesc_np(-r));
	return text;
}

int host_open(struct host *h, const struct host_options *options)
{
	int r;

	*h = (struct host){ .options = *options, .tree.root = -1 };
	r = tree_open(&h->tree, options->root);
	if (r < 0)
		return host_fail("%s can not be opened: %s", options->root ? options->root : "/",
			strerrordesc_np(-r));
	h->panel = panel_find(&h->tree);
	h->layout = layout_find(&h->tree, h->panel->layout);
	h->change = (struct change){
		.tree = &h->tree,
		.lock = -1,
		.is_looking = options->is_looking,
		.is_dry = options->is_dry,
		.tell = tell,
		.tell_data = h,
	};
	return change_open(&h->change);
}

void host_close(struct host *h)
{
	change_close(&h->change);
	lines_deinit(&h->steps);
	lines_deinit(&h->notes);
	tree_close(&h->tree);
}
