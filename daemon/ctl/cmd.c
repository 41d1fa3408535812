/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/ctl/help.h"

enum {
	SOCKET,
	JSON,
	COLOR,
	HELP,
	VERSION
};

static const struct args_option globals[] = {
	[SOCKET] = { "socket", 's', "PATH", "the daemon's socket" },
	[JSON] = { "json", 'j', NULL, "the answer as JSON" },
	[COLOR] = { "color", 0, "auto|always|never", "auto: on a terminal, without NO_COLOR" },
	[HELP] = { "help", 'h', NULL, "this text" },
	[VERSION] = { "version", 'V', NULL, "version" },
	{ NULL, 0, NULL, NULL },
};

const struct args_option *cmd_globals(void)
{
	return globals;
}

/* Root's socket, also that of a daemon without admin_group; else that of administrators. */
static const char *default_socket(void)
{
	static const char control[] = LSAPID_RUNDIR "/control.sock";
	static const char admin[] = LSAPID_RUNDIR "/admin.sock";

	return geteuid() != 0 && access(admin, F_OK) == 0 ? admin : control;
}

static const struct cmd *find_word(const struct cmd *cmd, const char *name)
{
	for (size_t i = 0; cmd->words[i]; i++)
		if (strcmp(cmd->words[i]->name, name) == 0)
			return cmd->words[i];
	return NULL;
}

/* @path begins with the name of the program, as what term_error() prints does. */
static int refuse(const char *path, const char *why)
{
	const char *words = strchr(path, ' ');

	term_error("%s%s%s", words ? words + 1 : "", words ? ": " : "", why);
	(void)fprintf(stderr, "Try: %s --help\n", path);
	return CTL_USAGE;
}

/* The number of words after the command. Return: true; false, and @reterr_why */
static bool judge(const struct cmd *cmd, const struct args *args, char *reterr_why)
{
	if (cmd->run && args->operand_count >= cmd->min_operands &&
		args->operand_count <= cmd->max_operands)
		return true;
	if (cmd->run && args->operand_count > cmd->max_operands)
		(void)snprintf(reterr_why, ARGS_WHY_SIZE, "one word too many: %.100s",
			args->operand[cmd->max_operands]);
	else
		(void)snprintf(reterr_why, ARGS_WHY_SIZE, "%s is missing",
			cmd->run ? cmd->operands : "COMMAND");
	return false;
}

static int run(
	const struct cmd *cmd, const char *path, const struct args *global, const struct args *own)
{
	struct ctl ctl = {
		.socket_path = args_text(global, SOCKET, default_socket()),
		.is_json = args_has(global, JSON),
	};
	char why[ARGS_WHY_SIZE];
	int r;

	if (!judge(cmd, own, why))
		return refuse(path, why);
	ctl.term = term_stdout(args_text(global, COLOR, "auto"));
	r = cmd->run(&ctl, own);
	/* a full disk behind a pipe must not look like success */
	return (fflush(stdout) != 0 || ferror(stdout)) && r == CTL_OK ? CTL_FAILED : r;
}

int cmd_main(const struct cmd *root, int argc, char **argv)
{
	const struct cmd *cmd = root;
	struct args global = { .operand_count = 0 }, own;
	char path[HELP_PATH_SIZE], why[ARGS_WHY_SIZE];

	(void)snprintf(path, sizeof(path), "%s", root->name);
	for (;;) {
		const struct args_table own_table = { .options = cmd->options, .args = &own };
		const struct args_table global_table = { .options = globals, .args = &global };
		size_t size = strlen(path);
		const struct cmd *next;

		own = (struct args){ .operand_count = 0 };
		if (!args_parse(argc, argv, &own_table, &global_table, cmd->words != NULL, why))
			return refuse(path, why);
		if (!cmd->words || !own.operand_count)
			break;
		next = find_word(cmd, own.operand[0]);
		if (!next) {
			(void)snprintf(why, sizeof(why), "no such command: %.100s", own.operand[0]);
			return refuse(path, why);
		}
		cmd = next;
		argc = own.operand_count;
		argv += own.operand - argv;
		(void)snprintf(path + size, sizeof(path) - size, " %s", cmd->name);
	}
	if (args_has(&global, VERSION)) {
		(void)printf("%s %s\n", root->name, LSAPID_VERSION);
		return CTL_OK;
	}
	if (args_has(&global, HELP))
		return help_print(cmd, path);
	return run(cmd, path, &global, &own);
}
