/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/ctl/check/check.h"

#define LSAPI_MODULE "lsapi_module"

void check_apache_config(struct check *c)
{
	const struct apache_fact *f = NULL;

	if (!c->apache) {
		check_add(c, CHECK_NOTE, NULL, "%s",
			c->apache_why ? c->apache_why : "no configuration of Apache was found");
		check_remedy(c, "--apache-conf FILE, if it is at an unusual place");
		return;
	}
	while ((f = apache_facts_find(c->apache, APACHE_UNREADABLE, f))) {
		check_add(c, CHECK_NOTE, f->name, "not read: %s", f->value);
		check_remedy(c, "run lsapidctl check as root");
	}
	if (c->of_row == 0)
		check_add(c, CHECK_OK, c->apache->path, "%zu files were read",
			c->apache->import->file_count);
}

/* B79 */
void check_apache_module(struct check *c)
{
	const struct apache_fact *m = apache_facts_module(c->apache, LSAPI_MODULE);
	char path[4096];

	if (!m) {
		check_add(c, CHECK_PROBLEM, c->apache->path,
			"no LoadModule for " LSAPI_MODULE ": no request comes to lsapid");
		check_remedy(c, "a2enmod lsapi, or LoadModule " LSAPI_MODULE " mod_lsapi.so; then "
				"restart Apache");
		return;
	}
	if (m->value[0] == '/')
		(void)snprintf(path, sizeof(path), "%s", m->value);
	else
		(void)snprintf(
			path, sizeof(path), "%s/%s", c->apache->import->server_root, m->value);
	if (access(path, F_OK) == 0)
		return;
	check_add(c, CHECK_PROBLEM, m->where, "%s: %s", path, strerrordesc_np(errno));
	check_remedy(c, "install mod_lsapi.so there, or correct the path");
}

/* B24. Source: shim/shim_conflict.c says the same when Apache starts. */
void check_apache_conflict(struct check *c)
{
	static const struct {
		const char *module;
		bool is_prefix;
		enum check_severity severity;
		const char *what;
		const char *remedy;
	} rows[] = {
		{ "ruid2_module", false, CHECK_PROBLEM,
			"changes the user of Apache's processes, whom lsapid does not know then: "
			"PHP answers 503 with 'connect to lsphp failed: 13'",
			"do not load it (a2dismod ruid2); RUidGid works without it" },
		{ "mpm_itk_module", false, CHECK_PROBLEM,
			"changes the user of Apache's processes, whom lsapid does not know then: "
			"PHP answers 503 with 'connect to lsphp failed: 13'",
			"do not load it (a2dismod mpm_itk), and prefer mpm_event; AssignUserID "
			"works without it" },
		{ "suphp_module", false, CHECK_WARNING,
			"scripts that its handler gets run without lsapid",
			"do not load it; suPHP_UserGroup works without it" },
		{ "php", true, CHECK_WARNING,
			"scripts that its handler gets run inside Apache, as Apache's user",
			"do not load it (a2dismod php8.2)" },
	};
	const struct apache_fact *m = NULL;

	while ((m = apache_facts_find(c->apache, APACHE_MODULE, m)))
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if (rows[i].is_prefix ? strncmp(m->name, rows[i].module,
							strlen(rows[i].module)) != 0
					      : strcmp(m->name, rows[i].module) != 0)
				continue;
			check_add(c, rows[i].severity, m->where, "%s is loaded, too: it %s",
				m->name, rows[i].what);
			check_remedy(c, "%s", rows[i].remedy);
		}
}

/* B24: PHP-FPM as a handler has to be off. */
void check_apache_handler(struct check *c)
{
	const struct apache_fact *f = NULL;

	while ((f = apache_facts_find(c->apache, APACHE_OTHER_PHP, f))) {
		check_add(c, CHECK_WARNING, f->where,
			"%s gives PHP's files to %s: they run without lsapid", f->name, f->value);
		check_remedy(c, "remove the line (a2disconf php8.2-fpm), or write "
				"application/x-httpd-lsphp in its place");
	}
}

/* B02 */
void check_apache_known(struct check *c)
{
	const struct apache_fact *f = NULL;

	while ((f = apache_facts_find(c->apache, APACHE_HANDLER, f))) {
		if (config_find_handler(c->config, f->name))
			continue;
		check_add(c, CHECK_PROBLEM, f->where, "lsapid.conf does not know the handler %s",
			f->name);
		check_remedy(c,
			"handler \"%s\" { binary = \"/path/to/lsphp\" } in %s, then "
			"lsapidctl reload",
			f->name, c->config_path);
	}
}

