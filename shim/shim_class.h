#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Classes of failures, as lsapi_error_code names them: each may have a status of its own. Pure.
 * Source: tests/golden/directives.csv, behaviours.md B13.
 */

#include <stdbool.h>

#include "shim/shim_retry.h"

enum shim_class {
	SHIM_CLASS_NONE = 0,        /* has no class: its status is what it is */
	SHIM_CLASS_SERVER_DOCROOT,  /* the document root is refused */
	SHIM_CLASS_SERVER_UID,      /* nobody is known to run PHP, or not this one */
	SHIM_CLASS_SCRIPT_PERMS,    /* the script is refused for its owner or mode */
	SHIM_CLASS_LSAPI_CREATE,    /* no description of the pool */
	SHIM_CLASS_LSAPI_INTERNAL,  /* memory, files, lsapid's own failures */
	SHIM_CLASS_CONN_ACQUIRE,    /* no process or no place in the queue is free */
	SHIM_CLASS_CONN_DETERMINE,  /* lsapid knows no such PHP, or not this httpd */
	SHIM_CLASS_BACKEND_CONNECT, /* no lsapid, or PHP does not start */
	SHIM_CLASS_BACKEND_NOHDRS,  /* PHP ended without a word */
	SHIM_CLASS_BACKEND_ENDHDRS, /* what came is no head of an answer */
	SHIM_CLASS_BACKEND_SENDREQ, /* PHP did not take the request */
	SHIM_CLASS_BACKEND_RECVHDR, /* the head did not come: too late, or reset */
	SHIM_CLASS_BACKEND_RECVRSP, /* PHP ended, or went wrong, behind the head */
	SHIM_CLASS_CLIENT_SETUP,    /* the body of the request can not be read */
	SHIM_CLASS_COUNT
};

/** What is known of an exchange that failed. */
struct shim_class_facts {
	enum shim_end end;
	bool has_head; /* of the answer */
	bool is_sent;  /* the request, all of it */
};

/** shim_class_find() - by the name that is written; SHIM_CLASS_NONE: there is none */
enum shim_class shim_class_find(const char *name);

/** shim_class_of_reason() - why lsapid gave no connection: enum reason */
enum shim_class shim_class_of_reason(unsigned reason);

/** shim_class_of_exchange() - how an exchange with PHP failed */
enum shim_class shim_class_of_exchange(const struct shim_class_facts *facts);
