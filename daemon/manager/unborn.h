#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A pool whose lsphp cannot fork: it takes a new connection and closes it without a byte, as its
 * user has no process left. Such connections are counted, and when they follow each other no
 * further child is asked for during a while: those who want one are told why instead of trying.
 *
 * One alone proves nothing: a child may have been ended just when it took the connection. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

/**
 * So long after a parent has ended its children may still take a connection of the next one, and
 * leave without a word: that tells nothing about the one that runs.
 */
#define UNBORN_FORMER_NS 2000000000ULL

struct unborn {
	uint32_t count;    /* in a row */
	uint64_t last_ns;  /* of the last one */
	uint64_t until_ns; /* no child is asked for before */
};

/** unborn_note() - one more. Return: true if from now on no child is asked for */
bool unborn_note(struct unborn *u, uint64_t now_ns);

/** unborn_is_stuck() - would it be in vain to ask for another child? */
bool unborn_is_stuck(const struct unborn *u, uint64_t now_ns);
