#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* How many domains each PHP of a panel serves by mod_lsapi. */

#include <stdbool.h>
#include <stddef.h>

#define DOMAINS_MAX_PHP  64
#define DOMAINS_PHP_SIZE 40

struct domains {
	struct {
		char php[DOMAINS_PHP_SIZE]; /* "ea-php74": as the panel calls it */
		unsigned count;
	} item[DOMAINS_MAX_PHP];
	size_t count;
};

/** domains_add() - @more domains of @php; 0 makes it known. What is beyond the room is left out. */
void domains_add(struct domains *d, const char *php, unsigned more);

/**
 * domains_is_name() - could it be a domain's name, and nothing else in a path or a configuration?
 */
bool domains_is_name(const char *name);
