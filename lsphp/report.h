#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * lsphp's own messages: one line each on stderr, which the daemon (or STDERR_LOG) keeps.
 */

/** report_line() - "lsphp[PID]: text", cut at 1 KiB, written with one write(2) */
void report_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
