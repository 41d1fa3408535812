#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Something printed again and again until ^C. A terminal shows it from its first line, cut to its
 * height; elsewhere an empty line stands between two of them.
 */

#include <stdint.h>

#include "daemon/ctl/cmd.h"

/** Prints it once. Return: enum ctl_exit */
typedef int (*watch_draw_fn)(const struct ctl *ctl, void *data);

/** watch_parse() - seconds, or with a unit, from 100ms to a day; "": two seconds. Return: true,
 * false and it is said why */
bool watch_parse(const char *text, uint64_t *ret_ms);

/**
 * watch_repeat() - as text, whatever stdout is
 * @times: so often, with an empty line between two of them; 0: until a signal, as watch_run()
 *
 * Return: enum ctl_exit
 */
int watch_repeat(const struct ctl *ctl, uint64_t interval_ms, uint64_t times, watch_draw_fn draw,
	void *data);

/**
 * watch_run() - until SIGINT or SIGTERM, or until the first time fails
 *
 * Later on, a daemon that is gone is waited for: it is told, and tried again.
 *
 * Return: enum ctl_exit
 */
int watch_run(const struct ctl *ctl, uint64_t interval_ms, watch_draw_fn draw, void *data);
