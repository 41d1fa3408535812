#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The memory that the start of PHP is going to use. */

/**
 * prefault_heap() - take from the kernel in one call what would else be a page fault per page
 *
 * Once, before PHP is started: what it allocates then comes from there. On a virtual machine a page
 * fault may cost as much as the work on the page. Nothing is changed without memory, and with a
 * kernel older than Linux 5.14 (madvise(2), MADV_POPULATE_WRITE).
 */
void prefault_heap(void);
