/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_import.h"

#include "daemon/ctl/answer.h"
#include "daemon/ctl/import.h"

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *finding(const struct import_finding *f)
{
	return json_pack("{s:s, s:I, s:s, s:b, s:s, s:o, s:s, s:o}", "file", f->file, "line",
		(json_int_t)f->line, "result", import_result_name(f->result), "needs_attention",
		f->result >= IMPORT_FIRST_TO_DO, "directive", f->directive ? f->directive : "",
		"used", text_or_null(f->used), "text", f->text ? f->text : "", "remedy",
		text_or_null(f->remedy));
}

static json_t *findings(const struct import *im)
{
	json_t *array = json_array();

	for (size_t i = 0; i < im->finding_count; i++)
		if (json_array_append_new(array, finding(&im->finding[i])))
			break;
	return array;
}

static json_t *summary(const struct import *im)
{
	json_t *counts = json_object();

	for (int r = 0; r < IMPORT_RESULT_COUNT; r++)
		(void)json_object_set_new(counts, import_result_name((enum import_result)r),
			json_integer((json_int_t)im->count[r]));
	return json_pack("{s:I, s:I, s:I, s:b, s:o}", "files", (json_int_t)im->file_count, "others",
		(json_int_t)im->others, "untold", (json_int_t)im->untold, "needs_attention",
		import_needs_attention(im), "results", counts);
}

int print_import_json(const struct import *im)
{
	json_t *root = json_pack("{s:o, s:o}", "findings", findings(im), "summary", summary(im));
	int r = answer_dump(root);

	if (r != CTL_OK)
		term_error("no memory for the answer");
	json_decref(root);
	return r;
}
