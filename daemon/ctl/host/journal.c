/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"

#define HEADER   "lsapid-setup 1\n"
#define MAX_WORD 8192U
#define MODES    07777U

void journal_state_deinit(struct journal_state *s)
{
	free(s->target);
	*s = (struct journal_state){ .kind = JOURNAL_NONE };
}

static void entry_deinit(struct journal_entry *e)
{
	free(e->group);
	free(e->path);
	journal_state_deinit(&e->before);
	journal_state_deinit(&e->after);
	for (size_t i = 0; i < JOURNAL_MAX_WORDS; i++)
		free(e->argv[i]);
	*e = (struct journal_entry){ .number = 0 };
}

void journal_deinit(struct journal *j)
{
	for (size_t i = 0; i < j->count; i++)
		entry_deinit(&j->entry[i]);
	free(j->entry);
	*j = (struct journal){ .count = 0 };
}

/* Room for one more, zeroed. Return: NULL: memory, or too many. */
static struct journal_entry *add(struct journal *j, int *ret_error)
{
	struct journal_entry *entry;

	*ret_error = -E2BIG;
	if (j->count >= JOURNAL_MAX_ENTRIES)
		return NULL;
	*ret_error = -ENOMEM;
	entry = reallocarray(j->entry, j->count + 1, sizeof(*entry));
	if (!entry)
		return NULL;
	j->entry = entry;
	entry[j->count] = (struct journal_entry){ .number = 0 };
	return &entry[j->count++];
}

void journal_remove(struct journal *j, size_t index)
{
	entry_deinit(&j->entry[index]);
	memmove(&j->entry[index], &j->entry[index + 1],
		(j->count - index - 1) * sizeof(j->entry[0]));
	j->count--;
}

static bool copy_state(struct journal_state *to, const struct journal_state *from)
{
	*to = *from;
	to->target = from->target ? strdup(from->target) : NULL;
	return !from->target || to->target;
}

static int finish(struct journal *j, struct journal_entry *e, bool is_good)
{
	if (!is_good) {
		journal_remove(j, j->count - 1);
		return -ENOMEM;
	}
	e->number = ++j->last_number;
	return (int)e->number;
}

int journal_add_path(struct journal *j, const char *group, const char *path,
	const struct journal_state *before, const struct journal_state *after)
{
	int error;
	struct journal_entry *e = add(j, &error);

	if (!e)
		return error;
	e->group = strdup(group);
	e->path = strdup(path);
	return finish(j, e,
		copy_state(&e->before, before) && copy_state(&e->after, after) && e->group &&
			e->path);
}

int journal_add_run(struct journal *j, const char *group, const char *const *argv)
{
	int error;
	struct journal_entry *e = add(j, &error);
	bool is_good;

	if (!e)
		return error;
	e->is_command = true;
	e->group = strdup(group);
	is_good = e->group != NULL;
	for (size_t i = 0; argv[i]; i++) {
		if (i == JOURNAL_MAX_WORDS) {
			journal_remove(j, j->count - 1);
			return -E2BIG;
		}
		e->argv[i] = strdup(argv[i]);
		is_good = is_good && e->argv[i];
	}
	return finish(j, e, is_good);
}

/* --- text ---------------------------------------------------------------------------------- */

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '%';
}

static void put_word(FILE *out, const char *word)
{
	(void)fputc(' ', out);
	for (; *word; word++) {
		if (is_plain((unsigned char)*word))
			(void)fputc(*word, out);
		else
			(void)fprintf(out, "%%%02x", (unsigned)(unsigned char)*word);
	}
}

static const char *const kinds[] = {
	[JOURNAL_NONE] = "none",
	[JOURNAL_FILE] = "file",
	[JOURNAL_LINK] = "link",
	[JOURNAL_DIRECTORY] = "directory",
};

static void put_state(FILE *out, const struct journal_state *s)
{
	(void)fprintf(out, " %s", kinds[s->kind]);
	if (s->kind == JOURNAL_LINK)
		put_word(out, s->target);
	else if (s->kind != JOURNAL_NONE)
		(void)fprintf(out, " %o %u %u", s->mode & MODES, s->uid, s->gid);
}

