/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/printable.h"
#include "daemon/base/str.h"

static const struct {
	const char *name;
	const char *help;
} results[IMPORT_RESULT_COUNT] = {
	[IMPORT_WORKS] = { "works", "as they did" },
	[IMPORT_REPLACED] = { "no need",
		"accepted: what they ask for is always so, or done in another way" },
	[IMPORT_IGNORED] = { "no effect", "accepted: they have no sense here" },
	[IMPORT_NOTE] = { "note", "worth knowing; nothing has to be done" },
	[IMPORT_VALUE] = { "value", "another value is used: write the one that you mean" },
	[IMPORT_CONTEXT] = { "context", "may not stand where they do: move them" },
	[IMPORT_SYNTAX] = { "syntax", "httpd does not take them as they are written: mend them" },
	[IMPORT_UNKNOWN] = { "unknown", "httpd would not start with them: correct or remove them" },
	[IMPORT_TO_DO] = { "to do", "do what they say before httpd is started" },
};

const char *import_result_name(enum import_result result)
{
	return results[result].name;
}

const char *import_result_help(enum import_result result)
{
	return results[result].help;
}

struct import *import_new(void)
{
	return calloc(1, sizeof(struct import));
}

struct import *import_free(struct import *im)
{
	if (!im)
		return NULL;
	for (size_t i = 0; i < im->finding_count; i++) {
		free(im->finding[i].directive);
		free(im->finding[i].used);
		free(im->finding[i].text);
		free(im->finding[i].remedy);
	}
	for (size_t i = 0; i < im->file_count; i++)
		free(im->file[i]);
	free(im->finding);
	free(im->file);
	free(im);
	return NULL;
}

/* --- findings ---------------------------------------------------------------------------- */

static char *ATTR_PRINTF(2, 0) format_new(struct import *im, const char *format, va_list args)
{
	char raw[2048];
	char shown[2048];
	char *text;

	(void)vsnprintf(raw, sizeof(raw), format, args);
	printable_copy(shown, sizeof(shown), raw);
	text = strdup(shown);
	if (!text)
		im->is_out_of_memory = true;
	return text;
}

static void ATTR_PRINTF(3, 4) set(struct import *im, char **place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(*place);
	*place = format_new(im, format, args);
	va_end(args);
}

/* Room for one more; NULL: none, which is noted. */
static struct import_finding *next_finding(struct import *im)
{
	if (im->finding_count == IMPORT_MAX_FINDINGS) {
		im->untold++;
		return NULL;
	}
	if (im->finding_count == im->finding_room) {
		size_t room = im->finding_room ? 2 * im->finding_room : 64;
		struct import_finding *more = reallocarray(im->finding, room, sizeof(*more));

		if (!more) {
			im->is_out_of_memory = true;
			return NULL;
		}
		im->finding = more;
		im->finding_room = room;
	}
	return &im->finding[im->finding_count++];
}

static struct import_finding *add_at(
	struct import *im, enum import_result result, unsigned line, const char *directive)
{
	struct import_finding *f = next_finding(im);
	char shown[IMPORT_MAX_LINE];

	im->count[result]++;
	if (!f)
		return NULL;
	printable_copy(shown, sizeof(shown), directive);
	*f = (struct import_finding){
		.file = im->path,
		.line = line,
		.result = result,
		.directive = strdup(shown),
	};
	if (!f->directive)
		im->is_out_of_memory = true;
	return f;
}

/* The line as it was written, blanks between words made one. */
static void line_text(const struct conf_line *line, char *out, size_t size)
{
	const char *before = line->kind == CONF_LINE_OPEN    ? "<"
			     : line->kind == CONF_LINE_CLOSE ? "</"
							     : "";

	(void)snprintf(out, size, "%s%s%s%s%s", before, line->name, line->rest[0] ? " " : "",
		line->rest, *before ? ">" : "");
}

struct import_finding *import_add(
	struct import *im, enum import_result result, const char *format, ...)
{
	char text[IMPORT_MAX_LINE + 64];
	va_list args;

	line_text(im->line, text, sizeof(text));
	struct import_finding *f = add_at(im, result, im->line->number, text);

	if (!f)
		return NULL;
	va_start(args, format);
	f->text = format_new(im, format, args);
	va_end(args);
	return f;
}

void import_remedy(struct import *im, struct import_finding *f, const char *format, ...)
{
	va_list args;

	if (!f)
		return;
	va_start(args, format);
	free(f->remedy);
	f->remedy = format_new(im, format, args);
	va_end(args);
}

