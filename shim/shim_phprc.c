/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_phprc.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "proto/pool_spec.h"

/** In a specification: the home directory of the pool's user, which lsapid knows. */
#define HOME "~"

static bool is_word(const request_rec *r, const char *word)
{
	const char *written = shim_config_of_server(r->server)->word[SHIM_WORD_PHPRC];

	return written && strcasecmp(written, word) == 0;
}

/* One path: a colon would make a list of it, and reach directories that it does not name. */
static bool is_path(const char *text)
{
	size_t size = strlen(text);

	if (text[0] != '/' || size > POOL_SPEC_MAX_VALUE - sizeof(":" HOME))
		return false;
	for (; *text; text++)
		if (*text == ':' || apr_iscntrl(*text))
			return false;
	return true;
}

/* Names what does not do; a path of somebody else's making is not printed at full length. */
static const char *refuse(request_rec *r, const char *what, const char *path)
{
	ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
		"lsapi: %s %.200s is no absolute path without a colon: PHP looks for php.ini where "
		"it always does (lsapi_phprc); uri(%s)",
		what, path, r->uri);
	return "";
}

const char *shim_phprc_of_request(
	request_rec *r, struct shim_process *p, const struct shim_pool_key *key)
{
	if (!is_word(r, "Env"))
		return "";
	const char *path = apr_table_get(r->subprocess_env, "PHPRC");

	if (!path || !*path)
		return "";
	if (!is_path(path))
		return refuse(r, "the variable PHPRC", path);
	struct shim_pool_key with = *key;

	with.phprc = path;
	/* a .htaccess may set it, too: it gets its own PHP, but not one after the other for ever */
	if (shim_pool_find(p, &with) || shim_pool_count_phprc(p, &with) < SHIM_PHPRC_MAX)
		return path;
	ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
		"lsapi: this site has used %u values of PHPRC, %.200s is not taken: restart httpd, or "
		"set fewer with SetEnv (lsapi_phprc); uri(%s)",
		SHIM_PHPRC_MAX, path, r->uri);
	return "";
}

const char *shim_phprc_of_pool(request_rec *r, const struct shim_pool_key *key)
{
	const char *written = shim_config_of_server(r->server)->word[SHIM_WORD_PHPRC];
	bool is_auto = is_word(r, "Auto");

	if (!written)
		return NULL;
	if (is_word(r, "No"))
		return "";
	if (is_word(r, "Env"))
		return key->phprc;
	if (!is_auto && !is_word(r, "DocRoot"))
		return written;
	if (!is_path(key->docroot))
		return is_auto ? HOME : refuse(r, "the document root", key->docroot);
	/* PHP takes the first php.ini of a list */
	return is_auto ? apr_pstrcat(r->pool, key->docroot, ":" HOME, NULL) : key->docroot;
}
