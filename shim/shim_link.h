#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Opening the control connection: socket, HELLO, WELCOME, lease table. */

#include "shim/shim_process.h"

/** What a new control connection consists of; the session takes it over. */
struct shim_link {
	int fd;                   /* owned */
	struct shim_table *table; /* owned: one reference */
	uint64_t boot_id;
};

/**
 * shim_link_open() - connect and introduce this process
 *
 * Return: 0; enum shim_session_error, with the errno or the daemon's reason and text.
 */
int shim_link_open(const struct shim_global *global, const uint8_t key[CONTROL_KEY_SIZE],
	struct shim_link *ret_link, struct shim_reply *reterr_reply, int *reterr_errno);

/**
 * shim_link_say_end() - this instance of httpd has ended: TERMINATE
 *
 * Waits for nothing but room in the daemon's backlog, for a fraction of a second.
 *
 * Return: 0; positive errno: nobody was told.
 */
int shim_link_say_end(const struct shim_global *global, const uint8_t key[CONTROL_KEY_SIZE]);

/** shim_link_copy_text() - a text of a message into CONTROL_MAX_TEXT + 1 bytes */
void shim_link_copy_text(char *out, struct wire_bytes text);
