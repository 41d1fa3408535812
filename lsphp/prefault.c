/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/prefault.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/** 2 MiB: so much has PHP 8.2 in malloc()'s heap when it has started with Debian's extensions. */
#define BLOCKS 16
/** Less than what malloc() asks the kernel for by itself: M_MMAP_THRESHOLD of mallopt(3). */
#define BLOCK_BYTES 126976

/**
 * Lies behind the blocks, and stays: what is free at the end of a heap goes back to the kernel.
 * Nobody reads it again: volatile, or the compiler forgets it, and it would be a leak.
 */
static char *volatile fence;

/** populate() - the pages from @start to @end, if malloc() has put the blocks side by side */
static void populate(char *start, const char *end)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	start -= (uintptr_t)start % page;
	end -= (uintptr_t)end % page;
	if (end > start && (size_t)(end - start) <= BLOCKS * (BLOCK_BYTES + page))
		(void)madvise(start, (size_t)(end - start), MADV_POPULATE_WRITE);
}

void prefault_heap(void)
{
	char *block[BLOCKS];
	int count = 0;

	while (count < BLOCKS && (block[count] = malloc(BLOCK_BYTES)))
		count++;
	fence = malloc(1);
	if (fence && count == BLOCKS)
		populate(block[0], fence);
	while (count > 0)
		free(block[--count]);
}
