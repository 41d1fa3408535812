/* SPDX-License-Identifier: Apache-2.0 */

/* The commands that change the configuration of this host. They ask no daemon. */

#include "daemon/ctl/act.h"

enum {
	DRY_RUN = ACT_OPTION_COUNT,
	FORCE,
	LIGHT
};

#define CHANGING                                                                                   \
	ACT_OPTIONS, [DRY_RUN] = { "dry-run", 'n', NULL,                                           \
		"say what would be changed, and change nothing" }
#define FORCING CHANGING, [FORCE] = { "force", 0, NULL, "switch off what is in the way" }

static const struct args_option changing[] = {
	CHANGING,
	{ NULL, 0, NULL, NULL },
};

static const struct args_option forcing[] = {
	FORCING,
	{ NULL, 0, NULL, NULL },
};

static const struct args_option setup_options[] = {
	FORCING,
	[LIGHT] = { "light", 0, NULL,
		"only take the PHPs of this host into lsapid's configuration" },
	{ NULL, 0, NULL, NULL },
};

static int act(const struct ctl *ctl, const struct args *args, enum matrix_option option)
{
	const struct host_options options = {
		.root = args_text(args, ACT_ROOT, NULL),
		.is_verbose = args_has(args, ACT_VERBOSE),
		.is_dry = args_has(args, DRY_RUN),
		.is_forced = args_has(args, FORCE),
	};

	return act_run(ctl, option, &options, args_operand(args, 0));
}

static int run_setup(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args, args_has(args, LIGHT) ? MATRIX_SETUP_LIGHT : MATRIX_SETUP);
}

static int run_uninstall(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args, MATRIX_UNINSTALL);
}

static int run_enable_domain(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args, MATRIX_ENABLE_DOMAIN);
}

static int run_disable_domain(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args, MATRIX_DISABLE_DOMAIN);
}

static int run_enable_global(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args, MATRIX_ENABLE_GLOBAL);
}

static int run_disable_global(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args, MATRIX_DISABLE_GLOBAL);
}

static int run_build(const struct ctl *ctl, const struct args *args)
{
	return act(ctl, args,
		args->operand_count ? MATRIX_BUILD_NATIVE_LSPHP_CUST : MATRIX_BUILD_NATIVE_LSPHP);
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "it was refused, or failed and was undone" },
	{ CTL_OK, NULL },
};

static const struct cmd_exit undo_exits[] = {
	{ CTL_FAILED, "it was refused, or somebody else has changed what was to be undone" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_setup = {
	.name = "setup",
	.help = "take the module into Apache's configuration, and the PHPs of this host into lsapid's",
	.more = "It can be repeated, and uninstall undoes it. What fails half-way is undone at once.",
	.options = setup_options,
	.exits = exits,
	.is_alone = true,
	.run = run_setup,
};

const struct cmd cmd_uninstall = {
	.name = "uninstall",
	.help = "undo all that setup and enable-* have changed",
	.more = "What somebody else has changed since stays as it is, and is told.",
	.options = changing,
	.exits = undo_exits,
	.is_alone = true,
	.run = run_uninstall,
};

const struct cmd cmd_enable_domain = {
	.name = "enable-domain",
	.operands = "DOMAIN",
	.min_operands = 1,
	.max_operands = 1,
	.help = "lsphp for one domain of a panel",
	.options = forcing,
	.exits = exits,
	.is_alone = true,
	.run = run_enable_domain,
};

const struct cmd cmd_disable_domain = {
	.name = "disable-domain",
	.operands = "DOMAIN",
	.min_operands = 1,
	.max_operands = 1,
	.help = "undo enable-domain",
	.options = changing,
	.exits = undo_exits,
	.is_alone = true,
	.run = run_disable_domain,
};

const struct cmd cmd_enable_global = {
	.name = "enable-global",
	.help = "lsphp for every domain of a panel",
	.options = forcing,
	.exits = exits,
	.is_alone = true,
	.run = run_enable_global,
};

const struct cmd cmd_disable_global = {
	.name = "disable-global",
	.help = "undo enable-global and every enable-domain",
	.options = changing,
	.exits = undo_exits,
	.is_alone = true,
	.run = run_disable_global,
};

const struct cmd cmd_build_native_lsphp = {
	.name = "build-native-lsphp",
	.operands = "[SOURCE]",
	.max_operands = 1,
	.help = "build the lsphp of a panel's own PHP",
	.options = forcing,
	.exits = exits,
	.is_alone = true,
	.run = run_build,
};
