/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/conflict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/printable.h"
#include "daemon/ctl/conf_line.h"

static const struct {
	const char *module;
	bool is_prefix;
	enum conflict_kind kind;
	const char *effect;
} modules[] = {
	{ "ruid2_module", false, CONFLICT_MODULE,
		"it changes the user of httpd's processes, whom lsapid does not know then; mod_lsapi "
		"reads RUidGid without it" },
	{ "mpm_itk_module", false, CONFLICT_MODULE,
		"it changes the user of httpd's processes, whom lsapid does not know then; mod_lsapi "
		"reads AssignUserID without it" },
	/* php_module, php5_module, php7_module */
	{ "php", true, CONFLICT_PHP, "it runs PHP inside of httpd, as the user of httpd" },
};

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

static bool has(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

static enum conflict_kind of_module(const char *name, const char **ret_effect)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (modules[i].is_prefix ? begins(name, modules[i].module)
					 : strcasecmp(name, modules[i].module) == 0) {
			*ret_effect = modules[i].effect;
			return modules[i].kind;
		}
	}
	return CONFLICT_NONE;
}

/* "application/x-httpd-php", also with a version: mod_php's, or one that a panel's Action has. */
static bool is_php_handler(const char *word)
{
	static const char name[] = "application/x-httpd-php";
	size_t size = sizeof(name) - 1;

	if (strlen(word) < size || !begins(word, name))
		return false;
	return word[size + strspn(word + size, "0123456789.-")] == '\0';
}

static enum conflict_kind of_handler(
	const struct conf_line *line, bool is_for_php, const char **ret_effect)
{
	bool is_set = strcasecmp(line->name, "SetHandler") == 0;
	bool is_add =
		strcasecmp(line->name, "AddHandler") == 0 || strcasecmp(line->name, "AddType") == 0;
	const char *word = line->word_count ? line->word[0] : "";

	if ((is_set || is_add) && is_php_handler(word)) {
		*ret_effect =
			"without mod_php nobody knows this handler, and scripts would be sent "
			"as they are";
		return CONFLICT_HANDLER;
	}
	if ((is_set && is_for_php && has(word, "fcgi://")) ||
		(begins(line->name, "ProxyPass") && has(line->rest, ".ph") &&
			has(line->rest, "fcgi://"))) {
		*ret_effect = "it gives PHP's files to a FastCGI server (PHP-FPM)";
		return CONFLICT_HANDLER;
	}
	return CONFLICT_NONE;
}

/** One walk over a text. */
struct search {
	struct conf_text text;
	struct conf_line *line; /* owned */
	unsigned php_sections;  /* open ones of <Files ".php"> and the like, and those in them */
	bool is_php_ours;
};

static void follow_section(struct search *s)
{
	if (s->line->kind == CONF_LINE_OPEN && begins(s->line->name, "Files") &&
		(has(s->line->rest, ".ph") || s->php_sections))
		s->php_sections++;
	else if (s->line->kind == CONF_LINE_CLOSE && begins(s->line->name, "Files") &&
		 s->php_sections)
		s->php_sections--;
}

/* Return: false at the end; else a conflict, and where its lines begin: they end at @s->text.at. */
static bool search_next(struct search *s, struct conflict *ret, size_t *ret_begin)
{
	for (;;) {
		size_t begin = s->text.at;
		enum conflict_kind kind = CONFLICT_NONE;

		if (!conf_line_next(&s->text, s->line))
			return false;
		follow_section(s);
		if (s->line->kind != CONF_LINE_DIRECTIVE)
			continue;
		if (strcasecmp(s->line->name, "LoadModule") == 0 && s->line->word_count)
			kind = of_module(s->line->word[0], &ret->effect);
		else
			kind = of_handler(s->line, s->php_sections > 0, &ret->effect);
		if (kind == CONFLICT_NONE || (kind != CONFLICT_MODULE && !s->is_php_ours))
			continue;
		char what[sizeof(ret->what)];

		(void)snprintf(what, sizeof(what), "%.40s %.110s", s->line->name, s->line->rest);
		printable_copy(ret->what, sizeof(ret->what), what);
		ret->kind = kind;
		ret->line = s->line->number;
		*ret_begin = begin;
		return true;
	}
}

int conflict_find(const char *text, size_t size, bool is_php_ours, struct conflict *ret)
{
	struct search s = {
		.text = { .data = text, .size = size },
		.line = malloc(sizeof(*s.line)),
		.is_php_ours = is_php_ours,
	};
	size_t begin;

	ret->kind = CONFLICT_NONE;
	if (!s.line)
		return -ENOMEM;
	(void)search_next(&s, ret, &begin);
	free(s.line);
	return 0;
}

/* Whole lines, each with the mark before it. */
static void put_switched_off(FILE *to, const char *lines, size_t size)
{
	const char *end = lines + size;

	while (lines < end) {
		const char *newline = memchr(lines, '\n', (size_t)(end - lines));
		const char *next = newline ? newline + 1 : end;

		(void)fputs(CONFLICT_MARK, to);
		(void)fwrite(lines, 1, (size_t)(next - lines), to);
		lines = next;
	}
}

char *conflict_switch_off(const char *text, bool is_php_ours)
{
	struct search s = {
		.text = { .data = text, .size = strlen(text) },
		.line = malloc(sizeof(*s.line)),
		.is_php_ours = is_php_ours,
	};
	struct conflict c;
	char *out = NULL;
	size_t size, begin, done = 0;
	FILE *to = s.line ? open_memstream(&out, &size) : NULL;

	if (!to) {
		free(s.line);
		return NULL;
	}
	while (search_next(&s, &c, &begin)) {
		(void)fwrite(text + done, 1, begin - done, to);
		put_switched_off(to, text + begin, s.text.at - begin);
		done = s.text.at;
	}
	(void)fputs(text + done, to);
	free(s.line);
	if (fclose(to) == 0)
		return out;
	free(out);
	return NULL;
}
