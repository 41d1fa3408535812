/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_ps.h"
#include "daemon/ctl/select.h"
#include "daemon/ctl/usage.h"

enum {
	BUSY,
	USER
};

static const struct args_option options[] = {
	[BUSY] = { "busy", 'b', NULL, "only processes with a request" },
	[USER] = { "user", 'u', "USER", "only of this user, a name or a number" },
	{ NULL, 0, NULL, NULL },
};

static bool is_busy(const json_t *process)
{
	return strcmp(answer_text(process, "state"), "busy") == 0;
}

/* The processes of all pools in one array, each with its pool. */
static json_t *flatten(const json_t *answer, bool is_busy_only)
{
	json_t *all = json_array(), *pool, *process;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "pools"), i, pool)
	{
		json_array_foreach(json_object_get(pool, "processes"), k, process)
		{
			if (is_busy_only && !is_busy(process))
				continue;
			(void)json_object_set(process, "pool", json_object_get(pool, "id"));
			(void)json_object_set(process, "vhost", json_object_get(pool, "name"));
			(void)json_object_set(process, "user", json_object_get(pool, "user"));
			(void)json_object_set(process, "uid", json_object_get(pool, "uid"));
			(void)json_array_append(all, process);
		}
	}
	return all;
}

static int show(const struct ctl *ctl, const struct select *select, bool is_busy_only)
{
	json_t *answer = NULL, *o;
	int r = usage_ask(ctl, &answer);

	if (r != CTL_OK)
		return r;
	if (!select_pools(select, answer) && !select_is_any(select))
		r = CTL_NO_MATCH;
	select_sort(answer, "name", false);
	o = json_pack("{s:O?, s:o}", "daemon",
		json_object_get(json_object_get(answer, "daemon"), "processes"), "processes",
		flatten(answer, is_busy_only));
	if (!ctl->is_json)
		print_ps(ctl, o, select_is_any(select) && !is_busy_only);
	else if (answer_dump(o) != CTL_OK)
		r = CTL_FAILED;
	json_decref(o);
	json_decref(answer);
	return r;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const char *user = args_text(args, USER, NULL);
	struct select select = {
		.patterns = args->operand,
		.pattern_count = args->operand_count,
		.has_user = user != NULL,
	};

	if (user && !select_user(user, &select.uid)) {
		term_error("no such user: %s", user);
		return CTL_NO_MATCH;
	}
	return show(ctl, &select, args_has(args, BUSY));
}

static const struct cmd_exit exits[] = {
	{ CTL_NO_MATCH, "no pool matches, or there is no such user" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_ps = {
	.name = "ps",
	.operands = "[POOL]...",
	.max_operands = 1000,
	.help = "every process of PHP by pool, and what it does",
	.more = "POOL is a number, a name, or a pattern with * and ?; of several, one has to match.",
	.options = options,
	.exits = exits,
	.run = run,
};
