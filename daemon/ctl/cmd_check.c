/* SPDX-License-Identifier: Apache-2.0 */

/* Gathers what the checks look at; a part that is not there is a finding, and ends nothing. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/check/check.h"
#include "daemon/ctl/print_check.h"

enum {
	ALL,
	CONFIG,
	APACHE,
	ROOT
};

static const struct args_option options[] = {
	[ALL] = { "all", 'a', NULL, "also what is as it has to be" },
	[CONFIG] = { "config", 'c', "FILE", "lsapid.conf; without: the daemon's" },
	[APACHE] = { "apache-conf", 0, "FILE", "the first file of Apache's configuration" },
	[ROOT] = { "root", 0, "DIRECTORY", "a system whose files are there; no daemon is asked" },
	{ NULL, 0, NULL, NULL },
};

/* What has to be freed. */
struct gathered {
	json_t *status;
	json_t *criu;
	json_t *why;
	struct config *config;
	struct config_bundle bundle;
	struct config_problems problems;
	struct apache_facts *apache;
	char silence[CONTROL_MAX_TEXT + 64];
};

/* As answer_ask(), but silent: no answer is a finding. Return: 0; enum client_error */
static int ask(const struct ctl *ctl, const struct client_question *question, json_t **ret_answer,
	char *reterr_why)
{
	struct client_answer answer = { .json = NULL };
	int r = client_ask(ctl->socket_path, question, &answer, reterr_why);

	if (r == 0)
		*ret_answer = json_loads(answer.json, 0, NULL);
	free(answer.json);
	return r;
}

static void ask_daemon(const struct ctl *ctl, struct gathered *g, struct check *c)
{
	const struct client_question status = { .type = CONTROL_STATUS };
	const struct client_question criu = {
		.type = CONTROL_CRIU,
		.criu = CONTROL_CRIU_CHECK,
		.what = "",
	};
	const struct client_question why = { .type = CONTROL_WHY, .what = "" };
	char unused[sizeof(g->silence)];
	int r = ask(ctl, &status, &g->status, g->silence);

	c->socket_path = ctl->socket_path;
	c->silence = r ? g->silence : "the daemon's answer is no JSON";
	c->is_denied = r == CLIENT_E_DENIED || (r && access(ctl->socket_path, F_OK) == 0 &&
						       access(ctl->socket_path, W_OK) < 0);
	if (g->status) {
		(void)ask(ctl, &criu, &g->criu, unused);
		(void)ask(ctl, &why, &g->why, unused);
	}
	c->status = g->status;
	c->criu = g->criu;
	c->why = g->why;
}

/* Who is not root can not read it, and need not be told of each of its files. */
static void read_config(const char *path, struct gathered *g, struct check *c)
{
	const char *in_force = answer_text(json_object_get(g->status, "config"), "file");
	int r;

	c->config_path = path ? path : *in_force ? in_force : LSAPID_CONFDIR "/lsapid.conf";
	if (access(c->config_path, F_OK) == 0 && access(c->config_path, R_OK) < 0)
		return;
	r = config_read(c->config_path, NULL, &g->config, &g->bundle, &g->problems);
	if (r < 0)
		return;
	c->config = r == 0 ? g->config : NULL;
	c->problems = r == 0 ? &g->config->problems : &g->problems;
}

static int enter_root(const char *path)
{
	if (chdir(path) == 0 && chroot(".") == 0)
		return CTL_OK;
	term_error("check: --root %s: %s", path, strerrordesc_np(errno));
	return CTL_FAILED;
}

static void release(struct gathered *g)
{
	(void)apache_facts_free(g->apache);
	config_problems_deinit(&g->problems);
	(void)config_free(g->config);
	free(g->bundle.data);
	json_decref(g->why);
	json_decref(g->criu);
	json_decref(g->status);
}

static int finish(const struct ctl *ctl, const struct check *c, bool is_all)
{
	enum check_severity worst = check_worst(c);
	int r;

	if (c->is_out_of_memory) {
		term_error("no memory");
		return CTL_FAILED;
	}
	r = print_check(ctl, c, is_all);
	if (r != CTL_OK || worst == CHECK_PROBLEM)
		return CTL_FAILED;
	return worst == CHECK_WARNING ? CTL_WARNED : CTL_OK;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	struct gathered g = { .status = NULL };
	struct check c = {
		.is_root = geteuid() == 0,
		.is_elsewhere = args_has(args, ROOT),
		.own_uid = geteuid(),
		.silence = "",
	};
	int r = c.is_elsewhere ? enter_root(args->value[ROOT]) : CTL_OK;

	if (r)
		return r;
	if (!c.is_elsewhere)
		ask_daemon(ctl, &g, &c);
	read_config(args->value[CONFIG], &g, &c);
	g.apache = apache_facts_read(args->value[APACHE], &c.apache_why);
	c.apache = g.apache;
	check_run(&c);
	r = finish(ctl, &c, args_has(args, ALL));
	check_deinit(&c);
	release(&g);
	return r;
}

static const struct cmd_exit exits[] = {
	{ CTL_OK, "nothing worse than a note" },
	{ CTL_FAILED, "there is a problem" },
	{ CTL_WARNED, "there is a warning, and no problem" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_check = {
	.name = "check",
	.help = "what is wrong on this host, with the remedy: daemon, files, limits, PHP, Apache",
	.more = "The manual, lsapidctl(8), has each finding by its id. As root it sees most.",
	.options = options,
	.exits = exits,
	.is_alone = true,
	.run = run,
};
