/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_show.h"
#include "daemon/ctl/show.h"

enum {
	USER,
	VHOST,
	HANDLER,
	DOCROOT,
	CONFIG
};

static const struct args_option options[] = {
	[USER] = { "user", 'u', "USER", "the account whose PHP it is" },
	[VHOST] = { "vhost", 'v', "NAME", "virtual host; without: a pool of the whole account" },
	[HANDLER] = { "handler", 0, "HANDLER", "as Apache calls it; without: the built-in one" },
	[DOCROOT] = { "docroot", 0, "DIRECTORY",
		"document root, whose owner is to be judged, too" },
	[CONFIG] = { "config", 'c', "FILE", "lsapid.conf, where no daemon answers" },
	{ NULL, 0, NULL, NULL },
};

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct show_query query = {
		.user = args->value[USER],
		.vhost = args->value[VHOST],
		.handler = args->value[HANDLER],
		.docroot = args->value[DOCROOT],
		.config = args->value[CONFIG],
	};
	json_t *pools;
	int r;

	if (!query.user) {
		term_error("explain: --user USER is missing");
		return CTL_USAGE;
	}
	pools = json_array();
	r = show_ask(ctl, &query, pools);
	if (r == CTL_NO_DAEMON)
		r = show_offline(&query, pools);
	if (r == CTL_OK)
		r = print_show(ctl, pools);
	json_decref(pools);
	return r;
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "there is no answer, without a daemon either" },
	{ CTL_NO_MATCH, "there is no such user" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_explain = {
	.name = "explain",
	.help = "what the pool of a site would work by, and whether it may start",
	.more = "The site need not be known to lsapid. Of one that is, Apache's directives count, too.\n"
		"Where no daemon answers, the files are read as they are now, by lsapid --explain.",
	.options = options,
	.exits = exits,
	.run = run,
};
