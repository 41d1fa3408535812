/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Specifications of a pool, from both ends. Parsed: what passes, the builder would have written in
 * the same bytes, whatever the order of its entries. Built: what the builder does not refuse, the
 * parser takes, and every key yields the value that was added last.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/pool_spec.h"
#include "tests/fuzz/fuzz.h"

struct workspace {
	struct pool_spec_builder builder;
	char data[POOL_SPEC_MAX_BYTES];
	char out[POOL_SPEC_MAX_BYTES];
};

static void add_entry(struct workspace *w, const char *entry)
{
	char key[POOL_SPEC_MAX_KEY + 1] = { 0 };
	size_t size = strcspn(entry, "=");

	assert(size <= POOL_SPEC_MAX_KEY && entry[size] == '=');
	memcpy(key, entry, size);
	pool_spec_add(&w->builder, key, entry + size + 1);
}

static void check_canonical(struct workspace *w, const struct pool_spec *spec)
{
	const char *entries[POOL_SPEC_MAX_ENTRIES];
	struct pool_spec again;
	size_t count = 0;

	for (const char *e = pool_spec_next(spec, NULL); e; e = pool_spec_next(spec, e)) {
		assert(count < POOL_SPEC_MAX_ENTRIES);
		entries[count++] = e;
	}
	assert(count == spec->count);
	pool_spec_builder_init(&w->builder, w->data, sizeof(w->data));
	while (count)
		add_entry(w, entries[--count]);
	assert(!pool_spec_finish(&w->builder, w->out, sizeof(w->out), &again));
	assert(again.size == spec->size && again.count == spec->count);
	assert(!spec->size || !memcmp(again.data, spec->data, spec->size));
	assert(pool_spec_hash(&again) == pool_spec_hash(spec));
}

static void check_parse(struct workspace *w, const uint8_t *data, size_t size)
{
	struct pool_spec spec;
	uint64_t value;

	if (pool_spec_parse(data, size, &spec))
		return;
	check_canonical(w, &spec);
	if (!pool_spec_get_uint(&spec, SPEC_UID, 1, 100, &value))
		assert(value >= 1 && value <= 100);
}

/* Lines in turn are keys and values. */
static void check_build(struct workspace *w, char *text)
{
	const char *last_key = NULL;
	const char *last_value = NULL;
	struct pool_spec spec;
	struct pool_spec again;

	pool_spec_builder_init(&w->builder, w->data, sizeof(w->data));
	while (*text) {
		char *key = text;
		char *value = key + strcspn(key, "\n");

		value += *value != '\0';
		text = value + strcspn(value, "\n");
		text += *text != '\0';
		key[strcspn(key, "\n")] = '\0';
		value[strcspn(value, "\n")] = '\0';
		pool_spec_add(&w->builder, key, value);
		last_key = key;
		last_value = value;
	}
	if (pool_spec_finish(&w->builder, w->out, sizeof(w->out), &spec))
		return;
	assert(!pool_spec_parse(spec.data, spec.size, &again));
	assert(again.count == spec.count);
	if (last_key)
		assert(!strcmp(pool_spec_get(&spec, last_key), last_value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workspace *w;
	char *text;

	if (!size)
		return 0;
	w = malloc(sizeof(*w));
	/* its own copy, ended: the builder takes strings */
	text = malloc(size);
	assert(w && text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 'b')
		check_build(w, text);
	else
		check_parse(w, data + 1, size - 1);
	free(text);
	free(w);
	return 0;
}
