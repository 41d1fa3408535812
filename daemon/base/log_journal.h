#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Entries for systemd's journal, with fields that it can look for. An encoder of our own instead of
 * libsystemd: one datagram of text is not worth a library in the process that is root.
 *
 * A value is never more than one line: what is not printable is escaped as in the line itself, so
 * that no byte of a stranger can begin a field, and no terminal that shows one obeys it.
 * Source: systemd.io, "Native Journal Protocol"; systemd.journal-fields(7).
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/log.h"

/** The journal's own socket; another one is for tests. */
#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"
/** An entry: the line, and each value once more. Far below what a datagram may have. */
#define LOG_JOURNAL_MAX 16384U

struct log_journal_entry {
	const char *ident;
	enum log_level level;
	const char *event;
	const char *id;      /* MESSAGE_ID; NULL: it has none */
	const char *message; /* the line */
	const struct log_field *fields;
	size_t count;
};

/**
 * log_journal_encode() - the pure part
 *
 * Return: its size, without a NUL. A value for which the room is too short is cut and ends in
 * "...", a field for which there is none is left out.
 */
size_t log_journal_encode(char *out, size_t size, const struct log_journal_entry *e);

/** log_journal_open() - Return: a socket to send from, the caller's; -errno */
int log_journal_open(void);

/** log_journal_send() - waits for a moment if journald is behind. Return: false: it was not taken
 */
bool log_journal_send(int fd, const char *path, const char *data, size_t size);
