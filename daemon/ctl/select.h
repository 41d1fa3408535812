#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Which pools of an answer are shown, and in which order. On the answer's JSON alone. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"

/** The keys of --sort, as args.h has words. */
#define SELECT_KEYS                                                                                \
	"busy|cold|cpu|errors|handler|id|idle|limit|memory|name|queue|rejects|requests|restarts|"  \
	"since|state|thawed|user"

/** What a pool has to be; what is NULL or false says nothing. */
struct select {
	char *const *patterns; /* borrowed; names with * and ?, or numbers: one of them */
	int pattern_count;
	const char *vhost; /* borrowed; a pattern, too */
	bool has_user;
	long long uid;       /* of the user */
	const char *state;   /* borrowed */
	const char *handler; /* borrowed */
	bool is_busy;        /* a request runs or waits */
};

/** select_user() - the number of an account: its name, or the number itself. Return: is there one
 */
bool select_user(const char *name, long long *ret_uid) ATTR_MUST_USE;

/** select_is_any() - is everything shown? */
bool select_is_any(const struct select *s);

/** select_has() - is this pool meant? */
bool select_has(const struct select *s, const json_t *pool);

/** select_pools() - take the others out of the answer. Return: how many are left */
size_t select_pools(const struct select *s, json_t *answer);

/**
 * select_sort() - the pools of an answer by one of SELECT_KEYS
 *
 * Figures begin with the largest, names with the first of the alphabet; @is_reverse is the other
 * way round. What is equal stays by name.
 */
void select_sort(json_t *answer, const char *key, bool is_reverse);

/** As of qsort_r(3), with elements of type json_t *. */
typedef int (*select_compare_fn)(const void *a, const void *b, void *data);

/** select_sorted() - Return: a new array with what is in @array; as it is without memory */
json_t *select_sorted(const json_t *array, select_compare_fn order, void *data);

/** select_next_key() - the word of SELECT_KEYS @step words after @key, in a circle. Return: static
 */
const char *select_next_key(const char *key, int step);
