/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A query, a NUL, and a status document. Whatever they are, the page is made of our own elements
 * only: each of its names is one of those that we write.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/shim_status_brief.h"
#include "shim/shim_status_page.h"
#include "tests/fuzz/fuzz.h"

static void write_to_file(void *sink, const char *data, size_t size)
{
	(void)fwrite(data, 1, size, sink);
}

static bool is_own(const char *name, size_t size)
{
	static const char own[] =
		" !DOCTYPE html head meta link noscript title style body header h1 h2 "
		"small span p time form label input select option button main dl div "
		"dt dd section ul li b table thead tbody tr th td a details summary "
		"footer script ";
	char word[16];

	if (size + 3 > sizeof(word))
		return false;
	(void)snprintf(word, sizeof(word), " %.*s ", (int)size, name);
	return strstr(own, word);
}

/* In the script, "<" is an operator with a space behind it. */
static void check_elements(const char *page)
{
	while ((page = strchr(page, '<'))) {
		page += 1 + (page[1] == '/');
		size_t size = strcspn(page, " >\n");

		assert(size == 0 || is_own(page, size));
	}
}

/* A document stays one, whatever is put into it; and what is none comes out as it is. */
static void check_json(const char *text, size_t size, const struct procs *procs)
{
	json_t *before = shim_document_parse(text, size), *after;
	char *copy = NULL;
	size_t copy_size = 0;
	FILE *file = open_memstream(&copy, &copy_size);
	const struct shim_out out = { .write = write_to_file, .sink = file };

	assert(file);
	shim_status_usage_put(&out, text, size, procs);
	(void)fclose(file);
	assert(copy_size >= size);
	after = shim_document_parse(copy, copy_size);
	assert(!before || after);
	json_decref(before);
	json_decref(after);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct shim_status_frame frame = { .host = "host", .time = "now" };
	/* those that the documents of the corpus speak of */
	struct proc item[] = { { .pid = 10 },
		{ .pid = 77, .figures = { .parent = 10, .rss_pages = 5 } } };
	struct procs procs = { .item = item, .count = 2, .ticks_per_s = 100, .page_kib = 4 };
	const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
	struct shim_status_query q;
	struct shim_status_view v;
	char *page = NULL;
	size_t page_size = 0;

	if (!end)
		return 0;
	size_t text_size = size - (size_t)(end + 1 - data);

	if (procs_sort(&procs) < 0)
		return 0;
	shim_status_query_parse((const char *)data, &q);
	if (shim_status_view_init(&v, (const char *)end + 1, text_size, &q, &procs)) {
		FILE *file = open_memstream(&page, &page_size);
		const struct shim_out out = { .write = write_to_file, .sink = file };

		assert(file);
		shim_status_put_page(&out, &v, &frame);
		(void)fflush(file);
		check_elements(page);
		shim_status_put_lines(&out, &v);
		shim_status_put_brief(&out, &v);
		(void)fclose(file);
		free(page);
	}
	shim_status_view_deinit(&v);
	check_json((const char *)end + 1, text_size, &procs);
	free(procs.by_parent);
	return 0;
}
