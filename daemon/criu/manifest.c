/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/str.h"
#include "daemon/criu/digest.h"
#include "daemon/criu/stamp.h"

#define FORMAT     "format=1"
#define END        "end="
#define NUMBER_MAX 24U

static void put_bytes(struct manifest_builder *b, const char *data, size_t size)
{
	if (b->error || !size)
		return;
	if (size > MANIFEST_MAX_BYTES - b->used) {
		b->error = -EFBIG;
		return;
	}
	if (size > b->room - b->used) {
		size_t room = b->room ? b->room : 4096;
		char *grown;

		while (room - b->used < size)
			room *= 2;
		grown = realloc(b->data, room);
		if (!grown) {
			b->error = -ENOMEM;
			return;
		}
		b->data = grown;
		b->room = room;
	}
	memcpy(b->data + b->used, data, size);
	b->used += size;
}

static void put_string(struct manifest_builder *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

void manifest_begin(struct manifest_builder *b)
{
	put_bytes(b, FORMAT, sizeof(FORMAT));
}

void manifest_builder_deinit(struct manifest_builder *b)
{
	free(b->data);
	*b = (struct manifest_builder){ .data = NULL };
}

/* @kind may be "" */
static void put_entry(
	struct manifest_builder *b, const char *kind, const char *key, const char *value)
{
	if ((*key == '\0' || strchr(key, '=')) && !b->error)
		b->error = err_origin(-EINVAL);
	put_string(b, kind);
	put_string(b, key);
	put_string(b, "=");
	put_bytes(b, value, strlen(value) + 1);
}

void manifest_put_text(struct manifest_builder *b, const char *key, const char *value)
{
	put_entry(b, "", key, value);
}

void manifest_put_uint(struct manifest_builder *b, const char *key, uint64_t value)
{
	char text[NUMBER_MAX];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	put_entry(b, "", key, text);
}

void manifest_put_host(struct manifest_builder *b, const struct host *h)
{
	put_entry(b, "", "kernel", h->kernel);
	put_entry(b, "", "cpu", h->cpu);
	put_entry(b, "", "criu", h->criu);
}

void manifest_put_facts(struct manifest_builder *b, const struct facts *f)
{
	for (const char *e = facts_next(f, NULL); e; e = facts_next(f, e)) {
		put_string(b, MANIFEST_FACT);
		put_bytes(b, e, strlen(e) + 1);
	}
}

void manifest_put_note(struct manifest_builder *b, const char *key, const char *value)
{
	put_entry(b, MANIFEST_NOTE, key, value);
}

void manifest_put_stamp(
	struct manifest_builder *b, const char *kind, const struct stamp *st, const char *path)
{
	char text[STAMP_TEXT_SIZE];

	stamp_put(st, text);
	put_string(b, kind);
	put_string(b, text);
	put_bytes(b, path, strlen(path) + 1);
}

int manifest_end(struct manifest_builder *b)
{
	char text[NUMBER_MAX];

	(void)snprintf(
		text, sizeof(text), END "%016" PRIx64, digest_add(DIGEST_INIT, b->data, b->used));
	put_bytes(b, text, strlen(text) + 1);
	return b->error;
}

/* A key that is there exactly once. */
enum single_type {
	SINGLE_TEXT,
	SINGLE_UINT32,
	SINGLE_UINT64
};

static const struct single {
	const char *key;
	enum single_type type;
	size_t offset;
} singles[] = {
	{ "pool=", SINGLE_TEXT, offsetof(struct manifest, pool) },
	{ "handler=", SINGLE_TEXT, offsetof(struct manifest, handler) },
	{ "kernel=", SINGLE_TEXT, offsetof(struct manifest, kernel) },
	{ "cpu=", SINGLE_TEXT, offsetof(struct manifest, cpu) },
	{ "criu=", SINGLE_TEXT, offsetof(struct manifest, criu) },
	{ "uid=", SINGLE_UINT32, offsetof(struct manifest, uid) },
	{ "gid=", SINGLE_UINT32, offsetof(struct manifest, gid) },
	{ "created_s=", SINGLE_UINT64, offsetof(struct manifest, created_s) },
	{ "cold_ms=", SINGLE_UINT64, offsetof(struct manifest, cold_ms) },
	{ "freeze_ms=", SINGLE_UINT64, offsetof(struct manifest, freeze_ms) },
	{ "bytes=", SINGLE_UINT64, offsetof(struct manifest, bytes) },
};

#define SINGLE_COUNT (sizeof(singles) / sizeof(singles[0]))

/* What follows @prefix in @text, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t size = strlen(prefix);

	return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

static bool single_set(const struct single *s, struct manifest *m, const char *value)
{
	void *member = (char *)m + s->offset;
	uint64_t number;

	if (s->type == SINGLE_TEXT) {
		*(const char **)member = value;
		return true;
	}
	if (!str_parse_uint(value, 0, s->type == SINGLE_UINT32 ? UINT32_MAX : UINT64_MAX, &number))
		return false;
	if (s->type == SINGLE_UINT32)
		*(uint32_t *)member = (uint32_t)number;
	else
		*(uint64_t *)member = number;
	return true;
}

static bool is_pair(const char *value)
{
	return *value != '=' && strchr(value, '=') != NULL;
}

static bool is_file_name(const char *path)
{
	return !strchr(path, '/') && strcmp(path, ".") != 0 && strcmp(path, "..") != 0;
}

/* Entries that may be there any number of times. */
static bool is_repeated(const char *entry)
{
	const char *value, *path;
	struct stamp st;

	if ((value = after(entry, MANIFEST_FACT)) || (value = after(entry, MANIFEST_NOTE)))
		return is_pair(value);
	if ((value = after(entry, MANIFEST_MAP)) || (value = after(entry, MANIFEST_WATCH)))
		return stamp_parse(value, &st, &path) && *path == '/';
	value = after(entry, MANIFEST_IMAGE);
	return value && stamp_parse(value, &st, &path) && is_file_name(path);
}

static int bad(struct why *reterr, const char *what, const char *entry)
{
	why_set(reterr, "manifest: %s%s", what, entry);
	return 1;
}

static int decode_entry(struct manifest *m, const char *entry, unsigned *seen, struct why *reterr)
{
	for (size_t i = 0; i < SINGLE_COUNT; i++) {
		const char *value = after(entry, singles[i].key);

		if (!value)
			continue;
		if (*seen & 1U << i)
			return bad(reterr, "twice: ", singles[i].key);
		*seen |= 1U << i;
		return single_set(&singles[i], m, value) ? 0 : bad(reterr, "bad number: ", entry);
	}
	/* not the entry itself: values may be secrets */
	return is_repeated(entry) ? 0 : bad(reterr, "an entry is broken", "");
}

/* Where the last string, with the digest, begins. Return: NULL if it is wrong. */
static const char *find_end(const char *data, size_t size)
{
	const size_t end_size = sizeof(END) - 1 + 16 + 1;
	char text[NUMBER_MAX];
	const char *at;

	if (size < sizeof(FORMAT) + end_size)
		return NULL;
	at = data + size - end_size;
	(void)snprintf(text, sizeof(text), END "%016" PRIx64,
		digest_add(DIGEST_INIT, data, size - end_size));
	return memcmp(at, text, end_size) == 0 && at[-1] == '\0' ? at : NULL;
}

int manifest_decode(char *data, size_t size, struct manifest *ret, struct why *reterr)
{
	struct manifest m = { .data = data, .size = size };
	const char *end = size <= MANIFEST_MAX_BYTES ? find_end(data, size) : NULL;
	unsigned seen = 0;

	if (!end)
		return bad(reterr, "cut off, or its digest is wrong", "");
	if (strcmp(data, FORMAT) != 0)
		return bad(reterr, "of another version of lsapid", "");
	for (const char *e = data + sizeof(FORMAT); e < end; e += strlen(e) + 1) {
		int r = decode_entry(&m, e, &seen, reterr);

		if (r)
			return r;
	}
	for (size_t i = 0; i < SINGLE_COUNT; i++) {
		if (!(seen & 1U << i))
			return bad(reterr, "missing: ", singles[i].key);
	}
	*ret = m;
	return 0;
}

void manifest_deinit(struct manifest *m)
{
	free(m->data);
	*m = (struct manifest){ .data = NULL };
}

const char *manifest_next(const struct manifest *m, const char *kind, const char *iter)
{
	const char *e = iter ? iter + strlen(iter) + 1 : m->data;

	for (; e < m->data + m->size; e += strlen(e) + 1) {
		const char *value = after(e, kind);

		if (value)
			return value;
	}
	return NULL;
}

const char *manifest_note(const struct manifest *m, const char *key)
{
	size_t size = strlen(key);

	for (const char *n = manifest_next(m, MANIFEST_NOTE, NULL); n;
		n = manifest_next(m, MANIFEST_NOTE, n)) {
		if (strncmp(n, key, size) == 0 && n[size] == '=')
			return n + size + 1;
	}
	return NULL;
}
