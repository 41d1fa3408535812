#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One serving process: a child of the prefork parent, or the single process. It takes connections
 * and serves one request after another on each, until it has a reason to leave.
 *
 * Also the context that PHP's callbacks find in SG(server_context).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lsphp/child_table.h"
#include "lsphp/conn.h"
#include "lsphp/cost.h"
#include "lsphp/output.h"
#include "lsphp/retire.h"
#include "lsphp/settings.h"
#include "lsphp/title.h"
#include "proto/lsapi.h"

/** Unread body that is read away to keep a connection; behind more of it the connection ends. */
#define SERVER_DRAIN_MAX (1024U * 1024U)

struct server {
	const struct settings *settings; /* borrowed: main */
	struct title *title;             /* borrowed: main */
	struct child_table *table;       /* borrowed: parent; NULL in a single process */
	struct child_row *row;           /* borrowed: parent; NULL in a single process */
	int listener_fd;                 /* owned; -1: none */
	int wake_fd;                     /* borrowed: parent; eventfd that wakes it; -1: none */
	int epoll_fd;                    /* owned; -1 until the listener is first waited on */
	uint32_t served;                 /* requests */
	uint64_t start_ns;               /* of the running request */
	struct cost cost;                /* of the running request */
	bool closes;                     /* the connection ends with this response */
	bool leaves;                     /* the process ends with this connection */
	char *text;                      /* owned: the last header that getenv() was asked for */
	bool logs_to_stderr;             /* log text does not go over the connection */
	struct retire retire;
	struct lsapi_request request;
	struct conn conn;
	struct output output;
};

/** server_new() - NULL without memory. Takes over @listener_fd (-1: none). */
struct server *server_new(const struct settings *settings, struct title *title, int listener_fd);
void server_free(struct server *s);

/**
 * server_run_child() - serve @conn_fd, then whatever the listener brings
 * @conn_fd: first connection, just accepted by the parent; consumed
 *
 * Return: exit status of the process.
 */
int server_run_child(struct server *s, int conn_fd);

/** server_run_single() - serve the listener alone, connection by connection */
int server_run_single(struct server *s);

/** server_run_connection() - serve the one connection that was given as fd 0 */
int server_run_connection(struct server *s, int conn_fd);

/**
 * server_end_response() - send what is buffered and the end
 * @finishes_early: litespeed_finish_request(): the connection is closed, the script goes on
 *
 * Called by PHP's side as soon as nothing more can be put out; harmless if called again.
 */
void server_end_response(struct server *s, bool finishes_early);
