#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The help of a command, from its tables. */

struct cmd;

/** Longest chain of words that names a command. */
#define HELP_PATH_SIZE 128U

/** help_print() - on stdout. @path: all words of the command. Return: enum ctl_exit */
int help_print(const struct cmd *cmd, const char *path);

/** help_exit() - what an exit status means for @cmd. Return: static; NULL: it has none such */
const char *help_exit(const struct cmd *cmd, int status);
