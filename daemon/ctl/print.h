#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers of the daemon on stdout: JSON as it came, or columns for people. The door of jansson in
 * lsapidctl, with print_why.c, print_criu.c, print_check.c and print_import_json.c. All return enum
 * ctl_exit.
 */

#include <stdbool.h>

#include "proto/control.h"

struct import;

/** print_import() - findings in columns if stdout is a terminal, else a line each; a summary */
int print_import(const struct import *im);

/** print_import_json() - the same for programs */
int print_import_json(const struct import *im);

/** print_json() - as it is, and a newline */
int print_json(const char *json);

/** print_status() - the answer to STATUS in columns */
int print_status(const char *json);

/** print_reload() - the answer to RELOAD in a line */
int print_reload(const char *json);

/** print_why() - the answer to WHY: who refused what, when, and what can be done */
int print_why(const char *json);

/** print_criu() - the answer to CRIU: @what of lsapidctl criu, see cmd_criu.c */
int print_criu(enum control_criu_what what, const char *json);

/** print_check() - both answers of lsapidctl check. Return: CTL_FAILED if there is a problem */
int print_check(const char *status_json, const char *criu_json, bool is_json);

/** print_failure() - on stderr. Return: the exit status that enum client_error @error means */
int print_failure(int error, const char *why);
