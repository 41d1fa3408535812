#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Apache's part of setup: what is in the way, the module's files, and whether Apache likes it. */

#include <stdbool.h>

#include "daemon/base/attr.h"

struct host;

/** apache_is_loading() - does a file of its configuration load the module? */
bool apache_is_loading(const struct host *h);

/**
 * apache_clear() - what mod_lsapi cannot live with
 *
 * Without --force it is told, and refused; with it, it is switched off. Return: 0; -errno, told.
 */
int apache_clear(struct host *h) ATTR_MUST_USE;

/** apache_install() - load the module, and lsapi.conf. Return: 0; -errno, and it was told */
int apache_install(struct host *h) ATTR_MUST_USE;

/** apache_test() - is its configuration good? Return: 0; -errno, and its words were told */
int apache_test(struct host *h) ATTR_MUST_USE;

/** apache_reload() - if it runs. Return: 0; -errno, and it was told */
int apache_reload(struct host *h) ATTR_MUST_USE;
