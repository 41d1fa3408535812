/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/print_show.h"
#include "daemon/ctl/show.h"

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct show_query query = { .pool = args_operand(args, 0) };
	json_t *pools = json_array();
	int r = show_ask(ctl, &query, pools);

	if (r == CTL_OK)
		r = print_show(ctl, pools);
	json_decref(pools);
	return r;
}

static const struct cmd_exit exits[] = {
	{ CTL_NO_MATCH, "no pool has this number or name" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_show = {
	.name = "show",
	.operands = "POOL",
	.min_operands = 1,
	.max_operands = 1,
	.help = "every setting of a pool, where it comes from, and whether a start would be refused",
	.more = "POOL is a number, a name or a pattern of names: all pools that match are shown.\n"
		"What is shown is what the next start uses: the user's own file is read anew.",
	.exits = exits,
	.run = run,
};
