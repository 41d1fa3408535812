#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A list of names, as the configuration has them. */

#include <stddef.h>

struct config_names {
	char **item; /* owned */
	size_t count;
};

/** config_names_add() - a copy. Return: 0; -ENOMEM */
int config_names_add(struct config_names *n, const char *name);
void config_names_clear(struct config_names *n);
