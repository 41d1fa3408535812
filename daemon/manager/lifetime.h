#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How long a pool's lsphp parent lives before another takes its place (max_lifetime). Pure.
 *
 * Thousands of pools may be started in one minute, after a boot or a reload: each start has a life
 * of its own length, up to a tenth longer or shorter, so that they do not all end in one minute.
 */

#include <stdint.h>

/**
 * lifetime_ns() - of one start
 * @limit_ns: max_lifetime; 0: for ever
 * @spawn_id: the start; the same one always gets the same
 *
 * Return: within 90 and 110 % of @limit_ns; UINT64_MAX: for ever
 */
uint64_t lifetime_ns(uint64_t limit_ns, uint64_t spawn_id);
