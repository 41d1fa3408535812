#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Files of a configuration of httpd: read whole, and found as Include finds them. */

#include <stddef.h>

#include "daemon/base/attr.h"

/**
 * conf_file_read() - a regular file, or standard input if @path is -
 * @ret_data: malloc'ed, with a NUL behind it
 *
 * Return: 0; -EINVAL: no regular file; -EFBIG: above CONF_LINE_MAX_FILE; -errno
 */
int conf_file_read(const char *path, char **ret_data, size_t *ret_size) ATTR_MUST_USE;

/** Told of each file that a pattern names. */
typedef void (*conf_file_fn)(const char *path, void *data);

/**
 * conf_file_match() - all files that Include @pattern names, in httpd's order
 * @server_root: where relative names are; "": the present directory
 *
 * Return: 0; -ENOENT: there is none
 */
int conf_file_match(const char *server_root, const char *pattern, conf_file_fn tell, void *data);
