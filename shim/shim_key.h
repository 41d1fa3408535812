#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The file with the key that tells Apache from a CGI script of the same user. */

#include <stdint.h>

#include "proto/control.h"

/**
 * shim_key_read() - read exactly CONTROL_KEY_SIZE bytes
 *
 * A file that others may read or write is no secret: refused.
 *
 * Return: 0; negative errno (-EPERM: mode, -EINVAL: not a file of this size).
 */
int shim_key_read(const char *path, uint8_t ret_key[CONTROL_KEY_SIZE]);