void import_used(struct import *im, struct import_finding *f, const char *format, ...)
{
	va_list args;

	if (!f)
		return;
	va_start(args, format);
	free(f->used);
	f->used = format_new(im, format, args);
	va_end(args);
}

bool import_needs_attention(const struct import *im)
{
	for (int r = IMPORT_FIRST_TO_DO; r < IMPORT_RESULT_COUNT; r++)
		if (im->count[r])
			return true;
	return false;
}

/* --- where a line stands ----------------------------------------------------------------- */

struct import_section *import_vhost(struct import *im)
{
	for (size_t i = im->depth; i > 0; i--)
		if (im->section[i - 1].is_vhost)
			return &im->section[i - 1];
	return NULL;
}

const struct import_section *import_directory(const struct import *im)
{
	for (size_t i = im->depth; i > 0; i--)
		if (im->section[i - 1].is_of_directory)
			return &im->section[i - 1];
	return NULL;
}

const char *import_gone(const struct import *im)
{
	for (size_t i = im->depth; i > 0; i--)
		if (im->section[i - 1].gone)
			return im->section[i - 1].gone;
	return NULL;
}

void import_has_identity(struct import *im)
{
	struct import_section *vhost = import_vhost(im);

	if (vhost)
		vhost->has_identity = true;
	else
		im->has_identity = true;
}

bool import_is_owned(struct import *im)
{
	const struct import_section *vhost = import_vhost(im);

	return im->has_identity || (vhost && vhost->has_identity);
}

static bool is_skipped(const struct import *im)
{
	return im->depth && im->section[im->depth - 1].is_skipped;
}

/* --- sections ---------------------------------------------------------------------------- */

