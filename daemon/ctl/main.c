/* SPDX-License-Identifier: Apache-2.0 */

/* lsapidctl: shows and steers lsapid through its control socket. */

#include <string.h>

#include "daemon/ctl/cmd.h"

static const struct cmd *const commands[] = {
	&cmd_build_native_lsphp,
	&cmd_check,
	&cmd_check_php,
	&cmd_complete,
	&cmd_criu,
	&cmd_disable_domain,
	&cmd_disable_global,
	&cmd_drain,
	&cmd_enable_domain,
	&cmd_enable_global,
	&cmd_explain,
	&cmd_import,
	&cmd_kill,
	&cmd_log_level,
	&cmd_ps,
	&cmd_reload,
	&cmd_restart,
	&cmd_setup,
	&cmd_show,
	&cmd_stat,
	&cmd_status,
	&cmd_stop,
	&cmd_top,
	&cmd_uninstall,
	&cmd_warm,
	&cmd_why,
	NULL,
};

const struct cmd cmd_lsapidctl = {
	.name = "lsapidctl",
	.help = "shows and steers lsapid; COMMAND --help says more of each",
	.words = commands,
};

/* What this program is if it is called by another name: a link to it of that name. */
static const struct cmd *const programs[] = {
	&cmd_switch_mod_lsapi,
	NULL,
};

static const struct cmd *find_program(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; programs[i]; i++)
		if (strcmp(programs[i]->name, name) == 0)
			return programs[i];
	return &cmd_lsapidctl;
}

int main(int argc, char **argv)
{
	term_init();
	return cmd_main(find_program(argc ? argv[0] : ""), argc, argv);
}
