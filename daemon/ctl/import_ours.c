/* SPDX-License-Identifier: Apache-2.0 */

/* Directives of mod_lsapi: the same rules as the module's, from the same table. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/ctl/import.h"
#include "daemon/ctl/suggest.h"
#include "proto/directive_value.h"
#include "proto/directive_words.h"
#include "proto/handler_name.h"

#define MAX_SUGGESTIONS 1000

static const char *const wanted_place[] = {
	[DIRECTIVE_IN_MAIN] = "write it outside of virtual hosts",
	[DIRECTIVE_IN_SERVER] = "write it in the virtual host, outside of sections",
	[DIRECTIVE_IN_SECTION] = "write it in a <Directory> section of the virtual host",
	[DIRECTIVE_IN_ANYWHERE] = "",
};

/* As httpd: what it does not take where it stands is an error before anything else is looked at. */
static bool is_out_of_place(struct import *im, const struct directive *row)
{
	const struct import_section *directory = import_directory(im);

	if (im->is_htaccess && row->context != DIRECTIVE_IN_ANYWHERE) {
		import_remedy(im,
			import_add(im, IMPORT_CONTEXT,
				"not allowed in .htaccess: httpd answers every request there with 500"),
			"%s", wanted_place[row->context]);
		return true;
	}
	if (!im->is_htaccess && directory && row->context < DIRECTIVE_IN_SECTION) {
		import_remedy(im,
			import_add(im, IMPORT_CONTEXT,
				"not allowed in <%s>: httpd does not start with it",
				directory->name),
			"%s", wanted_place[row->context]);
		return true;
	}
	if (row->context == DIRECTIVE_IN_MAIN && import_vhost(im)) {
		import_remedy(im, import_add(im, IMPORT_CONTEXT, "ignored in a virtual host"), "%s",
			wanted_place[row->context]);
		return true;
	}
	return false;
}

/* It may stand here so that the file loads, no more. */
static bool is_ignored_here(struct import *im, const struct directive *row)
{
	if (!row->is_of_server || (!im->is_htaccess && !import_directory(im)))
		return false;
	import_remedy(im,
		import_add(im, im->is_htaccess ? IMPORT_IGNORED : IMPORT_CONTEXT,
			"ignored here, it is about the virtual host as a whole"),
		"%s", wanted_place[DIRECTIVE_IN_SERVER]);
	return true;
}

static bool has_wrong_count(struct import *im, const struct directive *row)
{
	const struct conf_line *line = im->line;
	size_t fewest = row->takes & 0x0fU;
	size_t most = (unsigned)row->takes >> 4;
	bool has_empty = false;

	for (size_t i = 0; i < line->word_count && i < fewest; i++)
		has_empty = has_empty || !line->word[i][0];
	if (!has_empty && line->word_count >= fewest && (line->word_count <= most || most == 15))
		return false;
	import_remedy(im,
		import_add(im, IMPORT_SYNTAX, "takes %s%zu argument%s that %s not empty: %s",
			most == fewest ? "" : "at least ", fewest, fewest == 1 ? "" : "s",
			fewest == 1 ? "is" : "are",
			im->is_htaccess ? "httpd answers every request there with 500"
					: "httpd does not start with it"),
		"%s %s", row->name, row->arguments);
	return true;
}

/* "acts", or why not: what the value is, apart from that. */
static enum import_result result_of(const struct directive *row)
{
	switch (row->effect) {
	case DIRECTIVE_ACTS:
		return IMPORT_WORKS;
	case DIRECTIVE_REPLACED:
		return IMPORT_REPLACED;
	case DIRECTIVE_IGNORED:
		return IMPORT_IGNORED;
	}
	return IMPORT_NOTE;
}

/* What the module would say of the value. Return: is there anything? */
static bool complain(struct import *im, const struct directive *row)
{
	char why[DIRECTIVE_VALUE_MAX_TEXT];
	const struct directive_value value = directive_value_of(row, im->line->word[0]);
	enum directive_kind kind = directive_rules(row)->kind;

	directive_value_complain(row, &value, why, sizeof(why));
	if (!*why)
		return false;
	struct import_finding *f = import_add(im, IMPORT_VALUE, "%s (%s)", why, row->help);

	if (value.use == DIRECTIVE_VALUE_IGNORED && strcmp(row->value, "-") == 0)
		import_remedy(
			im, f, "write the %s that is meant, or leave the line out", row->arguments);
	else if (value.use == DIRECTIVE_VALUE_IGNORED)
		import_used(im, f, "%s", row->value);
	else if (kind == DIRECTIVE_SWITCH)
		import_used(im, f, "%s", value.number ? "On" : "Off");
	else
		import_used(im, f, "%d", value.number);
	if (f && f->used)
		import_remedy(im, f, "write %s %s, which is the same, or the %s that is meant",
			row->name, f->used, row->arguments);
	return true;
}

