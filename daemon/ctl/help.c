/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/help.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/cmd.h"

static const char *const exits[] = {
	[CTL_OK] = "success",
	[CTL_FAILED] = "the command failed",
	[CTL_USAGE] = "wrong command line",
	[CTL_NO_DAEMON] = "nobody answers on the socket",
	[CTL_NOT_ALLOWED] = "the daemon refuses this user",
};

const char *help_exit(const struct cmd *cmd, int status)
{
	for (const struct cmd_exit *e = cmd->exits; e && e->help; e++)
		if ((int)e->status == status)
			return e->help;
	if (cmd->is_alone && (status == CTL_NO_DAEMON || status == CTL_NOT_ALLOWED))
		return NULL;
	return status < (int)(sizeof(exits) / sizeof(exits[0])) ? exits[status] : NULL;
}

/* "-u, --user USER", "    --watch[=SECONDS]". Return: how long it is */
static int write_option(char *out, size_t size, const struct args_option *o)
{
	const char *argument = o->argument ? o->argument : "";
	bool is_optional = argument[0] == '[';
	char letter[8] = "    ";

	if (o->letter)
		(void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	return snprintf(out, size, "%s--%s%s%s", letter, o->name,
		is_optional ? "[="
		: *argument ? " "
			    : "",
		is_optional ? argument + 1 : argument);
}

static int widest(const struct args_option *o, int width)
{
	char text[128];

	for (; o && o->name; o++) {
		int n = write_option(text, sizeof(text), o);

		width = n > width ? n : width;
	}
	return width;
}

static void print_options(const struct args_option *o, int width)
{
	char text[128];

	for (; o && o->name; o++) {
		(void)write_option(text, sizeof(text), o);
		(void)printf("  %-*s  %s\n", width, text, o->help);
	}
}

static void print_words(const struct cmd *const *words)
{
	int width = 0;

	for (size_t i = 0; words[i]; i++)
		width = (int)strlen(words[i]->name) > width ? (int)strlen(words[i]->name) : width;
	(void)printf("\nCommands:\n");
	for (size_t i = 0; words[i]; i++)
		(void)printf("  %-*s  %s\n", width, words[i]->name, words[i]->help);
}

static void print_usage(const struct cmd *cmd, const char *path)
{
	const char *word = !cmd->words ? cmd->operands : cmd->run ? "[COMMAND]" : "COMMAND";

	(void)printf("Usage: %s [OPTIONS]%s%s\n\n%s\n", path, word ? " " : "", word ? word : "",
		cmd->help);
	if (cmd->more)
		(void)printf("\n%s\n", cmd->more);
}

int help_print(const struct cmd *cmd, const char *path)
{
	int width = widest(cmd_globals(), widest(cmd->options, 0));

	print_usage(cmd, path);
	if (cmd->words)
		print_words(cmd->words);
	(void)printf("\nOptions:\n");
	print_options(cmd->options, width);
	print_options(cmd_globals(), width);
	(void)printf("\nExit status:\n");
	for (int i = 0; i < CTL_EXIT_COUNT; i++) {
		const char *text = help_exit(cmd, i);

		if (text)
			(void)printf("  %d  %s\n", i, text);
	}
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}
