/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/setup.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/host/apache.h"
#include "daemon/ctl/host/domains.h"
#include "daemon/ctl/host/handlers.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/run.h"

#define GROUP_DAEMON "daemon"
#define DAEMON       LSAPID_SBINDIR "/lsapid"
#define SYSTEMCTL    "/usr/bin/systemctl"
#define SYSUSERS     "/usr/bin/systemd-sysusers"
#define SERVICE      "lsapid.service"

/* --- what all have in common --------------------------------------------------------------- */

/* The end of a run that changes: all of it is done, or nothing. Return: enum ctl_exit */
static int finish(struct host *h, int r, const char *what)
{
	if (r == 0)
		r = change_settle(&h->change);
	if (r == 0) {
		if (h->change.count == 0)
			host_note(h, "nothing to do: it is as %s makes it", what);
		else
			host_note(h, "%s%s: %s, %zu change%s",
				h->options.is_dry ? "dry run of " : "", what,
				matrix_panel_name(h->panel->id), h->change.count,
				h->change.count == 1 ? "" : "s");
		return CTL_OK;
	}
	if (h->change.journal.count > h->change.before) {
		bool is_clean = change_roll_back(&h->change) >= 0 && !h->change.left;

		(void)host_fail(is_clean ? "%s has failed, and all was undone"
					 : "%s has failed, and not all could be undone",
			what);
	}
	return CTL_FAILED;
}

static int need_apache(const struct host *h)
{
	if (h->layout)
		return 0;
	return host_fail("no Apache is configured in %s%s or where else one is looked for on %s; "
			 "install it first",
		h->tree.path, h->panel->layout[0]->mark, matrix_panel_name(h->panel->id));
}

/* --- lsapid -------------------------------------------------------------------------------- */

static bool is_account(const struct host *h)
{
	char *text = NULL;
	bool is_known;

	if (!h->tree.path[0])
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
		return getpwnam(LSAPID_MANAGER_USER) != NULL;
	if (tree_read(&h->tree, "/etc/passwd", &text) < 0)
		return false;
	is_known = strncmp(text, LSAPID_MANAGER_USER ":", sizeof(LSAPID_MANAGER_USER)) == 0 ||
		   strstr(text, "\n" LSAPID_MANAGER_USER ":");
	free(text);
	return is_known;
}

/* The manager's account, and a configuration that lsapid takes. */
static int check_daemon(struct host *h)
{
	static const char *const sysusers[] = { SYSUSERS, NULL };
	static const char *const test[] = { DAEMON, "-t", NULL };
	int r = is_account(h) ? 0 : change_run(&h->change, sysusers);

	if (r < 0)
		return r;
	if (!tree_exists(&h->tree, DAEMON))
		return host_fail("%s%s is not there; install lsapid first", h->tree.path, DAEMON);
	return change_run(&h->change, test);
}

static bool has_systemd(const struct host *h)
{
	return !h->tree.path[0] && tree_is_directory(&h->tree, "/run/systemd/system");
}

static bool is_active(void)
{
	static const char *const ask[] = { SYSTEMCTL, "is-active", "--quiet", SERVICE, NULL };
	struct run_output output;

	return run_program(ask, RUN_LIMIT_S, &output) == 0 && run_has_worked(&output);
}

/* If it runs it reads what has changed. */
static int reload_daemon(struct host *h)
{
	static const char *const reload[] = { SYSTEMCTL, "reload", SERVICE, NULL };

	return has_systemd(h) && is_active() ? change_run(&h->change, reload) : 0;
}

/* Start it, or have it read what has changed. */
static int start_daemon(struct host *h)
{
	static const char *const enable[] = { SYSTEMCTL, "enable", "--now", SERVICE, NULL };
	static const char *const disable[] = { SYSTEMCTL, "disable", "--now", SERVICE,
		"lsapid.socket", NULL };
	const char *group = h->change.group;
	int r;

	if (h->tree.path[0])
		return change_run(&h->change, enable);
	if (!has_systemd(h)) {
		host_note(h, "there is no systemd: start lsapid, or have it reload");
		return 0;
	}
	if (is_active())
		return reload_daemon(h);
	h->change.group = GROUP_DAEMON;
	r = change_undo_by(&h->change, disable);
	h->change.group = group;
	return r < 0 ? r : change_run(&h->change, enable);
}

/* --- setup --------------------------------------------------------------------------------- */

static int do_install(struct host *h)
{
	int r = need_apache(h);

	/* what was broken before us would be taken for our doing */
	if (r == 0 && !h->tree.path[0])
		r = apache_test(h);
	r = r == 0 ? apache_clear(h) : r;
	r = r == 0 ? handlers_setup(h) : r;
	r = r == 0 ? apache_install(h) : r;
	r = r == 0 && h->panel->setup ? h->panel->setup(h) : r;
	if (r < 0 || h->change.count == 0)
		return r;
	r = check_daemon(h);
	r = r == 0 ? apache_test(h) : r;
	r = r == 0 ? start_daemon(h) : r;
	r = r == 0 ? apache_reload(h) : r;
	if (r == 0 && h->panel->next && !h->options.is_dry)
		host_note(h, "%s", h->panel->next);
	return r;
}

