/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/suggest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/directive.h"

#define ROOM (SUGGEST_MAX_NAME + 2)

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The vendor's manual itself has prgrp for pgrp, and leaves words out. */
static unsigned bound(const char *name)
{
	return 2 + (unsigned)strlen(name) / 6;
}

/* Optimal string alignment: three rows of the usual matrix. */
unsigned suggest_distance(const char *a, const char *b)
{
	unsigned rows[3][ROOM] = { { 0 } };
	size_t a_size = strlen(a);
	size_t b_size = strlen(b);

	/* a file of nothing but such names must not take long */
	if (a_size > SUGGEST_MAX_NAME || b_size > SUGGEST_MAX_NAME || a_size > b_size + bound(b) ||
		b_size > a_size + bound(a))
		return SUGGEST_FAR;
	for (size_t j = 0; j <= b_size; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_size; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3];
		const unsigned *two_above = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_size; j++) {
			bool is_same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !is_same);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
				lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a_size % 3][b_size];
}

#define BACKEND "lsapi_backend_"

/* lsapi_max_idle for lsapi_backend_max_idle: a word that is left out is one mistake. */
static unsigned distance_to(const char *name, const char *known)
{
	unsigned distance = suggest_distance(name, known);
	char longer[SUGGEST_MAX_NAME + 1];

	if (strncmp(known, BACKEND, strlen(BACKEND)) != 0 || strncasecmp(name, "lsapi_", 6) != 0 ||
		strncasecmp(name, BACKEND, strlen(BACKEND)) == 0 ||
		(size_t)snprintf(longer, sizeof(longer), BACKEND "%s", name + 6) >= sizeof(longer))
		return distance;
	return least(distance, suggest_distance(longer, known) + 1);
}

const char *suggest_directive(const char *name)
{
	const char *best = NULL;
	unsigned best_distance = SUGGEST_FAR;

	for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
		unsigned distance = distance_to(name, directive_table[i].name);

		if (distance < best_distance) {
			best = directive_table[i].name;
			best_distance = distance;
		}
	}
	return best && best_distance <= bound(name) ? best : NULL;
}
