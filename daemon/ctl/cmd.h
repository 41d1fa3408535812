#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The commands of lsapidctl: one const entry each, in a file of its own. */

#include <stdbool.h>

/** Exit statuses; the manual has them too. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED =
		1, /* the daemon says that it did not succeed; import: there is something to do */
	CTL_USAGE = 2,      /* wrong command line */
	CTL_NO_DAEMON = 3,  /* nobody answers on the socket */
	CTL_NOT_ALLOWED = 4 /* the daemon refuses this user */
};

/** What the command line says. */
struct ctl {
	const char *socket_path; /* borrowed: argv */
	const char *argument;    /* borrowed: argv; the first; NULL: none */
	char *const *arguments;  /* borrowed: argv; all */
	int argument_count;
	bool is_json;
	bool is_htaccess;  /* import: the files are .htaccess files */
	bool is_following; /* import: read included files, too */
	bool is_all;       /* criu reset: of all pools */
};

struct cmd {
	const char *name;
	const char *argument; /* what may follow it, for the help; NULL: nothing */
	int min_arguments, max_arguments;
	const char *help;                  /* one line */
	int (*run)(const struct ctl *ctl); /* enum ctl_exit */
};

extern const struct cmd cmd_check;
extern const struct cmd cmd_criu;
extern const struct cmd cmd_import;
extern const struct cmd cmd_reload;
extern const struct cmd cmd_status;
extern const struct cmd cmd_why;
