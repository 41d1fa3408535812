/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer_target.h"

#include <strings.h>

#include "daemon/base/name_pattern.h"

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
		return name_pattern_matches(t->text, name);
	case STEER_TARGET_USER:
		return uid == t->uid;
	}
	return false;
}