/* The same of a directive of several words: what is said of it, it is ignored. */
static bool complain_of_words(struct import *im, const struct directive *row)
{
	char why[DIRECTIVE_VALUE_MAX_TEXT];

	if (!directive_words_complain(row, im->line->word, im->line->word_count, why, sizeof(why)))
		return false;
	import_remedy(
		im, import_add(im, IMPORT_VALUE, "%s", why), "%s %s", row->name, row->arguments);
	return true;
}

/* A name, or # and a number, which need not have an account. */
static bool is_account(const struct import *im, size_t i, bool is_group)
{
	uint32_t id;

	if (i >= im->line->word_count)
		return true;
	if (im->line->word[i][0] == '#')
		return directive_words_id(im->line->word[i] + 1, &id);
	return !im->is_account || im->is_account(im->line->word[i], is_group);
}

bool import_check_owner(struct import *im)
{
	bool is_user = is_account(im, 0, false);

	if (im->line->has_variable || (is_user && is_account(im, 1, true)))
		return true;
	import_remedy(im,
		import_add(im, IMPORT_TO_DO, "this host knows no such %s: PHP answers 503 there",
			is_user ? "group" : "user"),
		"make the account, or name another one");
	return false;
}

/* As the module: a path with %u in it once, or a regular expression, which is not compiled here. */
static bool complain_of_path(struct import *im)
{
	const char *text = im->line->word[0];
	const char *mark = strstr(text, "%u");

	if (mark ? text[0] == '/' && !strstr(mark + 1, "%u")
		 : strchr(text, '(') && (text[0] == '/' || strncmp(text, "^/", 2) == 0))
		return false;
	import_remedy(im,
		import_add(im, IMPORT_TO_DO,
			"neither an absolute path with %%u in it once, nor a "
			"regular expression with a group: PHP answers 503 there"),
		"LSAPIPath /home/%%u/");
	return true;
}

static bool complain_of_owner(struct import *im, enum directive_id id)
{
	uint32_t number;

	if (id == DIRECTIVE_ID_PATH_PATTERN)
		return complain_of_path(im);
	if (id == DIRECTIVE_ID_USER_GROUP || id == DIRECTIVE_ID_USER)
		return !import_check_owner(im);
	if (id != DIRECTIVE_ID_UID_GID || (directive_words_id(im->line->word[0], &number) &&
						  directive_words_id(im->line->word[1], &number)))
		return false;
	import_remedy(im, import_add(im, IMPORT_TO_DO, "not two numbers: PHP answers 503 there"),
		"lsapi_uid_gid uid gid, or lsapi_user_group user group");
	return true;
}

static void note_facts(struct import *im, enum directive_id id)
{
	switch (id) {
	case DIRECTIVE_ID_USER_GROUP:
	case DIRECTIVE_ID_UID_GID:
	case DIRECTIVE_ID_USER:
	case DIRECTIVE_ID_PATH_PATTERN:
		import_has_identity(im);
		break;
	case DIRECTIVE_ID_ENGINE:
		im->has_engine = true;
		break;
	case DIRECTIVE_ID_HANDLER:
		im->has_handler = im->has_handler || handler_name_is_lsphp(im->line->word[0]);
		break;
	default: /* the others are not counted */
		break;
	}
}

static void explain_line(struct import *im, const struct directive *row)
{
	enum import_result result = result_of(row);
	enum directive_id id = (enum directive_id)(row - directive_table);

	note_facts(im, id);
	if (im->line->has_variable) {
		(void)import_add(im, result == IMPORT_WORKS ? IMPORT_NOTE : result,
			"%s; httpd fills in its value when it reads the line: not checked here",
			row->help);
		return;
	}
	if (complain(im, row) || complain_of_words(im, row) || complain_of_owner(im, id))
		return;
	(void)import_add(im, result, "%s", row->help);
}

/* Not one of ours, but named like them: httpd would stop at it. */
bool import_unknown(struct import *im)
{
	const char *name = im->line->name;
	const char *meant;

	if (strncasecmp(name, "lsapi", 5) != 0 && strncasecmp(name, "php_", 4) != 0)
		return false;
	/* who makes that many mistakes is no person */
	meant = im->count[IMPORT_UNKNOWN] < MAX_SUGGESTIONS ? suggest_directive(name) : NULL;
	struct import_finding *f = import_add(im, IMPORT_UNKNOWN, "no directive of mod_lsapi: %s",
		im->is_htaccess ? "httpd answers every request there with 500"
				: "httpd does not start with it");

	if (meant)
		import_remedy(im, f, "was %s meant?", meant);
	else
		import_remedy(im, f, "remove it; mod_lsapi(7) lists all directives");
	return true;
}

bool import_ours(struct import *im)
{
	const struct directive *row = directive_find(im->line->name);
	const char *gone = import_gone(im);

	if (!row)
		return false;
	if (gone) {
		import_remedy(im,
			import_add(im, IMPORT_NOTE,
				"in a section for %s: httpd reads it only where "
				"that is loaded",
				gone),
			"<IfModule lsapi_module>, if it is meant for PHP here");
		return true;
	}
	if (!is_out_of_place(im, row) && !has_wrong_count(im, row) && !is_ignored_here(im, row))
		explain_line(im, row);
	return true;
}
