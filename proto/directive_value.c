/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/handler_name.h"

static struct directive_value switch_of(const struct directive *row, const char *text)
{
	if (strcasecmp(text, "on") == 0)
		return (struct directive_value){ .number = 1 };
	if (strcasecmp(text, "off") == 0)
		return (struct directive_value){ .number = 0 };
	return (struct directive_value){ .use = DIRECTIVE_VALUE_OTHER, .number = row->fallback };
}

static struct directive_value number_of(const struct directive *row, const char *text)
{
	char *end = NULL;
	long number = strtol(text, &end, 10); /* too large: the largest, which is clamped */

	if (end == text || *end != '\0')
		return (struct directive_value){
			.use = DIRECTIVE_VALUE_OTHER,
			.number = row->fallback,
		};
	if (number < row->min || number > row->max)
		return (struct directive_value){
			.use = DIRECTIVE_VALUE_OTHER,
			.number = number < row->min ? row->min : row->max,
		};
	return (struct directive_value){ .number = (int)number };
}

/* Of words that are no more than the name of an HTTP method. */
static bool is_method_list(const char *text)
{
	static const char marks[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (strlen(text) > DIRECTIVE_VALUE_MAX_METHODS)
		return false;
	for (;;) {
		size_t size = strspn(text, marks);

		if (size == 0)
			return false;
		text += size;
		if (*text == '\0')
			return true;
		if (*text++ != ',')
			return false;
	}
}

static bool is_word_of_phprc(const char *text)
{
	static const char *const words[] = { "No", "Env", "Auto", "DocRoot" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_good_word(const struct directive *row, const char *text)
{
	switch (row->check) {
	case DIRECTIVE_CHECK_PATH:
		return text[0] == '/';
	case DIRECTIVE_CHECK_METHODS:
		return is_method_list(text);
	case DIRECTIVE_CHECK_HANDLER:
		return handler_name_is_lsphp(text);
	case DIRECTIVE_CHECK_PHPRC:
		return text[0] == '/' || is_word_of_phprc(text);
	case DIRECTIVE_CHECK_ANY:
		break;
	}
	return true;
}

static struct directive_value word_of(const struct directive *row, const char *text)
{
	return (struct directive_value){
		.use = is_good_word(row, text) ? DIRECTIVE_VALUE_AS_WRITTEN
					       : DIRECTIVE_VALUE_IGNORED,
	};
}

struct directive_value directive_value_of(const struct directive *row, const char *text)
{
	const struct directive *rules = directive_rules(row);

	switch (rules->kind) {
	case DIRECTIVE_SWITCH:
		return switch_of(rules, text);
	case DIRECTIVE_NUMBER:
		return number_of(rules, text);
	case DIRECTIVE_WORD:
		return word_of(rules, text);
	case DIRECTIVE_OTHER:
		break;
	}
	return (struct directive_value){ .use = DIRECTIVE_VALUE_AS_WRITTEN };
}

void directive_value_complain(
	const struct directive *row, const struct directive_value *value, char *out, size_t size)
{
	const struct directive *rules = directive_rules(row);

	out[0] = '\0';
	if (value->use == DIRECTIVE_VALUE_AS_WRITTEN)
		return;
	if (rules->kind == DIRECTIVE_SWITCH)
		(void)snprintf(
			out, size, "neither On nor Off, %s is used", value->number ? "On" : "Off");
	else if (rules->kind == DIRECTIVE_NUMBER)
		(void)snprintf(out, size, "not a number from %d to %d, %d is used", rules->min,
			rules->max, value->number);
	else if (rules->check == DIRECTIVE_CHECK_METHODS)
		(void)snprintf(out, size, "not METHOD[,METHOD...], it is ignored");
	else if (rules->check == DIRECTIVE_CHECK_HANDLER)
		(void)snprintf(
			out, size, "not application/x-httpd-... with lsphp in it, it is ignored");
	else if (rules->check == DIRECTIVE_CHECK_PHPRC)
		(void)snprintf(out, size,
			"neither No, Env, Auto, DocRoot nor an absolute path, "
			"it is ignored");
	else
		(void)snprintf(out, size, "not an absolute path, it is ignored");
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool directive_value_is_env_name(const char *name)
{
	if (!is_letter(*name))
		return 0;
	while (is_letter(*name) || (*name >= '0' && *name <= '9'))
		name++;
	return *name == '\0';
}

bool directive_value_is_env_reserved(const char *name)
{
	return strcmp(name, "PATH") == 0 || strncmp(name, "HTTP_", 5) == 0 ||
	       strncmp(name, "LSAPI_", 6) == 0;
}
