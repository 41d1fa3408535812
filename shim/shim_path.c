/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who may make a directory with the name of an account must not be able to run anything as that
 * account: so the directory has to be the account's, and reached by root's directories only. Links
 * below it are the account's own: what they lead to runs with the rights of the account.
 */

#include "shim/shim_path.h"

#include <errno.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_user.h>

#include "shim/shim_account.h"
#include "shim/shim_set.h"

static const char *escape(apr_pool_t *p, const char *text, size_t size)
{
	char *out = apr_palloc(p, 2 * size + 1);
	char *at = out;

	for (size_t i = 0; i < size; i++) {
		if (strchr("\\^$.[]|()?*+{}", text[i]))
			*at++ = '\\';
		*at++ = text[i];
	}
	*at = '\0';
	return out;
}

/* "/home/%u/": all but %u is meant as it stands; the last component is a whole one, too. */
static const char *regex_of_template(apr_pool_t *p, const char *text, const char *mark)
{
	const char *rest = mark + 2;
	size_t size = strlen(rest);
	bool is_open = size == 0 || rest[size - 1] != '/';

	return apr_pstrcat(p, "^", escape(p, text, (size_t)(mark - text)), "([^/]+)",
		escape(p, rest, size), is_open ? "(?=/|$)" : "", NULL);
}

static const char *regex_of(apr_pool_t *p, const char *text)
{
	const char *mark = strstr(text, "%u");

	if (text[0] == '/' && mark && !strstr(mark + 1, "%u"))
		return regex_of_template(p, text, mark);
	if (!mark && strchr(text, '(') && (text[0] == '/' || strncmp(text, "^/", 2) == 0))
		return text[0] == '^' ? text : apr_pstrcat(p, "^", text, NULL);
	return NULL;
}

const char *shim_set_path(cmd_parms *cmd, void *dir_config, const char *pattern)
{
	struct shim_path *path = apr_pcalloc(cmd->pool, sizeof(*path));
	const char *regex = regex_of(cmd->pool, pattern);

	path->text = apr_pstrcat(cmd->pool, "LSAPIPath ", pattern, shim_set_place(cmd), NULL);
	path->regex = regex ? ap_pregcomp(cmd->pool, regex, AP_REG_EXTENDED) : NULL;
	if (!path->regex)
		ap_log_perror(APLOG_MARK, APLOG_WARNING, 0, cmd->pool,
			"lsapi: %s: neither an absolute path with %%u in it once, nor a regular "
			"expression of one with a group; PHP answers 503 there",
			path->text);
	shim_config_of_server(cmd->server)->path = path;
	return NULL;
}

static int refuse(request_rec *r, const struct shim_path *path, enum reason reason,
	const char *name, const char *detail)
{
	return shim_identity_refuse(
		r, reason, apr_psprintf(r->pool, "%s: account %s: %s", path->text, name, detail));
}

static int refuse_directory(request_rec *r, const struct shim_path *path, const char *name,
	const struct shim_account_fault *f)
{
	char text[128];

	if (f->error)
		return refuse(r, path, REASON_PATH_OWNER, name,
			apr_psprintf(r->pool, "%s %s: %d %s", f->at, f->text, f->error,
				apr_strerror(f->error, text, sizeof(text))));
	return refuse(r, path, REASON_PATH_OWNER, name,
		apr_psprintf(
			r->pool, "%s %s (uid %u, mode %04o)", f->at, f->text, f->owner, f->mode));
}

/* httpd has taken these out of what a client sends; here it decides who runs PHP. */
static bool has_dots(const char *path)
{
	return strstr(path, "/../") || strstr(path, "/./") || strstr(path, "//");
}

static int look_up(request_rec *r, const struct shim_path *path, const char *name, size_t size,
	struct shim_account *ret)
{
	struct shim_account_fault fault;

	if (has_dots(r->filename) || strcmp(name, "..") == 0 || strcmp(name, ".") == 0)
		return refuse(r, path, REASON_PATH_OWNER, name, "the path has dots in it");
	if (apr_uid_get(&ret->uid, &ret->gid, name, r->pool) != APR_SUCCESS)
		return refuse(r, path, REASON_USER_UNKNOWN, name, "is not there");
	if (!shim_account_check(r->filename, size, ret->uid, &fault))
		return refuse_directory(r, path, name, &fault);
	return OK;
}

int shim_path_find(struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct shim_path *path = shim_config_of_server(r->server)->path;
	ap_regmatch_t match[2];
	struct shim_account account = { .until_ns = 0 };
	int status = OK;

	if (!path)
		return DECLINED;
	if (!path->regex)
		return shim_identity_refuse(r, REASON_NO_IDENTITY, path->text);
	if (ap_regexec(path->regex, r->filename, 2, match, 0) != 0 || match[1].rm_so < 1 ||
		match[1].rm_eo <= match[1].rm_so)
		return DECLINED;
	/* the directory that the name is in, or is a part of the name of */
	size_t size = (size_t)match[1].rm_eo;
	uint64_t now_ns = shim_clock_ns();

	size += strcspn(r->filename + size, "/");
	if (!shim_accounts_find(p->accounts, r->filename, size, now_ns, &account)) {
		const char *name = apr_pstrmemdup(r->pool, r->filename + match[1].rm_so,
			(apr_size_t)(match[1].rm_eo - match[1].rm_so));

		status = look_up(r, path, name, size, &account);
		if (status == OK)
			shim_accounts_keep(p->accounts, r->filename, size, now_ns, &account);
	}
	*ret_uid = account.uid;
	*ret_gid = account.gid;
	return status;
}
