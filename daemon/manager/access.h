#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who may ask for what: the uid that the kernel vouches for (SO_PEERCRED), and for shims the key
 * that root-started Apache read before it dropped its privilege. A CGI script that runs as the
 * Apache user has the uid, not the key. Pure.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Bits: a role that an operation needs. */
#define ACCESS_SHIM_UID 1U /* may say HELLO */
#define ACCESS_SHIM     2U /* has said it with the right key */
#define ACCESS_ADMIN    4U

struct access_policy {
	bool is_privileged; /* the supervisor is root */
	uid_t apache_uid;   /* (uid_t)-1: no such account */
	uid_t own_uid;      /* of the manager */
};

/** access_roles() - what a peer of this uid may be, before it has said anything */
unsigned access_roles(const struct access_policy *policy, uid_t peer_uid);
