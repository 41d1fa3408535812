/* SPDX-License-Identifier: Apache-2.0 */

/* lsapidctl by the name switch_mod_lsapi: the options that hosts have in their scripts. */

#include <stdio.h>

#include "daemon/ctl/act.h"

enum {
	ROOT = MATRIX_OPTION_COUNT
};

#define ROW(option, name, argument, help) [option] = { name, 0, argument, help }

/* tests/unit/test_matrix.c compares it with the table of panels */
static const struct args_option options[] = {
	ROW(MATRIX_SETUP, "setup", NULL, "as lsapidctl setup"),
	ROW(MATRIX_SETUP_LIGHT, "setup-light", NULL, "as lsapidctl setup --light"),
	ROW(MATRIX_UNINSTALL, "uninstall", NULL, "as lsapidctl uninstall"),
	ROW(MATRIX_ENABLE_DOMAIN, "enable-domain", "DOMAIN", "as lsapidctl enable-domain"),
	ROW(MATRIX_DISABLE_DOMAIN, "disable-domain", "DOMAIN", "as lsapidctl disable-domain"),
	ROW(MATRIX_ENABLE_GLOBAL, "enable-global", NULL, "as lsapidctl enable-global"),
	ROW(MATRIX_DISABLE_GLOBAL, "disable-global", NULL, "as lsapidctl disable-global"),
	ROW(MATRIX_BUILD_NATIVE_LSPHP, "build-native-lsphp", NULL,
		"as lsapidctl build-native-lsphp"),
	ROW(MATRIX_BUILD_NATIVE_LSPHP_CUST, "build-native-lsphp-cust", "SOURCE",
		"as lsapidctl build-native-lsphp SOURCE"),
	ROW(MATRIX_CHECK_PHP, "check-php", NULL, "as lsapidctl check-php"),
	ROW(MATRIX_VERBOSE, "verbose", NULL, "say each step"),
	ROW(MATRIX_FORCE, "force", NULL, "switch off what is in the way"),
	ROW(MATRIX_STAT, "stat", NULL, "as lsapidctl stat"),
	ROW(ROOT, "root", "DIR", "look at the host whose root directory that is; run nothing"),
	{ NULL, 0, NULL, NULL },
};

static bool is_main(enum matrix_option option)
{
	return option != MATRIX_VERBOSE && option != MATRIX_FORCE;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct host_options host = {
		.root = args_text(args, ROOT, NULL),
		.is_verbose = args_has(args, MATRIX_VERBOSE),
		.is_forced = args_has(args, MATRIX_FORCE),
	};
	enum matrix_option chosen = MATRIX_OPTION_COUNT;
	unsigned count = 0;

	for (unsigned i = 0; i < MATRIX_OPTION_COUNT; i++) {
		if (!is_main((enum matrix_option)i) || !args_has(args, i))
			continue;
		chosen = (enum matrix_option)i;
		count++;
	}
	if (count != 1) {
		term_error("%s; --help lists them",
			count ? "only one of the main options can be used at a time"
			      : "an option has to say what to do");
		return CTL_USAGE;
	}
	return act_run(ctl, chosen, &host, args->value[chosen]);
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "it was refused, or failed and was undone" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_switch_mod_lsapi = {
	.name = "switch_mod_lsapi",
	.help = "sets mod_lsapi up for Apache and the panel of this host",
	.options = options,
	.exits = exits,
	.is_alone = true,
	.run = run,
};
