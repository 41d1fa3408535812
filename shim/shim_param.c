/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_param.h"

#include <stdbool.h>
#include <string.h>

static const char blanks[] = " \t\r";
static const char name_marks[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* Return: bytes of the separator that stands here; 0: there is none. */
static size_t separator_size(const char *at)
{
	if (*at == ';' || *at == '\n')
		return 1;
	return at[0] == '\\' && at[1] == 'n' ? 2 : 0;
}

static const char *end_of_setting(const char *at)
{
	bool is_quoted = false;

	for (; *at && (is_quoted || !separator_size(at)); at++)
		if (*at == '"')
			is_quoted = !is_quoted;
	return at;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(blanks, *at))
		at++;
	return at;
}

static bool take_value(const char *at, const char *end, struct shim_param *ret_param)
{
	at = skip_blanks(at, end);
	while (end > at && strchr(blanks, end[-1]))
		end--;
	if (at < end && *at == '"') {
		const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));

		if (!quote || quote + 1 != end)
			return false;
		at++;
		end--;
	}
	ret_param->value = at;
	ret_param->value_size = (size_t)(end - at);
	return true;
}

static bool take_setting(const char *at, const char *end, struct shim_param *ret_param)
{
	size_t size = strspn(at, name_marks);
	const char *equals = skip_blanks(at + size, end);

	if (size == 0 || equals >= end || *equals != '=')
		return false;
	ret_param->name = at;
	ret_param->name_size = size;
	return take_value(equals + 1, end, ret_param);
}

enum shim_param_result shim_param_next(const char **at, struct shim_param *ret_param)
{
	const char *begin = *at;

	for (;;) {
		begin += strspn(begin, blanks);
		size_t size = separator_size(begin);

		if (size == 0)
			break;
		begin += size;
	}
	const char *end = end_of_setting(begin);

	*at = end;
	if (begin == end)
		return SHIM_PARAM_END;
	*ret_param = (struct shim_param){ .name = begin, .name_size = (size_t)(end - begin) };
	return take_setting(begin, end, ret_param) ? SHIM_PARAM_FOUND : SHIM_PARAM_BAD;
}
