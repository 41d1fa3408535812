#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pids of a thawed lsphp's children. It has a pid namespace of its own, and what its children tell
 * of themselves is of that; the kernel tells both numbers in /proc/PID/status.
 */

#include <stdbool.h>
#include <stdint.h>

/**
 * nspid_parse() - the pid of a process in its innermost namespace, from its status. Pure.
 *
 * Return: 0: the text does not tell
 */
uint32_t nspid_parse(const char *status);

/**
 * nspid_find() - the child of @parent, a pid of this host, that calls itself @told
 *
 * Return: its pid on this host; 0: there is none, or /proc does not show it
 */
uint32_t nspid_find(int32_t parent, uint32_t told);
