/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/print.h"

static const struct {
	const char *name;
	enum control_criu_what what;
} words[] = {
	{ "check", CONTROL_CRIU_CHECK },
	{ "list", CONTROL_CRIU_LIST },
	{ "reset", CONTROL_CRIU_RESET },
	{ "freeze", CONTROL_CRIU_FREEZE },
};

static int refuse(const char *text)
{
	(void)fprintf(stderr, "lsapidctl: criu: %s\n", text);
	return CTL_USAGE;
}

/* Return: 0; enum ctl_exit, and it was said what is wrong */
static int read_arguments(const struct ctl *ctl, struct client_question *q)
{
	const char *pool = ctl->argument_count > 1 ? ctl->arguments[1] : "";
	size_t i = 0;

	q->what = pool;
	if (!ctl->argument)
		return ctl->is_all ? refuse("--all is for reset") : 0;
	while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i].name, ctl->argument) != 0)
		i++;
	if (i == sizeof(words) / sizeof(words[0]))
		return refuse("one of check, list, reset POOL, reset --all, freeze POOL");
	q->criu = words[i].what;
	if (ctl->is_all && q->criu != CONTROL_CRIU_RESET)
		return refuse("--all is for reset");
	if (ctl->is_all)
		q->criu = CONTROL_CRIU_RESET_ALL;
	if (strlen(pool) > CONTROL_MAX_NAME)
		return refuse("no pool has so long a name");
	if (control_criu_has_pool(q->criu) && !*pool)
		return refuse(q->criu == CONTROL_CRIU_RESET ? "reset: of which POOL, or --all"
							    : "freeze: which POOL");
	if (!control_criu_has_pool(q->criu) && *pool)
		return refuse("this takes no POOL");
	return 0;
}

static int run(const struct ctl *ctl)
{
	struct client_question question = { .type = CONTROL_CRIU, .criu = CONTROL_CRIU_CHECK };
	struct client_answer answer = { .json = NULL };
	char why[CONTROL_MAX_TEXT + 64];
	int r = read_arguments(ctl, &question);

	if (r)
		return r;
	r = client_ask(ctl->socket_path, &question, &answer, why);
	if (r)
		return print_failure(r, why);
	r = ctl->is_json ? print_json(answer.json) : print_criu(question.criu, answer.json);
	free(answer.json);
	if (r == CTL_OK && answer.status)
		r = CTL_FAILED;
	return r;
}

const struct cmd cmd_criu = {
	.name = "criu",
	.argument = "[check|list|reset|freeze]",
	.max_arguments = 2,
	.help = "does CRIU work here; images of frozen PHP: see, remove, write one now",
	.run = run,
};
