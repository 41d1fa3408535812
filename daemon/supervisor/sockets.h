#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who is at the other end of the sockets of a process: a database, another server. For the log.
 *
 * Those of the internet are looked for in /proc/PID/net, of the process's own network namespace: a
 * line each, of all there are, so that bytes and time are bounded, and on a host with very many
 * some are not found. Those of the host itself are asked for by number (unix_diag), of our own
 * namespace; the kernel answers at once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Of one file of /proc/PID/net: about 25000 sockets. */
#define SOCKETS_BYTES_MAX (4U << 20)
#define SOCKETS_TEXT_SIZE 160U

struct socket_peer {
	uint64_t inode;               /* as the link of its descriptor says */
	char text[SOCKETS_TEXT_SIZE]; /* "tcp 192.0.2.1:3306 established"; "": not found */
};

/** sockets_parse_link() - "socket:[123]". Return: its number; 0: no socket. Pure */
uint64_t sockets_parse_link(const char *target);

/**
 * sockets_parse_line() - a line of /proc/net/tcp and its like. Pure
 * @name: of the file
 * @line: NUL-terminated, is taken apart
 *
 * Return: false: it is no such line.
 */
bool sockets_parse_line(const char *name, char *line, struct socket_peer *ret_peer);

/**
 * sockets_find() - fill in the texts
 * @proc:     directory of the process in /proc
 * @until_ns: what has not been found by then stays empty
 */
void sockets_find(int proc, struct socket_peer *peers, size_t count, uint64_t until_ns);
