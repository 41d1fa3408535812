#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The findings of lsapidctl import on stdout. */

struct ctl;
struct import;

/** print_import() - in columns if stdout is a terminal, else a line each; a summary */
void print_import(const struct ctl *ctl, const struct import *im);

/** print_import_json() - the same for programs. Return: enum ctl_exit */
int print_import_json(const struct import *im);
