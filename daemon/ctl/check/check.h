#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * lsapidctl check: what is wrong with this host, each finding with its remedy. A check is one row
 * of a table and one function; it looks at what struct check has, at files, and at nothing else.
 *
 *     check.c          findings, and the run of all rows
 *     check_table.c    the rows
 *     check_AREA.c     the functions of an area
 *     apache_facts.c   what Apache's configuration says
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "daemon/ctl/check/apache_facts.h"

/** Findings that are kept: who has more of them repairs these first. */
#define CHECK_MAX_FINDINGS 1000U
/** Of one row: a thousand sites with the same mistake are one mistake. */
#define CHECK_MAX_OF_ROW 20U

/** In order: the worst is the last. */
enum check_severity {
	CHECK_OK,
	CHECK_SKIPPED, /* not looked at: what is needed for it is not there */
	CHECK_NOTE,    /* worth knowing */
	CHECK_WARNING, /* works, but not as it is meant, or not for long */
	CHECK_PROBLEM, /* does not work */
	CHECK_SEVERITY_COUNT
};

/** What a row can not be looked at without. */
enum check_need {
	CHECK_NEEDS_CONFIG = 1, /* lsapid.conf */
	CHECK_NEEDS_DAEMON = 2, /* its answers */
	CHECK_NEEDS_APACHE = 4, /* its configuration */
	CHECK_NEEDS_ROOT = 8,
	CHECK_NEEDS_HERE = 16 /* this system, not files of another one */
};

struct check;

struct check_row {
	const char *id; /* stable; the manual has each of them */
	const char *area;
	const char *title; /* what is so if there is no finding */
	unsigned needs;    /* enum check_need */
	void (*run)(struct check *c);
};

struct check_finding {
	const struct check_row *row;
	enum check_severity severity;
	char *what;   /* owned; printable, as all three */
	char *where;  /* owned; FILE:LINE or a path; "": of the host as a whole */
	char *remedy; /* owned; "": nothing to do */
};

struct check {
	struct check_finding *finding; /* owned */
	size_t count;
	size_t room;
	size_t of_row; /* findings of the row that is run, untold ones included */
	size_t untold;
	bool is_out_of_memory;
	const struct check_row *row; /* that is run */

	/* what is looked at; all borrowed */
	const char *socket_path;
	const char *config_path;
	const struct config *config;            /* NULL: it can not be read */
	const struct config_problems *problems; /* with it, or why it can not */
	const json_t *status;                   /* NULL: no answer */
	const json_t *criu;
	const json_t *why;                 /* of the whole host */
	const char *silence;               /* why there is no answer */
	bool is_denied;                    /* as the daemon does not answer this user */
	const struct apache_facts *apache; /* NULL: not found */
	const char *apache_why;            /* with it, if a file was named; or NULL */
	bool is_root;
	bool is_elsewhere; /* files of another system (--root) */
	uid_t own_uid;     /* may own what root may own */
};

/** check_table() - all rows, areas together */
const struct check_row *check_table(size_t *ret_count);

/** check_run() - all rows of the table */
void check_run(struct check *c);

/** check_deinit() - the findings */
void check_deinit(struct check *c);

/** check_worst() - CHECK_OK if there is none */
enum check_severity check_worst(const struct check *c);

/** check_severity_name() - stable word */
const char *check_severity_name(enum check_severity severity);

/* --- for the checks ----------------------------------------------------------------------- */

/** check_add() - a finding of the row that is run. @where: NULL: of the host as a whole */
void check_add(struct check *c, enum check_severity severity, const char *where, const char *format,
	...) ATTR_PRINTF(4, 5);

/** check_remedy() - of the finding that was added last */
void check_remedy(struct check *c, const char *format, ...) ATTR_PRINTF(2, 3);

/** check_path() - a path as path_check_open() wants it. @kind: enum path_check_kind
 * Return: true: it is as it has to be; else a finding was added */
bool check_path(struct check *c, enum check_severity severity, const char *path, int kind);

/* check_daemon.c */
void check_daemon_running(struct check *c);
void check_daemon_version(struct check *c);
void check_daemon_config(struct check *c);
void check_daemon_key(struct check *c);
void check_daemon_pools(struct check *c);

/* check_account.c */
void check_account_manager(struct check *c);
void check_account_apache(struct check *c);
void check_account_groups(struct check *c);
void check_account_shims(struct check *c);

/* check_file.c */
void check_file_socket(struct check *c);
void check_file_search(struct check *c);
void check_file_pools(struct check *c);
void check_file_key(struct check *c);
void check_file_logs(struct check *c);
void check_file_images(struct check *c);
void check_file_system(struct check *c);

/* check_php.c */
void check_php_binary(struct check *c);
void check_php_version(struct check *c);

/* check_limit.c */
void check_limit_files(struct check *c);
void check_limit_processes(struct check *c);
void check_limit_cgroup(struct check *c);
void check_limit_children(struct check *c);

/* check_criu.c */
void check_criu_works(struct check *c);
void check_criu_per_user(struct check *c);

/* check_apache.c */
void check_apache_config(struct check *c);
void check_apache_module(struct check *c);
void check_apache_conflict(struct check *c);
void check_apache_handler(struct check *c);
void check_apache_known(struct check *c);
void check_apache_engine(struct check *c);
void check_apache_owner(struct check *c);
void check_apache_user(struct check *c);
void check_apache_socket(struct check *c);
void check_apache_lines(struct check *c);

/* check_host.c */
void check_host_killer(struct check *c);
