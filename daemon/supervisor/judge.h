#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Would a start be refused now? Everything that is looked at before fork, and nothing is forked. */

#include <stdint.h>

#include "proto/fdpass.h"

struct supervisor;

/**
 * judge_request() - a JUDGE has come: answer it
 * @fds: the specification; not consumed
 *
 * Return: 0; 1 if this is not what a manager sends.
 */
int judge_request(struct supervisor *s, uint64_t id, const struct fdpass_set *fds);
