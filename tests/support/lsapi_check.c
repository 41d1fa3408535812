/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/lsapi_check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- requests ---------------------------------------------------------------------------- */

static void check_view(const struct lsapi_request *q, const char *view, uint32_t size)
{
	const uint8_t *p = (const uint8_t *)view;
	unsigned sum = 0;

	assert(p >= q->data && size <= q->size - (size_t)(p - q->data));
	for (uint32_t i = 0; i < size; i++)
		sum += p[i];
	/* keeps the reads, for the sanitizer to judge */
	assert(sum <= 255U * size);
}

static void check_text(const struct lsapi_request *q, const char *text)
{
	check_view(q, text, (uint32_t)strlen(text) + 1);
}

static void check_env(const struct lsapi_request *q, const struct lsapi_env *env)
{
	check_view(q, env->name, env->name_size + 1);
	check_view(q, env->value, env->value_size + 1);
	assert(env->name[env->name_size] == 0 && env->value[env->value_size] == 0);
}

static void check_special(const struct lsapi_request *q, const struct lsapi_env *special)
{
	enum lsapi_ini_class ini_class;
	const char *name;
	const char *value;

	check_env(q, special);
	if (!lsapi_ini_decode(special, &ini_class, &name, &value))
		return;
	assert(ini_class >= LSAPI_INI_USER && ini_class <= LSAPI_INI_SERVER_FILE);
	check_text(q, name);
	check_text(q, value);
}

static void check_known(const struct lsapi_http_header *h, int last_known)
{
	assert(h->known > last_known && h->known != LSAPI_H_TRANSFER_ENCODING);
	assert(lsapi_header_find(h->name, h->name_size) == h->known);
}

/* Known ones in the order of the index, then the unknown ones. */
static void check_headers(const struct lsapi_request *q)
{
	struct lsapi_http_header h;
	struct lsapi_iter it = { 0 };
	uint32_t unknown = 0;
	int last_known = -1;

	while (lsapi_request_next_header(q, &it, &h)) {
		check_view(q, h.value, h.value_size);
		if (h.known < 0) {
			check_view(q, h.name, h.name_size);
			unknown++;
			last_known = LSAPI_KNOWN_HEADERS;
		} else {
			check_known(&h, last_known);
			last_known = h.known;
		}
	}
	assert(unknown == q->unknown_count);
}

void lsapi_check_request(const struct lsapi_request *q)
{
	struct lsapi_env env;
	struct lsapi_iter it = { 0 };
	uint32_t count = 0;

	check_text(q, q->script_file);
	check_text(q, q->script_name);
	check_text(q, q->query);
	check_text(q, q->method);
	assert(q->body_size >= -1);
	for (; lsapi_request_next_special(q, &it, &env); count++)
		check_special(q, &env);
	assert(count == q->special_count);
	it = (struct lsapi_iter){ 0 };
	for (count = 0; lsapi_request_next_env(q, &it, &env); count++)
		check_env(q, &env);
	assert(count == q->env_count);
	check_headers(q);
	(void)lsapi_request_asks_usage(q);
}

/* --- responses --------------------------------------------------------------------------- */

struct transcript {
	char *out;
	size_t size;
	size_t used;
	enum lsapi_event_type open; /* BODY or STDERR: its line can be continued */
};

static void write_text(struct transcript *t, const char *text)
{
	size_t size = strlen(text);

	assert(size < t->size - t->used);
	memcpy(t->out + t->used, text, size + 1);
	t->used += size;
}

static void write_bytes(struct transcript *t, struct wire_bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		char text[8];
		uint8_t c = bytes.data[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			(void)snprintf(text, sizeof(text), "%c", c);
		else
			(void)snprintf(text, sizeof(text), "\\%02x", c);
		write_text(t, text);
	}
}

/* The line break comes before a line: what is there so far is then always a prefix. */
static void write_line(struct transcript *t, const char *word, long long number, bool has_number)
{
	char text[64];

	if (has_number)
		(void)snprintf(text, sizeof(text), "%s%s %lld", t->used ? "\n" : "", word, number);
	else
		(void)snprintf(text, sizeof(text), "%s%s", t->used ? "\n" : "", word);
	write_text(t, text);
	t->open = LSAPI_EV_MORE;
}

