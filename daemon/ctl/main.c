/* SPDX-License-Identifier: Apache-2.0 */

/* lsapidctl: shows and steers lsapid through its control socket. */

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/ctl/cmd.h"

static const struct cmd *const commands[] = {
	&cmd_check,
	&cmd_criu,
	&cmd_import,
	&cmd_reload,
	&cmd_status,
	&cmd_why,
};

/** Options without a letter. */
#define OPTION_HTACCESS 256
#define OPTION_ALL      257

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	(void)fprintf(out, "Usage: lsapidctl [OPTIONS] COMMAND\n"
			   "\n"
			   "Commands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(out, "  %-6s %-25s %s\n", commands[i]->name,
			commands[i]->argument ? commands[i]->argument : "", commands[i]->help);
	(void)fprintf(out,
		"\n"
		"Options:\n"
		"  -s, --socket PATH  socket (root: %s, others: admin.sock beside it)\n"
		"  -j, --json         the answer as JSON\n"
		"  -f, --follow       import: read the files that Include names, too\n"
		"      --htaccess     import: the files are .htaccess files, whatever they are called\n"
		"      --all          criu reset: of all pools\n"
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

	if (!cmd || argc - 1 < cmd->min_arguments || argc - 1 > cmd->max_arguments) {
		if (argc > 0 && !cmd)
			(void)fprintf(stderr, "lsapidctl: no such command: %s\n", argv[0]);
		usage(stderr);
		return CTL_USAGE;
	}
	ctl->argument = argc > 1 ? argv[1] : NULL;
	ctl->arguments = argv + 1;
	ctl->argument_count = argc - 1;
	return cmd->run(ctl);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "follow", no_argument, NULL, 'f' },
		{ "htaccess", no_argument, NULL, OPTION_HTACCESS },
		{ "all", no_argument, NULL, OPTION_ALL },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl ctl = { .socket_path = default_socket() };
	int c;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((c = getopt_long(argc, argv, "s:jfhV", options, NULL)) != -1) {
		switch (c) {
		case 's':
			ctl.socket_path = optarg;
			break;
		case 'j':
			ctl.is_json = true;
			break;
		case 'f':
			ctl.is_following = true;
			break;
		case OPTION_HTACCESS:
			ctl.is_htaccess = true;
			break;
		case OPTION_ALL:
			ctl.is_all = true;
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
