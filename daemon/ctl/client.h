#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* lsapidctl's side of the control socket: connect, one request, its answer. */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "proto/control.h"

/** A document larger than this is a mistake of the daemon. */
#define CLIENT_MAX_DOCUMENT (256U * 1024U * 1024U)
/** The daemon answers at once; a reload may take it some seconds. */
#define CLIENT_TIMEOUT_S 15
/** CRIU may take as long as criu_time_limit, 10 minutes at most. */
#define CLIENT_CRIU_TIMEOUT_S 660

struct ctl;

enum client_error {
	CLIENT_E_CONNECT = 1, /* no daemon there, or no right to talk to it */
	CLIENT_E_DENIED,      /* it refused */
	CLIENT_E_ANSWER       /* no answer, or none that makes sense */
};

struct client_answer {
	char *json;      /* owned: free() it */
	uint32_t status; /* 0 or an errno: did the command succeed */
};

/** One request. */
struct client_question {
	enum control_type type; /* STATUS, RELOAD, WHY, CRIU, STEER or SHOW */
	const char *what;       /* WHY: of whom; "": the whole host; CRIU: which pool; "": none */
	enum control_criu_what criu;
	struct wire_bytes query;    /* SHOW */
	struct control_steer steer; /* STEER */
	/* STEER: told how far it is, in JSON, for as long as it takes; NULL: nobody is */
	void (*progress)(const struct ctl *ctl, const char *json);
	const struct ctl *ctl; /* borrowed: for @progress */
};

/**
 * client_ask() - ask, and wait for the answer
 * @reterr_why: one line for people on failure; CONTROL_MAX_TEXT + 64 bytes
 *
 * Return: 0; enum client_error
 */
int client_ask(const char *socket_path, const struct client_question *question,
	struct client_answer *ret_answer, char *reterr_why) ATTR_MUST_USE;
