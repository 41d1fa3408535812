#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * 64-bit FNV-1a: tells bytes apart that chance or a broken disk has changed. Nobody but root writes
 * what it is taken of, so it need not resist anybody.
 *
 * Source: Fowler, Noll, Vo; draft-eastlake-fnv.
 */

#include <stddef.h>
#include <stdint.h>

#define DIGEST_INIT      14695981039346656037ULL
#define DIGEST_TEXT_SIZE 17U

/** digest_add() - @digest: DIGEST_INIT, or of what came before */
static inline uint64_t digest_add(uint64_t digest, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		digest = (digest ^ bytes[i]) * 1099511628211ULL;
	return digest;
}
