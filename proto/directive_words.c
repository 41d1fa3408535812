/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/access_format.h"
#include "proto/directive_value.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool directive_words_id(const char *text, uint32_t *ret_id)
{
	char *end = NULL;

	errno = 0;
	unsigned long number = strtoul(text, &end, 10);

	if (!is_digit(*text) || *end || errno || number >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)number;
	return true;
}

bool directive_words_code(const char *text, int *ret_code)
{
	char *end = NULL;
	long number = strtol(text, &end, 10);

	if (!is_digit(*text) || *end || number < DIRECTIVE_WORDS_CODE_MIN ||
		number > DIRECTIVE_WORDS_CODE_MAX)
		return false;
	*ret_code = (int)number;
	return true;
}

static bool is_error_class(const char *name)
{
	static const char *const names[] = {
#define ERROR_CLASS(id, name) name,
#include "proto/error_class.def"
#undef ERROR_CLASS
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static void complain_of_env(const char *name, char *out, size_t size)
{
	if (!directive_value_is_env_name(name))
		(void)snprintf(out, size, "no name of a variable, it is ignored");
	else if (directive_value_is_env_reserved(name))
		(void)snprintf(out, size, "PATH, HTTP_* and LSAPI_* are ignored%s",
			strcmp(name, "PATH") == 0 ? ", use lsapi_set_env_path" : "");
}

static void complain_of_code(const char *class, const char *code, char *out, size_t size)
{
	int number;

	if (!is_error_class(class))
		(void)snprintf(out, size, "no class of failures, see mod_lsapi(7); it is ignored");
	else if (!directive_words_code(code, &number))
		(void)snprintf(out, size,
			"not a number from %d to %d, the class keeps the status it had",
			DIRECTIVE_WORDS_CODE_MIN, DIRECTIVE_WORDS_CODE_MAX);
}

static void complain_of_root(const char *path, char *out, size_t size)
{
	if (path[0] != '/')
		(void)snprintf(out, size, "not an absolute path, it is ignored");
	else if (path[strspn(path, "/")] == '\0')
		(void)snprintf(out, size, "all of the host can not be allowed, it is ignored");
}

static void complain_of_format(const char *text, char *out, size_t size)
{
	struct access_format format;
	const char *why = access_format_parse(text, &format);

	if (why)
		(void)snprintf(out, size, "no format of a log: %s; it is ignored", why);
}

bool directive_words_complain(
	const struct directive *row, const char *const *word, size_t count, char *out, size_t size)
{
	enum directive_id id = (enum directive_id)(row - directive_table);

	out[0] = '\0';
	if (id == DIRECTIVE_ID_SET_ENV && count >= 1)
		complain_of_env(word[0], out, size);
	else if (id == DIRECTIVE_ID_ERROR_CODE && count >= 2)
		complain_of_code(word[0], word[1], out, size);
	else if (id == DIRECTIVE_ID_XSENDFILE_PATH && count >= 1)
		complain_of_root(word[0], out, size);
	else if (id == DIRECTIVE_ID_ACCESS_LOG && count >= 2)
		complain_of_format(word[1], out, size);
	return *out != '\0';
}
