#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Pure: how long to wait before the manager is started again. */

#include <stdint.h>

struct restart {
	unsigned failures; /* deaths in a row, each after a short life */
};

/**
 * restart_after() - count a death, and say how long to wait
 * @lived_ms: how long the process had lived
 *
 * The first time at once: one crash shall not be felt. Then growing, at most ten seconds. A life
 * of a minute wipes the slate.
 *
 * Return: milliseconds.
 */
uint64_t restart_after(struct restart *b, uint64_t lived_ms);
