#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Everything that a start gives to an lsphp, as text: an image of it is good for a later start only
 * if that would give the same. See JOB_FD_FACTS in daemon/criu/job.h.
 */

#include "daemon/base/attr.h"
#include "daemon/supervisor/launch.h"

/**
 * facts_memfd() - of a launch that is ready
 *
 * Return: sealed memfd, the caller's; -errno.
 */
int facts_memfd(const struct launch *l) ATTR_MUST_USE;