int setup_install(struct host *h)
{
	h->change.group = HOST_GROUP_SETUP;
	return finish(h, h->panel->is_custombuild ? h->panel->setup(h) : do_install(h), "setup");
}

int setup_light(struct host *h)
{
	int r;

	h->change.group = HOST_GROUP_SETUP;
	r = handlers_setup(h);
	if (r == 0 && h->change.count)
		r = check_daemon(h);
	if (r == 0 && h->change.count)
		r = start_daemon(h);
	return finish(h, r, "setup --light");
}

/* --- undoing ------------------------------------------------------------------------------- */

/* What reads our files reads them again. */
static int apply_undone(struct host *h)
{
	int r;

	if (h->panel->is_custombuild) {
		host_note(h, "now: cd /usr/local/directadmin/custombuild && ./build update && "
			     "./build php n && ./build apache");
		return 0;
	}
	r = h->layout ? apache_test(h) : 0;
	if (r == 0 && h->layout)
		r = apache_reload(h);
	return r == 0 ? reload_daemon(h) : r;
}

/* Return: enum ctl_exit. @r: of change_undo() */
static int finish_undo(struct host *h, int r, const char *what)
{
	if (r < 0 || (r > 0 && apply_undone(h) < 0) || h->change.left)
		return CTL_FAILED;
	host_note(h, "%s%s: %d change%s undone", h->options.is_dry ? "dry run of " : "", what, r,
		r == 1 ? "" : "s");
	return CTL_OK;
}

static int nothing_to_undo(struct host *h)
{
	if (apache_is_loading(h) && !h->panel->is_custombuild) {
		(void)host_fail("nothing to undo: setup has not been used here, and a file of "
				"Apache's configuration loads the module; remove it (a2dismod "
				"lsapi)");
		return CTL_FAILED;
	}
	host_note(h, "nothing to undo: setup has not been used here%s",
		h->panel->is_custombuild
			? "; ./build set php1_mode php-fpm (or fastcgi, suphp, mod_php), then "
			  "./build php n"
			: "");
	return CTL_OK;
}

int setup_uninstall(struct host *h)
{
	int undone;
	int status;

	if (!change_has(&h->change, ""))
		return nothing_to_undo(h);
	undone = change_undo(&h->change, HOST_GROUP_ALL);
	status = finish_undo(h, undone, "uninstall");
	/* Apache needs it no more only now */
	return change_undo(&h->change, GROUP_DAEMON) < 0 ? CTL_FAILED : status;
}

/* --- defaults and domains ------------------------------------------------------------------ */

static int need_setup(const struct host *h)
{
	if (h->panel->is_custombuild || apache_is_loading(h))
		return 0;
	return host_fail("the module is not loaded; use setup first");
}

/* After a change of what Apache reads. */
static int reload_if_changed(struct host *h, int r)
{
	if (r < 0 || h->change.count == 0 || h->panel->is_custombuild)
		return r;
	r = apache_test(h);
	return r == 0 ? apache_reload(h) : r;
}

int setup_enable_global(struct host *h)
{
	int r = need_setup(h);

	h->change.group = HOST_GROUP_GLOBAL;
	r = r == 0 ? h->panel->enable_global(h) : r;
	return finish(h, reload_if_changed(h, r), "enable-global");
}

int setup_disable_global(struct host *h)
{
	int global = change_undo(&h->change, HOST_GROUP_GLOBAL);
	int domains = change_undo(&h->change, HOST_GROUP_DOMAIN);
	int r = global < 0 ? global : domains < 0 ? domains : global + domains;

	return finish_undo(h, r, "disable-global");
}

static int domain_group(const char *domain, char *out, size_t size)
{
	if (!domains_is_name(domain))
		return host_fail("'%s' is no name of a domain: lower case letters, digits, - and "
				 "dots",
			domain);
	(void)snprintf(out, size, HOST_GROUP_DOMAIN "%s/", domain);
	return 0;
}

int setup_enable_domain(struct host *h, const char *domain)
{
	char group[JOURNAL_MAX_GROUP];
	int r = domain_group(domain, group, sizeof(group));

	r = r == 0 ? need_setup(h) : r;
	h->change.group = group;
	r = r == 0 ? h->panel->enable_domain(h, domain) : r;
	return finish(h, reload_if_changed(h, r), "enable-domain");
}

int setup_disable_domain(struct host *h, const char *domain)
{
	char group[JOURNAL_MAX_GROUP];

	if (domain_group(domain, group, sizeof(group)) < 0)
		return CTL_FAILED;
	if (change_has(&h->change, HOST_GROUP_GLOBAL)) {
		(void)host_fail("lsphp is the handler of every domain, and can not be switched "
				"off for one; use disable-global first");
		return CTL_FAILED;
	}
	return finish_undo(h, change_undo(&h->change, group), "disable-domain");
}
