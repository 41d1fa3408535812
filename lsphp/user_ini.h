#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * .user.ini files: per-directory settings that the owner of a site may write.
 *
 * Read for each directory from the document root down to the script's, before them perhaps for
 * the home directory, and kept for
 * user_ini.cache_ttl seconds.
 */

/**
 * user_ini_apply() - settings for a script in @dir
 * @dir:  the script's directory, absolute
 * @root: document root of the request, may be NULL
 * @home: a directory whose file is read before all others; NULL: none
 *
 * If @dir is not below @root, only @dir's own file counts.
 *
 * Source: php.net manual "user.ini files"; the reference lsphp for the DOCUMENT_ROOT rule;
 *         behaviours.md B54 for the home directory.
 */
void user_ini_apply(const char *dir, const char *root, const char *home);
