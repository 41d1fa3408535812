#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How long the starts of a pool take: from SPAWN to the end of the first answer, as whoever asked
 * for it has noted it in the lease table. Pure.
 *
 * The script's own time is in it, and no two requests are alike: so one that takes long counts as
 * no more than the double of what is usual.
 */

#include <stdint.h>

/** Starts of one kind. */
struct pace {
	uint64_t last_ns;
	uint64_t mean_ns; /* smoothed */
	uint32_t count;   /* 0: none was measured */
};

/** pace_note() - one more */
void pace_note(struct pace *p, uint64_t ns);