void check_apache_engine(struct check *c)
{
	if (!apache_facts_module(c->apache, LSAPI_MODULE) ||
		apache_facts_find(c->apache, APACHE_ENGINE, NULL))
		return;
	check_add(c, CHECK_WARNING, c->apache->path,
		"lsapi_engine On is nowhere: it is Off by default, and no PHP is started");
	check_remedy(c, "lsapi_engine On in lsapi.conf, or in the virtual hosts that have PHP");
}

/* B28 */
void check_apache_owner(struct check *c)
{
	const struct apache_fact *f = NULL;

	if (apache_facts_find(c->apache, APACHE_OWNER, NULL))
		return;
	while ((f = apache_facts_find(c->apache, APACHE_VHOST, f))) {
		check_add(c, CHECK_WARNING, f->where,
			"nothing says whose PHP runs in the virtual host %s: it runs as Apache's "
			"user",
			*f->name ? f->name : "(without ServerName)");
		check_remedy(c, "SuExecUserGroup or lsapi_user_group in it, if it has PHP");
	}
}

static bool is_known_user(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->shim_users.count; i++)
		if (strcmp(c->shim_users.item[i], name) == 0)
			return true;
	return strcmp(c->apache_user, name) == 0;
}

/* B27 */
void check_apache_user(struct check *c)
{
	const struct apache_fact *f = NULL;

	while ((f = apache_facts_find(c->apache, APACHE_USER, f))) {
		if (is_known_user(c->config, f->name))
			continue;
		check_add(c, CHECK_PROBLEM, f->where,
			"Apache runs as %s, and lsapid takes requests of %s only", f->name,
			c->config->apache_user);
		check_remedy(c,
			"apache_user = \"%s\" in %s; or, beside another Apache, shim_users; "
			"then systemctl restart lsapid",
			f->name, c->config_path);
	}
	f = NULL;
	while ((f = apache_facts_find(c->apache, APACHE_GROUP, f))) {
		if (strcmp(f->name, c->config->apache_group) == 0)
			continue;
		check_add(c, CHECK_WARNING, f->where,
			"Apache's group is %s, that of the control socket is %s", f->name,
			c->config->apache_group);
		check_remedy(c, "apache_group = \"%s\" in %s, then systemctl restart lsapid",
			f->name, c->config_path);
	}
}

static void check_same(struct check *c, enum apache_fact_kind kind, const char *directive,
	const char *default_value, const char *key, const char *value)
{
	const struct apache_fact *f = apache_facts_find(c->apache, kind, NULL);

	/* who says nothing has the default */
	if (!f && strcmp(value, default_value) == 0)
		return;
	if (!f) {
		check_add(c, CHECK_PROBLEM, c->apache->path, "%s is not set, and %s is %s",
			directive, key, value);
		check_remedy(c, "%s %s in lsapi.conf", directive, value);
	}
	for (; f; f = apache_facts_find(c->apache, kind, f)) {
		if (strcmp(f->name, value) == 0)
			continue;
		check_add(c, CHECK_PROBLEM, f->where, "%s is %s, and %s is %s", directive, f->name,
			key, value);
		check_remedy(c, "the same path in both");
	}
}

void check_apache_socket(struct check *c)
{
	if (!apache_facts_module(c->apache, LSAPI_MODULE))
		return;
	check_same(c, APACHE_SOCKET, "lsapi_daemon_socket", LSAPID_RUNDIR "/control.sock",
		"control_socket", c->config->control_socket);
	check_same(c, APACHE_KEY, "lsapi_daemon_key", LSAPID_STATEDIR "/shim.key", "key_file",
		c->config->key_file);
}

/* What lsapidctl import says of each line, but for what the checks above have told. */
void check_apache_lines(struct check *c)
{
	const struct import *im = c->apache->import;

	for (size_t i = 0; i < im->finding_count; i++) {
		const struct import_finding *f = &im->finding[i];
		char where[4096 + 16];

		if (f->result < IMPORT_FIRST_TO_DO || f->result == IMPORT_TO_DO)
			continue;
		(void)snprintf(where, sizeof(where), f->line ? "%s:%u" : "%s", f->file, f->line);
		check_add(c, f->result == IMPORT_VALUE ? CHECK_NOTE : CHECK_WARNING, where,
			"%s: %s%s%s", f->directive, f->text, f->used ? "; used: " : "",
			f->used ? f->used : "");
		check_remedy(c, "%s", f->remedy ? f->remedy : "");
	}
}
