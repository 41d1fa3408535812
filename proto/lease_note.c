/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lease_note.h"

#include <string.h>

#define WORD          sizeof(uint64_t)
#define ELLIPSIS      "..."
#define READ_ATTEMPTS 4

/** Text on its way into a note. */
struct builder {
	char data[LEASE_NOTE_TEXT];
	size_t used;
};

/* Its beginning, if it is longer than @limit with its NUL. */
static void put_head(struct builder *b, const char *text, size_t limit)
{
	size_t size = text ? strnlen(text, limit) : 0;
	bool is_cut = size == limit;

	if (is_cut)
		size -= sizeof(ELLIPSIS);
	if (text && size)
		memcpy(b->data + b->used, text, size);
	b->used += size;
	if (is_cut) {
		memcpy(b->data + b->used, ELLIPSIS, sizeof(ELLIPSIS) - 1);
		b->used += sizeof(ELLIPSIS) - 1;
	}
	b->data[b->used++] = '\0';
}

static void put_tail(struct builder *b, const char *text, size_t limit)
{
	size_t size = text ? strlen(text) : 0;

	if (size >= limit) {
		memcpy(b->data + b->used, ELLIPSIS, sizeof(ELLIPSIS) - 1);
		b->used += sizeof(ELLIPSIS) - 1;
		text += size - (limit - sizeof(ELLIPSIS));
	}
	put_head(b, text, limit);
}

static void store_text(struct lease_note *n, const struct builder *b)
{
	uint64_t word;

	for (size_t i = 0; i * WORD < b->used; i++) {
		memcpy(&word, b->data + i * WORD, WORD);
		/* who sees this word sees the odd sequence, too */
		atomic_store_explicit(&n->text[i], word, memory_order_release);
	}
	atomic_store_explicit(&n->text_size, (uint32_t)b->used, memory_order_relaxed);
}

void lease_note_write(struct lease_note *n, const struct lease_request *r)
{
	uint32_t sequence = atomic_load_explicit(&n->sequence, memory_order_relaxed) | 1U;
	struct builder b = { .used = 0 };

	put_head(&b, r->vhost, LEASE_NOTE_VHOST);
	put_head(&b, r->method, LEASE_NOTE_METHOD);
	put_tail(&b, r->script, LEASE_NOTE_SCRIPT);
	put_head(&b, r->uri, sizeof(b.data) - b.used);
	/* odd before the first word of the text, even after the last */
	atomic_store_explicit(&n->sequence, sequence, memory_order_relaxed);
	store_text(n, &b);
	atomic_store_explicit(&n->sequence, sequence + 1, memory_order_release);
}

/* The holder alone writes: a load and a store do, and cost less than an atomic addition. */
static void add(_Atomic uint64_t *counter, uint64_t value)
{
	uint64_t sum = atomic_load_explicit(counter, memory_order_relaxed) + value;

	atomic_store_explicit(counter, sum, memory_order_relaxed);
}

void lease_note_count(struct lease_note *n, uint64_t service_ns, bool is_error)
{
	_Atomic uint32_t *bucket = &n->bucket[latency_bucket(service_ns)];
	uint32_t count = atomic_load_explicit(bucket, memory_order_relaxed) + 1;

	atomic_store_explicit(bucket, count, memory_order_relaxed);
	add(&n->requests, 1);
	add(&n->errors, is_error);
	add(&n->service_ns, service_ns);
}

void lease_note_clear(struct lease_note *n)
{
	atomic_store_explicit(&n->sequence, 0, memory_order_relaxed);
	atomic_store_explicit(&n->text_size, 0, memory_order_relaxed);
	atomic_store_explicit(&n->requests, 0, memory_order_relaxed);
	atomic_store_explicit(&n->errors, 0, memory_order_relaxed);
	atomic_store_explicit(&n->service_ns, 0, memory_order_relaxed);
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		atomic_store_explicit(&n->bucket[i], 0, memory_order_relaxed);
}

void lease_note_add_counts(const struct lease_note *n, struct lease_counts *counts)
{
	counts->requests += atomic_load_explicit(&n->requests, memory_order_relaxed);
	counts->errors += atomic_load_explicit(&n->errors, memory_order_relaxed);
	counts->service_ns += atomic_load_explicit(&n->service_ns, memory_order_relaxed);
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		counts->bucket[i] += atomic_load_explicit(&n->bucket[i], memory_order_relaxed);
}

static const char *next_string(const char **at, const char *end)
{
	const char *begin = *at;
	const char *nul = begin < end ? memchr(begin, '\0', (size_t)(end - begin)) : NULL;

	if (!nul)
		return NULL;
	*at = nul + 1;
	return begin;
}

bool lease_note_parse(struct lease_request_copy *ret_copy, size_t size)
{
	struct lease_request *r = &ret_copy->request;
	const char *at = ret_copy->data;
	const char *end = at + size;

	if (size > sizeof(ret_copy->data))
		return false;
	r->vhost = next_string(&at, end);
	r->method = next_string(&at, end);
	r->script = next_string(&at, end);
	r->uri = next_string(&at, end);
	return r->uri && at == end;
}

/* Return: false: it was being written meanwhile, or never was. */
static bool copy_once(const struct lease_note *n, struct lease_request_copy *c, size_t *ret_size)
{
	uint32_t before = atomic_load_explicit(&n->sequence, memory_order_acquire);
	uint64_t word;

	*ret_size = atomic_load_explicit(&n->text_size, memory_order_relaxed);
	if (before == 0 || before & 1U || *ret_size > sizeof(c->data))
		return false;
	for (size_t i = 0; i * WORD < *ret_size; i++) {
		/* an acquire: if it is a new one, so is the sequence that is looked at last */
		word = atomic_load_explicit(&n->text[i], memory_order_acquire);
		memcpy(c->data + i * WORD, &word, WORD);
	}
	return atomic_load_explicit(&n->sequence, memory_order_relaxed) == before;
}

bool lease_note_read(const struct lease_note *n, struct lease_request_copy *ret_copy)
{
	size_t size = 0;

	for (int i = 0; i < READ_ATTEMPTS; i++) {
		if (copy_once(n, ret_copy, &size))
			return lease_note_parse(ret_copy, size);
	}
	return false;
}