static bool is_condition(const char *name)
{
	static const char *const names[] = { "IfModule", "IfDefine", "IfVersion", "IfFile",
		"IfDirective", "IfSection" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_us(const char *module)
{
	return strcmp(module, "lsapi_module") == 0 || strcmp(module, "mod_lsapi.c") == 0;
}

static void open_condition(struct import *im, struct import_section *s)
{
	const char *what = im->line->word_count ? im->line->word[0] : "";
	bool is_not = what[0] == '!';

	if (strchr(im->line->rest, '>'))
		import_remedy(im,
			import_add(im, IMPORT_SYNTAX,
				"the section begins and ends in one line: httpd "
				"finds no such module, and no end"),
			"write each directive, and </%s>, on a line of its own", im->line->name);
	if (im->watch.holds) {
		s->is_skipped =
			s->is_skipped || !im->watch.holds(im, s->name, what, im->watch.data);
		return;
	}
	if (strcasecmp(s->name, "IfModule") != 0)
		return;
	if (is_us(what + is_not))
		s->is_skipped = s->is_skipped || is_not;
	else if (!is_not)
		s->gone = import_gone_module(what);
}

static void open_section(struct import *im)
{
	const struct conf_line *line = im->line;
	struct import_section s = { .line = line->number, .is_skipped = is_skipped(im) };

	(void)str_copy(s.name, sizeof(s.name), line->name);
	if (im->depth == IMPORT_MAX_DEPTH) {
		(void)import_add(
			im, IMPORT_SYNTAX, "more than %u sections in each other", IMPORT_MAX_DEPTH);
		return;
	}
	if (is_condition(line->name))
		open_condition(im, &s);
	else if (strcasecmp(line->name, "VirtualHost") == 0)
		s.is_vhost = true;
	else
		s.is_of_directory = strncasecmp(line->name, "Require", 7) != 0;
	if (im->is_htaccess && (s.is_vhost || strncasecmp(line->name, "Directory", 9) == 0 ||
				       strncasecmp(line->name, "Location", 8) == 0))
		(void)import_add(im, IMPORT_CONTEXT,
			"not allowed in .htaccess: httpd answers every request there with 500");
	im->section[im->depth++] = s;
}

/* B28: such a site runs as the user of httpd, which is seldom meant. */
static void close_vhost(struct import *im, const struct import_section *s)
{
	if (im->watch.vhost && !s->is_skipped)
		im->watch.vhost(im, s, im->watch.data);
	if (s->is_skipped || s->has_identity || im->has_identity)
		return;
	struct import_finding *f = add_at(im, IMPORT_NOTE, s->line, "<VirtualHost>");

	if (f)
		set(im, &f->text,
			"nothing in it says whose PHP%s%s runs: it runs as the user of httpd",
			s->server_name[0] ? " of " : "", s->server_name);
	import_remedy(im, f, "SuExecUserGroup or lsapi_user_group, if the site has PHP");
}

static void close_section(struct import *im, size_t base)
{
	const struct conf_line *line = im->line;

	if (im->depth == base) {
		import_remedy(im, import_add(im, IMPORT_SYNTAX, "ends what was not begun"),
			"httpd does not start with it: remove it");
		return;
	}
	const struct import_section *s = &im->section[im->depth - 1];

	if (strcasecmp(s->name, line->name) != 0) {
		import_remedy(im,
			import_add(im, IMPORT_SYNTAX, "ends <%s> of line %u", s->name, s->line),
			"httpd does not start with it: write </%s>", s->name);
		return;
	}
	if (s->is_vhost)
		close_vhost(im, s);
	im->depth--;
}

/* --- lines ------------------------------------------------------------------------------- */

static void take_directive(struct import *im)
{
	if (is_skipped(im))
		return;
	if (im->watch.line)
		im->watch.line(im, im->watch.data);
	if (!import_ours(im) && !import_httpd(im) && !import_unknown(im))
		im->others++;
}

static void take_line(struct import *im, size_t base)
{
	switch (im->line->kind) {
	case CONF_LINE_NOTHING:
		break;
	case CONF_LINE_DIRECTIVE:
		take_directive(im);
		break;
	case CONF_LINE_OPEN:
		open_section(im);
		break;
	case CONF_LINE_CLOSE:
		close_section(im, base);
		break;
	case CONF_LINE_TOO_LONG:
		import_remedy(im,
			import_add(im, IMPORT_SYNTAX, "longer than %u bytes: not looked at",
				CONF_LINE_MAX_BYTES),
			"look at it by hand");
		break;
	case CONF_LINE_BINARY:
		import_remedy(im,
			import_add(im, IMPORT_SYNTAX, "has a NUL byte, where httpd stops to read"),
			"is it a text file?");
		break;
	}
}

static bool begin_file(struct import *im, const char *path)
{
	char **more = reallocarray(im->file, im->file_count + 1, sizeof(*more));
	char shown[4096];

	if (!more)
		return false;
	im->file = more;
	printable_copy(shown, sizeof(shown), path);
	im->file[im->file_count] = strdup(shown);
	if (!im->file[im->file_count])
		return false;
	im->file_count++;
	return true;
}

static void say_mark(struct import *im)
{
	struct import_finding *f = add_at(im, IMPORT_SYNTAX, 1, "");

	if (!f)
		return;
	set(im, &f->text,
		"the file begins with a byte order mark, which httpd takes for a part of "
		"the first name");
	import_remedy(im, f, "save it as UTF-8 without a byte order mark");
}

static void say_unclosed(struct import *im, size_t base)
{
	for (; im->depth > base; im->depth--) {
		const struct import_section *s = &im->section[im->depth - 1];
		char name[sizeof(s->name) + 2];

		(void)snprintf(name, sizeof(name), "<%s>", s->name);
		struct import_finding *f = add_at(im, IMPORT_SYNTAX, s->line, name);

		if (f)
			set(im, &f->text, "was not closed in this file");
		import_remedy(im, f, "httpd does not start with it: write </%s>", s->name);
	}
}

void import_text(
	struct import *im, const char *path, bool is_htaccess, const char *data, size_t size)
{
	struct conf_text text = { .data = data, .size = size };
	struct conf_line *before = im->line;
	const char *path_before = im->path;
	bool was_htaccess = im->is_htaccess;
	size_t base = im->depth;
	struct conf_line *line = calloc(1, sizeof(*line));

	if (!line || !begin_file(im, path)) {
		im->is_out_of_memory = true;
		free(line);
		return;
	}
	im->path = im->file[im->file_count - 1];
	im->line = line;
	im->is_htaccess = is_htaccess;
	if (conf_text_has_mark(&text)) {
		say_mark(im);
		text.at = CONF_LINE_MARK_SIZE;
	}
	while (conf_line_next(&text, line))
		take_line(im, base);
	say_unclosed(im, base);
	im->line = before;
	im->path = path_before;
	im->is_htaccess = was_htaccess;
	free(line);
}

void import_end(struct import *im)
{
	if (!im->has_handler || im->has_engine || !im->file_count)
		return;
	im->path = im->file[0];
	struct import_finding *f = add_at(im, IMPORT_NOTE, 0, "lsapi_engine");

	if (f)
		set(im, &f->text,
			"in none of these files, and Off by default: a handler alone starts no PHP");
	import_remedy(im, f, "lsapi_engine On, if no other file says it");
}