char *journal_encode(const struct journal *j)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	(void)fputs(HEADER, out);
	for (size_t i = 0; i < j->count; i++) {
		const struct journal_entry *e = &j->entry[i];

		(void)fprintf(out, "%s %u", e->is_command ? "run" : "path", e->number);
		put_word(out, e->group);
		if (!e->is_command) {
			put_state(out, &e->before);
			put_state(out, &e->after);
			put_word(out, e->path);
		}
		for (size_t w = 0; e->argv[w]; w++)
			put_word(out, e->argv[w]);
		(void)fputc('\n', out);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line that is being cut into words. */
struct words {
	const char *at;
	const char *end;
	int error; /* sticky */
};

/* Return: malloc'ed, not empty; NULL and the error. */
static char *take_word(struct words *w)
{
	const char *begin = w->at;
	const char *end = memchr(begin, ' ', (size_t)(w->end - begin));
	size_t size = (size_t)((end ? end : w->end) - begin);
	char *word = w->error || !size || size > MAX_WORD ? NULL : malloc(size + 1);
	size_t used = 0;

	if (!word) {
		w->error = w->error ? w->error : (size && size <= MAX_WORD ? -ENOMEM : -EINVAL);
		return NULL;
	}
	for (size_t i = 0; i < size; i++) {
		int high = begin[i] == '%' && size - i > 2 ? hex(begin[i + 1]) : -1;
		int low = high >= 0 ? hex(begin[i + 2]) : -1;

		if (!is_plain((unsigned char)begin[i]) && (low < 0 || (high | low) == 0)) {
			free(word);
			w->error = -EINVAL;
			return NULL;
		}
		word[used++] = low >= 0 ? (char)(high << 4 | low) : begin[i];
		i += low >= 0 ? 2 : 0;
	}
	word[used] = '\0';
	w->at = end ? end + 1 : w->end;
	return word;
}

static unsigned take_number(struct words *w, unsigned base, uint32_t max)
{
	char *word = take_word(w);
	uint64_t value = 0;

	for (const char *c = word; c && *c; c++) {
		unsigned digit = (unsigned)(*c - '0');

		value = value * base + digit;
		if (digit >= base || value > max)
			w->error = -EINVAL;
		if (w->error)
			break;
	}
	free(word);
	return (unsigned)value;
}

static void take_state(struct words *w, struct journal_state *ret)
{
	char *kind = take_word(w);
	size_t i = 0;

	while (kind && i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kind, kinds[i]) != 0)
		i++;
	free(kind);
	if (w->error || i == sizeof(kinds) / sizeof(kinds[0])) {
		w->error = w->error ? w->error : -EINVAL;
		return;
	}
	ret->kind = (enum journal_state_kind)i;
	if (ret->kind == JOURNAL_LINK) {
		ret->target = take_word(w);
	} else if (ret->kind != JOURNAL_NONE) {
		ret->mode = take_number(w, 8, MODES);
		ret->uid = take_number(w, 10, UINT32_MAX);
		ret->gid = take_number(w, 10, UINT32_MAX);
	}
}

static void take_argv(struct words *w, struct journal_entry *e)
{
	size_t i = 0;

	for (; w->at < w->end && i < JOURNAL_MAX_WORDS; i++)
		e->argv[i] = take_word(w);
	if (!w->error && (i == 0 || w->at < w->end || e->argv[0][0] != '/'))
		w->error = -EINVAL;
}

static int decode_line(struct journal *j, const char *line, size_t size)
{
	struct words w = { .at = line, .end = line + size };
	int error;
	struct journal_entry *e = add(j, &error);
	char *kind = e ? take_word(&w) : NULL;

	if (!kind)
		return e ? w.error : error;
	e->is_command = strcmp(kind, "run") == 0;
	if (!e->is_command && strcmp(kind, "path") != 0)
		w.error = -EINVAL;
	free(kind);
	e->number = take_number(&w, 10, INT32_MAX);
	e->group = take_word(&w);
	if (e->is_command) {
		take_argv(&w, e);
	} else {
		take_state(&w, &e->before);
		take_state(&w, &e->after);
		e->path = take_word(&w);
	}
	if (w.error)
		return w.error;
	/* in ascending order, so that none is there twice */
	if (w.at != w.end || e->number <= j->last_number || strlen(e->group) > JOURNAL_MAX_GROUP ||
		(e->path && e->path[0] != '/'))
		return -EINVAL;
	j->last_number = e->number;
	return 0;
}

int journal_decode(struct journal *j, const char *text, size_t size)
{
	size_t at = sizeof(HEADER) - 1;
	int r = size > JOURNAL_MAX_BYTES                     ? -E2BIG
		: size < at || memcmp(text, HEADER, at) != 0 ? -EINVAL
							     : 0;

	while (r == 0 && at < size) {
		const char *end = memchr(text + at, '\n', size - at);

		r = end ? decode_line(j, text + at, (size_t)(end - text) - at) : -EINVAL;
		at = end ? (size_t)(end - text) + 1 : size;
	}
	if (r < 0)
		journal_deinit(j);
	return r;
}
