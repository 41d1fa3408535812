#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Numbers that are none: not set ("" in a file), or without a limit ("unlimited"). */

#include <stdbool.h>

#include "daemon/config/config_table.h"

/** config_special_is() - is @text one of them, and does this key know it? */
bool config_special_is(const struct config_key *key, const char *text);

/** config_special_store() - @text is one; @member is of the type of the key */
void config_special_store(const struct config_key *key, const char *text, void *member);

/** config_special_read() - what @member holds. Return: as in a file; NULL: an ordinary value */
const char *config_special_read(const struct config_key *key, const void *member);
