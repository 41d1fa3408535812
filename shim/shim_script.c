/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_script.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "shim/shim_failure.h"

static int refuse(request_rec *r, enum reason reason, const char *what)
{
	/* B07: the beginning is looked for */
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s: %s: %s; uri(%s)", what, reason_name(reason),
		reason_remedy(reason), r->uri);
	shim_record_refuse(r, reason);
	return shim_failure_status(r, shim_class_of_reason(reason), HTTP_SERVICE_UNAVAILABLE);
}

static int refuse_unseen(request_rec *r, const char *path)
{
	int error = errno;
	char text[128];

	return refuse(r, REASON_SCRIPT_UNSAFE,
		apr_psprintf(r->pool, "Script file (%s) can not be looked at: %d %s", path, error,
			apr_strerror(error, text, sizeof(text))));
}

static int check_owner(request_rec *r, const struct stat *st, uid_t uid)
{
	if (st->st_uid == uid)
		return OK;
	return refuse(r, REASON_SCRIPT_OWNER,
		apr_psprintf(r->pool, "Own id for script file (%s) is %u; should be %u",
			r->filename, st->st_uid, uid));
}

/*
 * The directories of a path, from the one of the file up to the root. Whoever may write to one can
 * put something else in its place; in a sticky one (/tmp) not what is somebody else's, but he can
 * add a file of his own, so that the file's own directory may not be like that.
 */
static int check_directories(request_rec *r, const char *path)
{
	char *directory = apr_pstrdup(r->pool, path);
	bool is_own = true;

	for (char *end = strrchr(directory, '/'); end; end = strrchr(directory, '/')) {
		struct stat st;

		end[end == directory] = '\0';
		if (stat(directory, &st) < 0)
			return refuse_unseen(r, directory);
		if ((st.st_mode & S_IWOTH) && (is_own || !(st.st_mode & S_ISVTX)))
			return refuse(r, REASON_SCRIPT_UNSAFE,
				apr_psprintf(r->pool,
					"Directory (%s) of script file (%s) is writable by others "
					"(mode %04o)",
					directory, path, st.st_mode & 07777));
		if (end == directory)
			break;
		is_own = false;
	}
	return OK;
}

static int check_modes(request_rec *r, const struct stat *st)
{
	char *real = NULL;
	int status;

	if (!S_ISREG(st->st_mode) || (st->st_mode & S_IWOTH))
		return refuse(r, REASON_SCRIPT_UNSAFE,
			apr_psprintf(r->pool, "Script file (%s) is %s (mode %04o)", r->filename,
				S_ISREG(st->st_mode) ? "writable by others" : "no regular file",
				st->st_mode & 07777));
	real = realpath(r->filename, NULL);
	if (!real)
		return refuse_unseen(r, r->filename);
	status = check_directories(r, real);
	/* by a link: who can write to where the link is decides what it leads to */
	if (status == OK && strcmp(real, r->filename) != 0)
		status = check_directories(r, r->filename);
	free(real);
	return status;
}

int shim_script_check(request_rec *r, uid_t uid)
{
	const struct shim_config *server = shim_config_of_server(r->server);
	bool has_owner_check = shim_config_get(server, SHIM_TARGET_PERM) != 0;
	bool has_mode_check = shim_config_get(server, SHIM_PARANOID) != 0;
	struct stat st;

	if (!has_owner_check && !has_mode_check)
		return OK;
	/* not httpd's own finfo: it may be of a subrequest that was turned into this request */
	if (stat(r->filename, &st) < 0)
		return refuse_unseen(r, r->filename);
	int status = has_owner_check ? check_owner(r, &st, uid) : OK;

	return status == OK && has_mode_check ? check_modes(r, &st) : status;
}
