#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* lsphp for a PHP that was built from source, as EasyApache 3 does, out of the same source. */

struct host;

/**
 * build_lsphp() - build it with the options of the panel's PHP, and install it
 * @source: directory of PHP's source; NULL: where EasyApache leaves it
 *
 * Return: enum ctl_exit; what failed was told.
 */
int build_lsphp(struct host *h, const char *source);
