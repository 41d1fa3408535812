#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Does CRIU work on this host, and if not, why, and what can be done? */

#include <stdbool.h>

#include "daemon/criu/why.h"

/**
 * check_run() - ask criu itself
 * @program: absolute
 *
 * Return: true and its version in @ret_text; or false and a reason with a remedy.
 */
bool check_run(const char *program, struct why *ret_text);

/**
 * check_is_too_old() - is that criu known not to run on that kernel?
 * @version: "3.17.1"
 * @release: "6.18.44-1"
 *
 * From Linux 6.13 on [vvar] is split, which criu before 4.1 takes for damage: it refuses to run.
 */
bool check_is_too_old(const char *version, const char *release);
