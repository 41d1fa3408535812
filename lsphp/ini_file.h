#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files with settings that a request names or that lie beside a script, read by the user's own
 * process and so with the user's own rights.
 */

#include <stdbool.h>

#include "lsphp/php_headers.h"

/**
 * ini_file_read() - add the settings of a file to a table; a missing file has none
 * @settings: persistent, with config_zval_dtor
 */
void ini_file_read(const char *dir, const char *name, HashTable *settings);

/**
 * ini_file_apply() - the settings of a file for this request
 * @path:       absolute
 * @is_trusted: the server's configuration names it: it may say all that php.ini may say of a
 *              running PHP; else what a .htaccess may
 *
 * The file is kept as long as it does not change; one that cannot be used is told of, once.
 *
 * Source: behaviours.md B53.
 */
void ini_file_apply(const char *path, bool is_trusted);
