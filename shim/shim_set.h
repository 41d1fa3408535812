#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Setters of the directives that are more than one switch, number or word; as httpd calls them. */

#include "proto/directive.h"
#include "shim/shim.h"

/**
 * shim_set_is_htaccess() - is it a line of a .htaccess? Else an administrator has written it
 *
 * Source: php-src sapi/apache2handler/apache_config.c, real_value_hnd().
 */
bool shim_set_is_htaccess(const cmd_parms *cmd);

/**
 * shim_set_tell() - tell of a line of the configuration, with its file and number
 * @level: APLOG_WARNING: another value than the written one is used; APLOG_INFO: it has no effect
 *
 * At the start of httpd on its standard error; of .htaccess, in the log of the virtual host.
 */
void shim_set_tell(const cmd_parms *cmd, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * shim_set_is_good() - may the words of a directive be used? Else it is told, and the line ignored
 *
 * The rules are those of proto/directive_words.h.
 */
bool shim_set_is_good(
	const cmd_parms *cmd, enum directive_id id, const char *const *word, size_t count);

/* --- shim_set_identity.c --- */
const char *shim_set_uid_gid(cmd_parms *cmd, void *dir, const char *uid, const char *gid);
const char *shim_set_user_group(cmd_parms *cmd, void *dir, const char *user, const char *group);
const char *shim_set_user(cmd_parms *cmd, void *dir, const char *user, const char *group);
const char *shim_set_suexec(cmd_parms *cmd, void *dir, const char *user, const char *group);
const char *shim_set_suphp(cmd_parms *cmd, void *dir, const char *user, const char *group);
const char *shim_set_ruid(cmd_parms *cmd, void *dir, const char *user, const char *group);
const char *shim_set_itk(cmd_parms *cmd, void *dir, const char *user, const char *group);

/** shim_set_place() - " (file:line)" of a directive, for messages */
const char *shim_set_place(const cmd_parms *cmd);

/* --- shim_path.c --- */
const char *shim_set_path(cmd_parms *cmd, void *dir, const char *pattern);

/* --- shim_set_foreign.c --- */
const char *shim_set_foreign(cmd_parms *cmd, void *dir, const char *arguments);

/* --- shim_set_access.c --- */
const char *shim_set_access_log(cmd_parms *cmd, void *dir, const char *target, const char *format);

/* --- shim_set_failure.c --- */
const char *shim_set_error_code(cmd_parms *cmd, void *dir, const char *name, const char *code);

/* --- shim_set_sendfile.c --- */
const char *shim_set_xsendfile_path(cmd_parms *cmd, void *dir, const char *path);

/* --- shim_set_param.c --- */
const char *shim_set_param(cmd_parms *cmd, void *dir, const char *name, const char *value);

/* --- shim_set_env.c --- */
const char *shim_set_env(cmd_parms *cmd, void *dir, const char *name, const char *value);

/* --- shim_set_php.c --- */
const char *shim_set_php_value(cmd_parms *cmd, void *dir, const char *name, const char *value);
const char *shim_set_php_flag(cmd_parms *cmd, void *dir, const char *name, const char *value);
const char *shim_set_php_admin_value(
	cmd_parms *cmd, void *dir, const char *name, const char *value);
const char *shim_set_php_admin_flag(cmd_parms *cmd, void *dir, const char *name, const char *value);
