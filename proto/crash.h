#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an lsphp parent writes to its stderr when a child of it was killed by a signal, and what
 * such a signal usually means. Our lsphp and that of php-src use the same words, which
 * administrators search their logs for (behaviours.md B10, B61); newer ones of php-src say
 * "core dumped: yes" where others have "core dump: 1". Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crash {
	uint32_t pid;
	uint32_t signal; /* 1..64 */
	bool has_core;
};

/** crash_read() - from one line, wherever in it the words stand. Return: false: none of that kind
 */
bool crash_read(const char *line, size_t size, struct crash *ret);

/** crash_pack() - signal and core in one number, for the slot of a lease table; and back */
uint32_t crash_pack(const struct crash *c);
void crash_unpack(uint32_t packed, struct crash *ret); /* not the pid */

/** crash_hint() - the usual cause and the remedy, in words; static */
const char *crash_hint(uint32_t signal_number);
