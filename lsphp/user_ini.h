#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * .user.ini files: per-directory settings that the owner of a site may write.
 *
 * Read for each directory from the document root down to the script's, kept for
 * user_ini.cache_ttl seconds.
 */

/**
 * user_ini_apply() - settings for a script in @dir
 * @dir:  the script's directory, absolute
 * @root: document root of the request, may be NULL
 *
 * If @dir is not below @root, only @dir's own file counts.
 *
 * Source: php.net manual "user.ini files"; the reference lsphp for the DOCUMENT_ROOT rule.
 */
void user_ini_apply(const char *dir, const char *root);