static void write_stream(struct transcript *t, const struct lsapi_event *ev)
{
	assert(ev->bytes.size > 0);
	if (t->open != ev->type)
		write_line(t, ev->type == LSAPI_EV_BODY ? "BODY " : "STDERR ", 0, false);
	write_bytes(t, ev->bytes);
	t->open = ev->type;
}

static void write_header(
	struct transcript *t, struct lsapi_response_decoder *d, const struct lsapi_event *ev)
{
	struct wire_bytes line;
	uint32_t count = 0;

	write_line(t, "HEADER", (int32_t)ev->status, true);
	while (lsapi_response_next_line(d, &line)) {
		write_line(t, "line ", 0, false);
		write_bytes(t, line);
		count++;
	}
	assert(count == ev->line_count);
}

static void write_event(
	struct transcript *t, struct lsapi_response_decoder *d, const struct lsapi_event *ev)
{
	switch (ev->type) {
	case LSAPI_EV_MORE:
	case LSAPI_EV_NEED_BUFFER:
		break;
	case LSAPI_EV_RECEIVED:
		write_line(t, "RECEIVED", 0, false);
		break;
	case LSAPI_EV_PID:
		write_line(t, "PID", ev->pid, true);
		break;
	case LSAPI_EV_HEADER:
		write_header(t, d, ev);
		break;
	case LSAPI_EV_BODY:
	case LSAPI_EV_STDERR:
		write_stream(t, ev);
		break;
	case LSAPI_EV_USAGE:
		write_line(t, "USAGE", (long long)ev->usage.cpu_ns, true);
		write_line(t, "peak", (long long)ev->usage.peak_bytes, true);
		break;
	case LSAPI_EV_END:
		write_line(t, "END", 0, false);
		break;
	case LSAPI_EV_CLOSE:
		write_line(t, "CLOSE", 0, false);
		break;
	case LSAPI_EV_ERROR:
		write_line(t, "ERROR", ev->error, true);
		break;
	}
}

/* Whatever is no request for something uses up input, else it might go on for ever. */
static void check_progress(enum lsapi_event_type type, size_t used, size_t left)
{
	bool may_stand =
		type == LSAPI_EV_MORE || type == LSAPI_EV_NEED_BUFFER || type == LSAPI_EV_ERROR;

	assert(used <= left);
	assert(used > 0 || may_stand);
	assert(type != LSAPI_EV_MORE || used == left);
}

static uint8_t *give_buffer(struct lsapi_response_decoder *d, uint32_t size)
{
	assert(size > 0 && size < LSAPI_RESPONSE_HEADER_MAX);
	uint8_t *buffer = malloc(size);
	assert(buffer);
	lsapi_response_give_buffer(d, buffer);
	return buffer;
}

/* One read of the shim. The buffer outlives the chunk that asked for it. */
static bool feed_chunk(struct lsapi_response_decoder *d, const uint8_t *chunk, size_t size,
	uint8_t **buffer, struct transcript *t)
{
	size_t pos = 0;
	struct lsapi_event ev;

	do {
		size_t used;

		lsapi_response_decode(d, chunk + pos, size - pos, &used, &ev);
		check_progress(ev.type, used, size - pos);
		pos += used;
		if (ev.type == LSAPI_EV_NEED_BUFFER) {
			assert(!*buffer); /* one header per response */
			*buffer = give_buffer(d, ev.need_size);
		}
		write_event(t, d, &ev);
	} while (ev.type != LSAPI_EV_MORE && ev.type != LSAPI_EV_ERROR);
	return ev.type == LSAPI_EV_MORE;
}

void lsapi_check_response(
	const uint8_t *data, size_t size, size_t chunk_size, char *out, size_t out_size)
{
	struct lsapi_response_decoder d;
	struct transcript t = { .out = out, .size = out_size, .open = LSAPI_EV_MORE };
	uint8_t *buffer = NULL;
	bool can_go_on = true;

	assert(chunk_size > 0);
	write_text(&t, "");
	lsapi_response_init(&d);
	for (size_t pos = 0; pos < size && can_go_on; pos += chunk_size) {
		size_t part = size - pos < chunk_size ? size - pos : chunk_size;
		uint8_t *chunk = malloc(part);

		assert(chunk);
		memcpy(chunk, data + pos, part);
		can_go_on = feed_chunk(&d, chunk, part, &buffer, &t);
		free(chunk);
	}
	free(buffer);
}
