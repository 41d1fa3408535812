#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The full screen of lsapidctl top, and its keys. The door of ncurses. */

#include <stdint.h>

#include "daemon/ctl/top.h"

/** top_screen_run() - until q or ^C. Return: enum ctl_exit */
int top_screen_run(struct top *t, const struct ctl *ctl, uint64_t interval_ms);
