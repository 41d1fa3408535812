/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A configuration of httpd, or a .htaccess file that a stranger has written. Whatever it is, each
 * finding can be shown on a terminal, and all sections are closed at the end.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/import.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
	for (; text && *text; text++)
		assert((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check(const struct import *im)
{
	size_t counted = 0;

	assert(!im->is_out_of_memory && im->depth == 0);
	for (size_t i = 0; i < im->finding_count; i++) {
		const struct import_finding *f = &im->finding[i];

		assert(f->file && f->directive && f->text && *f->text);
		assert(strlen(f->directive) < IMPORT_MAX_LINE);
		assert(f->result < IMPORT_RESULT_COUNT);
		check_text(f->directive);
		check_text(f->text);
		check_text(f->used);
		check_text(f->remedy);
	}
	for (int r = 0; r < IMPORT_RESULT_COUNT; r++)
		counted += im->count[r];
	assert(counted == im->finding_count + im->untold);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import *im = import_new();

	assert(im);
	import_text(im, "a.conf", false, (const char *)data, size);
	check(im);
	import_text(im, ".htaccess", true, (const char *)data, size);
	import_end(im);
	check(im);
	(void)import_free(im);
	return 0;
}
