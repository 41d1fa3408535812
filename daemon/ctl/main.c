/* SPDX-License-Identifier: Apache-2.0 */

/* lsapidctl: shows and steers lsapid through its control socket. */

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/ctl/cmd.h"

static const struct cmd *const commands[] = {
	&cmd_reload,
	&cmd_status,
	&cmd_why,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	(void)fprintf(out, "Usage: lsapidctl [--socket PATH] [--json] COMMAND\n"
			   "\n"
			   "Commands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(out, "  %-6s %-8s %s\n", commands[i]->name,
			commands[i]->argument ? commands[i]->argument : "", commands[i]->help);
	(void)fprintf(out,
		"\n"
		"Options:\n"
		"  -s, --socket PATH  socket (root: %s, others: admin.sock beside it)\n"
		"  -j, --json         the daemon's answer as JSON\n"
		"  -h, --help         this text\n"
		"  -V, --version      version\n",
		LSAPID_RUNDIR "/control.sock");
}

/* Root's socket, also that of a daemon without admin_group; else that of administrators. */
static const char *default_socket(void)
{
	static const char control[] = LSAPID_RUNDIR "/control.sock";
	static const char admin[] = LSAPID_RUNDIR "/admin.sock";

	return geteuid() != 0 && access(admin, F_OK) == 0 ? admin : control;
}

static const struct cmd *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int run_command(struct ctl *ctl, int argc, char **argv)
{
	const struct cmd *cmd = argc > 0 ? find_command(argv[0]) : NULL;

	if (!cmd || argc > 2 || (argc == 2 && !cmd->argument)) {
		if (argc > 0 && !cmd)
			(void)fprintf(stderr, "lsapidctl: no such command: %s\n", argv[0]);
		usage(stderr);
		return CTL_USAGE;
	}
	ctl->argument = argc == 2 ? argv[1] : NULL;
	return cmd->run(ctl);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl ctl = { .socket_path = default_socket() };
	int c;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((c = getopt_long(argc, argv, "s:jhV", options, NULL)) != -1) {
		switch (c) {
		case 's':
			ctl.socket_path = optarg;
			break;
		case 'j':
			ctl.is_json = true;
			break;
		case 'h':
			usage(stdout);
			return CTL_OK;
		case 'V':
			(void)puts("lsapidctl " LSAPID_VERSION);
			return CTL_OK;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}
	return run_command(&ctl, argc - optind, argv + optind);
}
