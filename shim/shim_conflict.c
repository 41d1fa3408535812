/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What else is loaded that takes PHP away from lsapid, or httpd away from itself; told of when the
 * configuration is read, as at run time it only looks odd (behaviours.md B24).
 */

#include "shim/shim_conflict.h"

#include <string.h>

#include <http_core.h>

struct conflict {
	const char *module; /* source file */
	const char *effect;
	const char *remedy;
};

static const struct conflict conflicts[] = {
	{ "mod_ruid2.c",
		"it changes the user of httpd's processes, whom lsapid does not know then: PHP answers "
		"503 with 'connect to lsphp failed: 13'",
		"do not load it; RUidGid works without it" },
	{ "mpm_itk.c",
		"it changes the user of httpd's processes, whom lsapid does not know then: PHP answers "
		"503 with 'connect to lsphp failed: 13'",
		"do not load it, and prefer mpm_event; AssignUserID works without it" },
	{ "mod_suphp.c", "scripts that its handler gets run without lsapid",
		"do not load it; suPHP_UserGroup works without it" },
	{ "mod_php.c", "scripts that its handler gets run inside httpd, as the user of httpd",
		"do not load it (a2dismod php8.2)" },
	{ "mod_php7.c", "scripts that its handler gets run inside httpd, as the user of httpd",
		"do not load it (a2dismod php7.4)" },
	{ "mod_php5.c", "scripts that its handler gets run inside httpd, as the user of httpd",
		"do not load it (a2dismod php5)" },
};

static bool has_word(const char *text, const char *word)
{
	return text && ap_strcasestr(text, word) != NULL;
}

/* A FastCGI server as the handler of PHP's files: what php8.2-fpm.conf of Debian does. */
static bool is_fpm(const ap_directive_t *d)
{
	if (!has_word(d->args, "fcgi://"))
		return false;
	if (strcasecmp(d->directive, "SetHandler") == 0)
		return d->parent &&
		       (has_word(d->parent->args, ".ph") || has_word(d->parent->args, ".+\\.ph"));
	return strncasecmp(d->directive, "ProxyPass", 9) == 0 && has_word(d->args, ".ph");
}

static const ap_directive_t *find_fpm(const ap_directive_t *d, unsigned *count)
{
	const ap_directive_t *first = NULL;

	for (; d; d = d->next) {
		const ap_directive_t *below = find_fpm(d->first_child, count);
		const ap_directive_t *found = is_fpm(d) ? d : below;

		*count += found == d;
		first = first ? first : found;
	}
	return first;
}

static void tell_of_fpm(const server_rec *s)
{
	unsigned count = 0;
	const ap_directive_t *first = find_fpm(ap_conftree, &count);

	if (first)
		ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
			"lsapi: %s of %s:%d gives PHP scripts to a FastCGI server (PHP-FPM), and so do "
			"%u more: they run without lsapid; to change that, remove it (a2disconf "
			"php8.2-fpm)",
			first->directive, first->filename, first->line_num, count - 1);
}

int shim_conflict_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
	/* httpd reads its configuration twice at its start: once is enough */
	if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG &&
		ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
		return OK;
	for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++)
		if (ap_find_linked_module(conflicts[i].module))
			ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
				"lsapi: %.*s is loaded, too: %s; %s",
				(int)strlen(conflicts[i].module) - 2, conflicts[i].module,
				conflicts[i].effect, conflicts[i].remedy);
	if (ap_find_linked_module("mod_proxy_fcgi.c"))
		tell_of_fpm(s);
	return OK;
}
