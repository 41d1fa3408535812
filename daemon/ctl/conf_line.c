/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/conf_line.h"

#include <string.h>

/* As isspace() of the C locale. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool conf_text_has_mark(const struct conf_text *text)
{
	return text->size >= CONF_LINE_MARK_SIZE &&
	       memcmp(text->data, "\xef\xbb\xbf", CONF_LINE_MARK_SIZE) == 0;
}

/* One line of the file without its end. Return: is it continued in the next one? */
static bool take_part(struct conf_text *text, const char **ret_part, size_t *ret_size)
{
	const char *part = text->data + text->at;
	size_t left = text->size - text->at;
	const char *end = memchr(part, '\n', left);
	size_t size = end ? (size_t)(end - part) : left;

	text->at += end ? size + 1 : size;
	text->number++;
	/* a last line without an end is taken as it stands, its backslash included */
	if (end && size && part[size - 1] == '\r')
		size--;
	bool is_continued = end && size && part[size - 1] == '\\';

	*ret_part = part;
	*ret_size = size - is_continued;
	return is_continued;
}

/* All parts of a line, joined. Return: bytes of them; more than fit are not kept. */
static size_t join_parts(struct conf_text *text, struct conf_line *line)
{
	size_t used = 0;
	bool is_continued;

	do {
		const char *part;
		size_t size;

		is_continued = take_part(text, &part, &size);
		if (used + size <= CONF_LINE_MAX_BYTES)
			memcpy(line->text + used, part, size);
		used += size;
	} while (is_continued && text->at < text->size);
	return used;
}

/* Cuts blanks off both ends; @line->text is a string then. Return: where it begins. */
static char *trim(struct conf_line *line, size_t size)
{
	char *begin = line->text;
	char *end = line->text + size;

	while (begin < end && is_space(*begin))
		begin++;
	while (end > begin && is_space(end[-1]))
		end--;
	*end = '\0';
	return begin;
}

/* Copies what stands between @from and @to; a backslash hides a backslash, or the quote. */
static char *copy_word(char *out, const char *from, const char *to, char quote)
{
	while (from < to) {
		if (from[0] == '\\' && from + 1 < to &&
			(from[1] == '\\' || (quote && from[1] == quote)))
			from++;
		*out++ = *from++;
	}
	*out++ = '\0';
	return out;
}

/* The next word of @at into @out. Return: what follows it. */
static const char *take_word(const char *at, char **out)
{
	while (is_space(*at))
		at++;
	const char *begin = at;
	char quote = *at == '"' || *at == '\'' ? *at : '\0';

	if (quote) {
		at = ++begin;
		while (*at && *at != quote)
			at += *at == '\\' && (at[1] == '\\' || at[1] == quote) ? 2 : 1;
		*out = copy_word(*out, begin, at, quote);
		at += *at == quote;
	} else {
		while (*at && !is_space(*at))
			at++;
		*out = copy_word(*out, begin, at, '\0');
	}
	while (is_space(*at))
		at++;
	return at;
}

static void take_words(struct conf_line *line, const char *at, char *out)
{
	while (*at && line->word_count < CONF_LINE_MAX_WORDS) {
		line->word[line->word_count++] = out;
		at = take_word(at, &out);
	}
}

/* <Name and </Name: the bracket at the end belongs to the last argument, or to the name. */
static enum conf_line_kind take_section(struct conf_line *line, char *name, char *rest)
{
	bool is_close = name[1] == '/';
	size_t size = strlen(name);
	char *end = rest[0] ? rest + strlen(rest) : name + size;

	if (end[-1] == '>')
		end[-1] = '\0';
	line->name = name + 1 + is_close;
	return is_close ? CONF_LINE_CLOSE : CONF_LINE_OPEN;
}

static void cut(struct conf_line *line, char *begin)
{
	char *out = line->words;
	char *name = out;
	char *rest = begin + (take_word(begin, &out) - begin);

	line->name = name;
	line->rest = rest;
	line->kind = name[0] == '<' ? take_section(line, name, rest) : CONF_LINE_DIRECTIVE;
	const char *variable = strstr(rest, "${");

	line->has_variable = variable && strchr(variable, '}');
	take_words(line, rest, out);
}

bool conf_line_next(struct conf_text *text, struct conf_line *line)
{
	if (text->at >= text->size)
		return false;
	size_t size = join_parts(text, line);

	line->kind = CONF_LINE_NOTHING;
	line->number = text->number;
	line->name = line->rest = "";
	line->word_count = 0;
	line->has_variable = false;
	if (size > CONF_LINE_MAX_BYTES) {
		line->kind = CONF_LINE_TOO_LONG;
		return true;
	}
	if (memchr(line->text, '\0', size)) {
		line->kind = CONF_LINE_BINARY;
		return true;
	}
	char *begin = trim(line, size);

	if (*begin && *begin != '#')
		cut(line, begin);
	return true;
}
