/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Directives that say whose PHP runs, our own and those of other modules.
 *
 * An account that was deleted keeps no httpd from starting: its sites answer 503, and never run as
 * anybody else. Names are looked up when the configuration is read, as in mod_suexec.
 */

#include "shim/shim_set.h"

#include <errno.h>
#include <stdlib.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_user.h>

#define NO_GROUP ((gid_t)-1)

/* Return: true and a number below the one that means "no change" to setresuid(2) */
static bool parse_number(const char *text, uint32_t *ret_number)
{
	char *end = NULL;

	errno = 0;
	unsigned long number = strtoul(text, &end, 10);

	if (!apr_isdigit(*text) || *end || errno || number >= UINT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* A name, or "#" and a number as httpd's User has it; @ret_gid is the group of the account. */
static bool find_user(apr_pool_t *p, const char *user, uid_t *ret_uid, gid_t *ret_gid)
{
	char *name = NULL;
	uint32_t number = 0;

	if (user[0] != '#')
		return apr_uid_get(ret_uid, ret_gid, user, p) == APR_SUCCESS;
	if (!parse_number(user + 1, &number))
		return false;
	*ret_uid = number;
	/* a number without an account: lsapid will refuse it */
	if (apr_uid_name_get(&name, number, p) != APR_SUCCESS ||
		apr_uid_get(ret_uid, ret_gid, name, p) != APR_SUCCESS)
		*ret_gid = NO_GROUP;
	return true;
}

static bool find_group(apr_pool_t *p, const char *group, gid_t *ret_gid)
{
	uint32_t number = 0;

	if (group[0] != '#')
		return apr_gid_get(ret_gid, group, p) == APR_SUCCESS;
	if (!parse_number(group + 1, &number))
		return false;
	*ret_gid = number;
	return true;
}

const char *shim_set_place(const cmd_parms *cmd)
{
	if (!cmd->directive || !cmd->directive->filename)
		return "";
	return apr_psprintf(
		cmd->pool, " (%s:%d)", cmd->directive->filename, cmd->directive->line_num);
}

static const char *keep(
	cmd_parms *cmd, void *dir_config, enum shim_source source, struct shim_owner owner)
{
	struct shim_config *config = dir_config;

	if (owner.fault)
		ap_log_perror(APLOG_MARK, APLOG_WARNING, 0, cmd->pool,
			"lsapi: %s: %s: %s; PHP answers 503 there until httpd is reloaded after "
			"that: %s",
			owner.text, reason_name(owner.fault), reason_text(owner.fault),
			reason_remedy(owner.fault));
	config->owner[source] = owner;
	return NULL;
}

static const char *set_owner(cmd_parms *cmd, void *dir_config, enum shim_source source,
	const char *user, const char *group)
{
	/* AllowOverrideList may allow any directive there, but not whose PHP runs */
	const char *error = ap_check_cmd_context(cmd, NOT_IN_HTACCESS);
	struct shim_owner owner = {
		.text = apr_pstrcat(cmd->pool, cmd->cmd->name, " ", user, group ? " " : "",
			group ? group : "", shim_set_place(cmd), NULL),
	};

	if (error)
		return error;
	if (!find_user(cmd->temp_pool, user, &owner.uid, &owner.gid))
		owner.fault = REASON_USER_UNKNOWN;
	else if (group ? !find_group(cmd->temp_pool, group, &owner.gid) : owner.gid == NO_GROUP)
		owner.fault = REASON_GROUP_UNKNOWN;
	return keep(cmd, dir_config, source, owner);
}

const char *shim_set_uid_gid(cmd_parms *cmd, void *dir_config, const char *uid, const char *gid)
{
	const char *error = ap_check_cmd_context(cmd, NOT_IN_HTACCESS);
	struct shim_owner owner = {
		.text = apr_pstrcat(
			cmd->pool, cmd->cmd->name, " ", uid, " ", gid, shim_set_place(cmd), NULL),
	};

	if (error)
		return error;
	if (!parse_number(uid, &owner.uid))
		owner.fault = REASON_USER_UNKNOWN;
	else if (!parse_number(gid, &owner.gid))
		owner.fault = REASON_GROUP_UNKNOWN;
	return keep(cmd, dir_config, SHIM_SOURCE_LSAPI, owner);
}

const char *shim_set_user_group(cmd_parms *cmd, void *dir, const char *user, const char *group)
{
	return set_owner(cmd, dir, SHIM_SOURCE_LSAPI, user, group);
}

const char *shim_set_user(cmd_parms *cmd, void *dir, const char *user, const char *group)
{
	return set_owner(cmd, dir, SHIM_SOURCE_LSAPI, user, group);
}

const char *shim_set_suexec(cmd_parms *cmd, void *dir, const char *user, const char *group)
{
	return set_owner(cmd, dir, SHIM_SOURCE_SUEXEC, user, group);
}

const char *shim_set_suphp(cmd_parms *cmd, void *dir, const char *user, const char *group)
{
	return set_owner(cmd, dir, SHIM_SOURCE_SUPHP, user, group);
}

const char *shim_set_ruid(cmd_parms *cmd, void *dir, const char *user, const char *group)
{
	return set_owner(cmd, dir, SHIM_SOURCE_RUID, user, group);
}

const char *shim_set_itk(cmd_parms *cmd, void *dir, const char *user, const char *group)
{
	return set_owner(cmd, dir, SHIM_SOURCE_ITK, user, group);
}
