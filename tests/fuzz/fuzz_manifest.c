/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Manifests of images. As they are, and with the digest that they should have, which no mutation
 * finds: lines between "format=1" and the digest. What is taken has all that is needed, and only
 * entries that can be walked and read.
 */

#include "daemon/criu/manifest.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/criu/difference.h"
#include "daemon/criu/stamp.h"
#include "tests/fuzz/fuzz.h"

static size_t check_stamps(const struct manifest *m, const char *kind)
{
	size_t bytes = 0;

	for (const char *e = manifest_next(m, kind, NULL); e; e = manifest_next(m, kind, e)) {
		char text[STAMP_TEXT_SIZE + 1];
		struct stamp st, again;
		size_t length;
		const char *path, *path_again;

		assert(stamp_parse(e, &st, &path));
		assert(*path);
		stamp_put(&st, text);
		length = strlen(text);
		text[length] = 'x'; /* the path */
		text[length + 1] = '\0';
		assert(stamp_parse(text, &again, &path_again));
		assert(!stamp_difference(&st, &again));
		bytes += strlen(kind) + strlen(e) + 1;
	}
	return bytes;
}

static size_t check_pairs(const struct manifest *m, const char *kind)
{
	size_t bytes = 0;

	for (const char *e = manifest_next(m, kind, NULL); e; e = manifest_next(m, kind, e)) {
		assert(*e != '=' && strchr(e, '='));
		bytes += strlen(kind) + strlen(e) + 1;
	}
	return bytes;
}

static void check_whole(const struct manifest *m)
{
	struct host host = { .kernel = "6.1", .cpu = "0", .criu = "4" };
	const struct difference_now now = { .host = &host };
	struct why why = { .text = "" };
	size_t bytes = check_stamps(m, MANIFEST_MAP) + check_stamps(m, MANIFEST_WATCH) +
		       check_stamps(m, MANIFEST_IMAGE) + check_pairs(m, MANIFEST_FACT) +
		       check_pairs(m, MANIFEST_NOTE);

	assert(bytes < m->size);
	assert(m->pool && m->handler && m->kernel && m->cpu && m->criu);
	/* of this host hardly ever, so no file is asked for */
	if (strcmp(m->kernel, host.kernel) != 0)
		assert(difference_find(m, -1, &now, &why) == 1 && why.text[0]);
	assert(!manifest_note(m, ""));
}

static void check_bytes(const char *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct manifest m = { .data = NULL };
	struct why why = { .text = "" };

	assert(copy);
	memcpy(copy, data, size);
	if (manifest_decode(copy, size, &m, &why)) {
		assert(why.text[0] && strnlen(why.text, sizeof(why.text)) < sizeof(why.text));
		free(copy);
		return;
	}
	check_whole(&m);
	manifest_deinit(&m);
}

/* Each line an entry, put between the first and the digest. */
static void check_body(char *text)
{
	struct manifest_builder b = { .data = NULL };

	manifest_begin(&b);
	while (*text) {
		char *end = text + strcspn(text, "\n");
		char *value = memchr(text, '=', (size_t)(end - text));

		*end = '\0';
		if (value)
			*value++ = '\0';
		if (value)
			manifest_put_text(&b, text, value);
		text = end + 1;
	}
	if (manifest_end(&b) == 0)
		check_bytes(b.data, b.used);
	manifest_builder_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* two NULs: a last line without an end is followed by an empty one */
	char *text = calloc(size + 2, 1);

	assert(text);
	memcpy(text, data, size);
	check_bytes(text, size);
	check_body(text);
	free(text);
	return 0;
}
