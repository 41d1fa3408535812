#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Answers to orders, for people. */

#include <jansson.h>

#include "daemon/ctl/cmd.h"
#include "proto/control.h"

/** print_steer_word() - the command that gives this order */
const char *print_steer_word(enum control_steer_action action);

/** print_steer() - what was done to each pool. Return: enum ctl_exit */
int print_steer(const struct ctl *ctl, const json_t *answer);

/** print_steer_progress() - on stderr: whom is waited for */
void print_steer_progress(const struct ctl *ctl, const char *json);
