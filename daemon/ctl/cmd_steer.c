/* SPDX-License-Identifier: Apache-2.0 */

/* drain, restart, stop, kill and warm: one order each, to the pools that are named. */

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_steer.h"

/* The longest that the daemon can be asked to wait, in whole seconds. */
#define TIMEOUT_MAX_S 4294967U
#define TIMEOUT_TEXT  "60"

enum {
	ALL,
	NO_WAIT,
	TIMEOUT,
	USER
};

static const struct args_option options[] = {
	[ALL] = { "all", 0, NULL, "all pools that are known" },
	[NO_WAIT] = { "no-wait", 0, NULL, "give the order, and do not wait until it is done" },
	[TIMEOUT] = { "timeout", 't', "SECONDS",
		"how long to wait until it is done, instead of " TIMEOUT_TEXT },
	[USER] = { "user", 'u', "USER", "all pools of this account, by name or number" },
	{ NULL, 0, NULL, NULL },
};

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "some of the pools have not done it; the answer says why" },
	{ CTL_NO_MATCH, "no pool that is known has this number, name or user" },
	{ CTL_LATE, "not all is done in the time that was given; it goes on" },
	{ CTL_OK, NULL },
};

static int refuse(enum control_steer_action action, const char *text)
{
	term_error("%s: %s", print_steer_word(action), text);
	return CTL_USAGE;
}

/* Return: CTL_OK; what is wrong is said */
static int read_target(const struct args *args, struct control_steer *m)
{
	const char *pool = args_operand(args, 0);
	const char *user = args_text(args, USER, NULL);
	const char *text = pool ? pool : user ? user : "";

	if ((pool != NULL) + (user != NULL) + args_has(args, ALL) != 1)
		return refuse(m->action, "one of POOL, --user USER and --all");
	if ((pool || user) && !*text)
		return refuse(m->action, "an empty name is nobody's");
	if (strlen(text) > CONTROL_MAX_NAME)
		return refuse(m->action, "no name is so long");
	m->kind = pool ? CONTROL_STEER_POOL : user ? CONTROL_STEER_USER : CONTROL_STEER_ALL;
	m->text.data = (const uint8_t *)text;
	m->text.size = strlen(text);
	return CTL_OK;
}

static int read_wait(const struct args *args, struct control_steer *m)
{
	const char *text = args_text(args, TIMEOUT, TIMEOUT_TEXT);
	uint64_t seconds = 0;

	if (args_has(args, NO_WAIT) && args_has(args, TIMEOUT))
		return refuse(m->action, "--no-wait has no --timeout");
	if (!str_parse_uint(text, 1, TIMEOUT_MAX_S, &seconds))
		return refuse(m->action, "--timeout: whole seconds, at least one");
	m->wait_ms = args_has(args, NO_WAIT) ? 0 : (uint32_t)(seconds * 1000);
	return CTL_OK;
}

static int order(const struct ctl *ctl, const struct args *args, enum control_steer_action action)
{
	struct client_question q = {
		.type = CONTROL_STEER,
		.steer = { .action = action },
		.ctl = ctl,
	};
	int r = read_target(args, &q.steer);
	json_t *answer = NULL;
	uint32_t status = 0;

	if (r == CTL_OK)
		r = read_wait(args, &q.steer);
	if (r != CTL_OK)
		return r;
	/* lines that change nothing but what a person knows */
	if (ctl->term.columns && !ctl->is_json && q.steer.wait_ms) {
		q.steer.flags = CONTROL_STEER_PROGRESS;
		q.progress = print_steer_progress;
	}
	r = answer_ask(ctl, &q, &answer, &status);
	if (r != CTL_OK)
		return r;
	r = ctl->is_json ? answer_dump(answer) : print_steer(ctl, answer);
	json_decref(answer);
	if (r == CTL_OK && status)
		r = status == ETIMEDOUT ? CTL_LATE : status == ENOENT ? CTL_NO_MATCH : CTL_FAILED;
	return r;
}

#define COMMAND(word, action_, help_, more_)                                                       \
	static int run_##word(const struct ctl *ctl, const struct args *args)                      \
	{                                                                                          \
		return order(ctl, args, action_);                                                  \
	}                                                                                          \
	const struct cmd cmd_##word = {                                                            \
		.name = #word,                                                                     \
		.operands = "[POOL]",                                                              \
		.max_operands = 1,                                                                 \
		.help = (help_),                                                                   \
		.more = (more_),                                                                   \
		.options = options,                                                                \
		.exits = exits,                                                                    \
		.run = run_##word,                                                                 \
	}

#define WHO "POOL is a number, a name, or a pattern of names with * and ?.\n"

COMMAND(drain, CONTROL_STEER_DRAIN, "end PHP when it has finished what it runs",
	WHO "Requests that come meanwhile wait for fresh PHP, which is started for them.");
COMMAND(kill, CONTROL_STEER_KILL, "kill all PHP of a pool, with the requests under way",
	WHO "Requests under way get 503. Use it for what hangs; restart loses no request.");
COMMAND(restart, CONTROL_STEER_RESTART, "fresh PHP for the old, and no request is lost",
	WHO
	"What runs finishes, fresh PHP is started at once, and images of frozen PHP are removed.\n"
	"A pool that does not run is left so, unless it has failed, or is named and was stopped.");
COMMAND(stop, CONTROL_STEER_STOP, "end PHP, and refuse requests until it is lifted",
	WHO
	"What runs finishes; new requests get 503 (stopped). It holds over restarts of lsapid,\n"
	"until warm, or restart of this one pool, lifts it.");
COMMAND(warm, CONTROL_STEER_WARM, "start PHP now, and see that it serves",
	WHO "A pool that was stopped runs again.");
