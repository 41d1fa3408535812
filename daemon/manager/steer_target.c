/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer_target.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Only the last star ever has to give way: what came before it has the shortest match already. */
bool steer_target_match_pattern(const char *pattern, const char *name)
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

bool steer_target_is_pattern(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

bool steer_target_matches(
	const struct steer_target *t, uint32_t number, const char *name, uid_t uid)
{
	switch (t->kind) {
	case STEER_TARGET_ALL:
		return true;
	case STEER_TARGET_NUMBER:
		return number == t->number;
	case STEER_TARGET_NAME:
		return strcasecmp(name, t->text) == 0;
	case STEER_TARGET_PATTERN:
		return steer_target_match_pattern(t->text, name);
	case STEER_TARGET_USER:
		return uid == t->uid;
	}
	return false;
}
