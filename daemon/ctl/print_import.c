/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_import.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/cmd.h"
#include "daemon/ctl/import.h"

/** Widest column of directives; a longer one pushes its text to the next line. */
#define WIDEST 44

static const char *directive_of(const struct import_finding *f)
{
	return f->directive ? f->directive : "";
}

static const char *text_of(const struct import_finding *f)
{
	return f->text ? f->text : "";
}

/* One line each, as compilers have them: for grep, and for editors that jump to it. */
static void print_plain(const struct import *im)
{
	for (size_t i = 0; i < im->finding_count; i++) {
		const struct import_finding *f = &im->finding[i];

		(void)printf("%s:%u: %s: %s: %s%s%s\n", f->file, f->line,
			import_result_name(f->result), directive_of(f), text_of(f),
			f->remedy ? "; remedy: " : "", f->remedy ? f->remedy : "");
	}
}

static int column_width(const struct import *im)
{
	size_t widest = strlen("DIRECTIVE");

	for (size_t i = 0; i < im->finding_count; i++) {
		size_t size = strlen(directive_of(&im->finding[i]));

		if (size > widest && size <= WIDEST)
			widest = size;
	}
	return (int)widest;
}

static void print_row(const struct import_finding *f, int width)
{
	const char *directive = directive_of(f);
	bool is_wide = strlen(directive) > (size_t)width;

	(void)printf("%5u  %-9s  %-*s", f->line, import_result_name(f->result), width, directive);
	if (is_wide)
		(void)printf("\n%*s", width + 18, "");
	(void)printf("  %s\n", text_of(f));
	if (f->remedy)
		(void)printf("%*sremedy: %s\n", width + 20, "", f->remedy);
}

static void print_columns(const struct import *im)
{
	int width = column_width(im);
	const char *file = NULL;

	for (size_t i = 0; i < im->finding_count; i++) {
		const struct import_finding *f = &im->finding[i];

		if (f->file != file)
			(void)printf("%s%s\n%5s  %-9s  %-*s  %s\n", file ? "\n" : "", f->file,
				"LINE", "RESULT", width, "DIRECTIVE", "WHAT IT DOES HERE");
		file = f->file;
		print_row(f, width);
	}
}

static void print_summary(const struct import *im)
{
	(void)printf("\n%zu file%s: %zu line%s about PHP, %zu directives that are httpd's own\n",
		im->file_count, im->file_count == 1 ? "" : "s", im->finding_count + im->untold,
		im->finding_count + im->untold == 1 ? "" : "s", im->others);
	for (int r = 0; r < IMPORT_RESULT_COUNT; r++)
		if (im->count[r])
			(void)printf("%7zu  %-9s  %s\n", im->count[r],
				import_result_name((enum import_result)r),
				import_result_help((enum import_result)r));
	if (im->untold)
		(void)printf("%zu of them are not shown\n", im->untold);
	(void)printf("%s\n",
		import_needs_attention(im) ? "something has to be done" : "nothing has to be done");
}

void print_import(const struct ctl *ctl, const struct import *im)
{
	if (ctl->term.columns)
		print_columns(im);
	else
		print_plain(im);
	print_summary(im);
}
