#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * CRIU's own reason for a failure, out of what it wrote. Whether it has failed is never told by
 * that: it writes lines with "Error" in successful runs too.
 */

#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/criu/why.h"

/**
 * reason_find() - the line of a log that says most
 * @log: any bytes
 *
 * The first error, since the others follow from it; but not one of those that come with every run,
 * unless there is no other. Without time, process and source position.
 *
 * Return: 0; 1 if there is no error in it.
 */
int reason_find(const char *log, size_t size, struct why *ret_why) ATTR_MUST_USE;

/** reason_read() - the same of a file in a directory; the end of a very long one is not read */
int reason_read(int dir, const char *name, struct why *ret_why) ATTR_MUST_USE;
