#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* CPU time of a process of somebody else, as far as everybody may know it. */

#include <stdbool.h>
#include <stdint.h>

/**
 * shim_cpu_get() - nanoseconds that the first thread of @pid has run
 *
 * Return: false: no such process, it is not to be seen (hidepid), or the kernel does not count.
 */
bool shim_cpu_get(uint32_t pid, uint64_t *ret_ns);
