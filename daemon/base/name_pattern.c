/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/name_pattern.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Only the last star ever has to give way: what came before it has the shortest match already. */
bool name_pattern_matches(const char *pattern, const char *name)
{
	const char *star = NULL;
	const char *retry = name;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			retry = name;
		} else if (*pattern == '?' || (*pattern && lower(*pattern) == lower(*name))) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++retry;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

bool name_pattern_is_one(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}
