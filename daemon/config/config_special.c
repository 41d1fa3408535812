/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_special.h"

#include <stddef.h>
#include <string.h>

#include "proto/pool_spec.h"

static bool is_number(enum config_type type)
{
	return type == CONFIG_TYPE_UINT || type == CONFIG_TYPE_INT || type == CONFIG_TYPE_SIZE ||
	       type == CONFIG_TYPE_SECONDS || type == CONFIG_TYPE_MILLISECONDS;
}

bool config_special_is(const struct config_key *key, const char *text)
{
	if (!is_number(key->type))
		return false;
	return (key->can_be_empty && !*text) ||
	       (key->can_be_unlimited && strcmp(text, SPEC_UNLIMITED) == 0);
}

void config_special_store(const struct config_key *key, const char *text, void *member)
{
	if (key->type == CONFIG_TYPE_INT)
		*(int32_t *)member = CONFIG_UNSET_INT;
	else if (key->type == CONFIG_TYPE_SIZE)
		*(uint64_t *)member = *text ? CONFIG_UNLIMITED_64 : CONFIG_UNSET_64;
	else
		*(uint32_t *)member = *text ? CONFIG_UNLIMITED_32 : CONFIG_UNSET_32;
}

const char *config_special_read(const struct config_key *key, const void *member)
{
	bool is_unset, is_unlimited = false;

	if (!is_number(key->type) || !key->can_be_empty)
		return NULL;
	if (key->type == CONFIG_TYPE_INT) {
		is_unset = *(const int32_t *)member == CONFIG_UNSET_INT;
	} else if (key->type == CONFIG_TYPE_SIZE) {
		is_unset = *(const uint64_t *)member == CONFIG_UNSET_64;
		is_unlimited = *(const uint64_t *)member == CONFIG_UNLIMITED_64;
	} else {
		is_unset = *(const uint32_t *)member == CONFIG_UNSET_32;
		is_unlimited = *(const uint32_t *)member == CONFIG_UNLIMITED_32;
	}
	if (is_unset)
		return "";
	return is_unlimited ? SPEC_UNLIMITED : NULL;
}
