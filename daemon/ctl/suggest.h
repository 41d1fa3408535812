#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The directive that somebody meant who has written another name. Pure. */

/**
 * suggest_directive() - the nearest name that mod_lsapi knows
 *
 * Return: static; NULL if none is near.
 */
const char *suggest_directive(const char *name);

/**
 * suggest_distance() - letters to insert, remove, change or swap
 *
 * Return: SUGGEST_FAR for names whose lengths alone tell that they are not near.
 */
unsigned suggest_distance(const char *a, const char *b);

/** Names further apart have nothing to do with each other; names longer than this are far, too. */
#define SUGGEST_FAR      99U
#define SUGGEST_MAX_NAME 63U
