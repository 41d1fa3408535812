#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* libconfuse's only door: the text of one lsapid.conf into the snapshot. */

#include "daemon/config/config.h"

/**
 * config_load() - read @text into @c, which config_new made
 * @file: name for messages
 * @text: NUL-terminated
 *
 * Return: 0; 1 and one problem; -errno. @c may be half filled then; config_free() it.
 */
int config_load(struct config *c, const char *file, const char *text,
	struct config_problem *ret_problem) ATTR_MUST_USE;
