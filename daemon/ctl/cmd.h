#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The commands of lsapidctl: one const entry each, in a file of its own, with its options, its
 * help and what its exit statuses mean. cmd_main() finds and runs them; the help (help.h), the
 * completion and the manual's check read the same entries.
 */

#include <stdbool.h>

#include "daemon/ctl/args.h"
#include "daemon/ctl/term.h"

/** Exit statuses; their meaning for all commands is in help.c, and in the manual. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,      /* the daemon says that it did not succeed */
	CTL_USAGE = 2,       /* wrong command line */
	CTL_NO_DAEMON = 3,   /* nobody answers on the socket */
	CTL_NOT_ALLOWED = 4, /* the daemon refuses this user */
	CTL_NO_MATCH = 5,    /* no pool is what was asked for */
	CTL_WARNED = 6,      /* check: nothing worse than a warning */
	CTL_LATE = 7,        /* not done in the time that was given; it goes on */
	CTL_EXIT_COUNT
};

/** The options that every command takes, and the terminal. */
struct ctl {
	const char *socket_path; /* borrowed: argv */
	bool is_json;
	struct term term;
};

/** What an exit status means for one command, where it is not what it means for all. */
struct cmd_exit {
	enum ctl_exit status;
	const char *help; /* NULL: ends the table */
};

struct cmd {
	const char *name;
	const char *operands; /* for the usage: "[POOL]...", as in args.h; NULL: none */
	int min_operands, max_operands;
	const char *help;                  /* one line, begins with a small letter, without a dot */
	const char *more;                  /* what else --help says; NULL: nothing */
	const struct args_option *options; /* NULL: only those that every command takes */
	const struct cmd_exit *exits;      /* NULL: as for all */
	const struct cmd *const *words;    /* commands below it, the last is NULL; or NULL */
	bool is_alone;                     /* asks no daemon */
	int (*run)(const struct ctl *ctl,
		const struct args *args); /* enum ctl_exit; NULL: needs a word */
};

/** cmd_main() - find the command of @argv below @root, and run it. Return: enum ctl_exit */
int cmd_main(const struct cmd *root, int argc, char **argv);

/** cmd_lsapidctl - the root of all commands, in main.c */
extern const struct cmd cmd_lsapidctl;

/** cmd_globals() - the table of the options that every command takes */
const struct args_option *cmd_globals(void);

extern const struct cmd cmd_build_native_lsphp;
extern const struct cmd cmd_check;
extern const struct cmd cmd_check_php;
extern const struct cmd cmd_complete;
extern const struct cmd cmd_criu;
extern const struct cmd cmd_disable_domain;
extern const struct cmd cmd_disable_global;
extern const struct cmd cmd_drain;
extern const struct cmd cmd_enable_domain;
extern const struct cmd cmd_enable_global;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_import;
extern const struct cmd cmd_kill;
extern const struct cmd cmd_log_level;
extern const struct cmd cmd_ps;
extern const struct cmd cmd_reload;
extern const struct cmd cmd_restart;
extern const struct cmd cmd_setup;
extern const struct cmd cmd_show;
extern const struct cmd cmd_stat;
extern const struct cmd cmd_status;
extern const struct cmd cmd_stop;
extern const struct cmd cmd_top;
extern const struct cmd cmd_uninstall;
extern const struct cmd cmd_warm;
extern const struct cmd cmd_why;

/** Another program: lsapidctl by this name. */
extern const struct cmd cmd_switch_mod_lsapi;
