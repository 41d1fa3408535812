#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who may ask for what: by which socket, as whom the kernel vouches for (SO_PEERCRED,
 * SO_PEERGROUPS), and for shims the key that root-started Apache read before it dropped its
 * privilege. A CGI script that runs as the Apache user has the uid, not the key.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

/** Bits: a role that an operation needs. */
#define ACCESS_SHIM_UID 1U /* may say HELLO */
#define ACCESS_SHIM     2U /* has said it with the right key */
#define ACCESS_ADMIN    4U

enum access_door {
	ACCESS_DOOR_CONTROL, /* control_socket: for shims, and for root */
	ACCESS_DOOR_ADMIN    /* admin_socket: for administrators, and for nothing else */
};

struct access_policy {
	bool is_privileged; /* the supervisor is root */
	uid_t own_uid;      /* of the manager */
	uid_t *shim_uids;   /* owned: of apache_user and shim_users, those that exist */
	size_t shim_count;
	gid_t admin_gid; /* (gid_t)-1: nobody but root */
};

/** Who has connected. */
struct access_peer {
	enum access_door door;
	uid_t uid;
	const gid_t *gids; /* borrowed: its own group and the others */
	size_t gid_count;
};

/**
 * access_load() - look the accounts of the configuration up; what there was is replaced
 *
 * Return: 0; -ENOMEM: what there was stays.
 */
int access_load(struct access_policy *policy, const struct config *c) ATTR_MUST_USE;
void access_clear(struct access_policy *policy);

/** access_roles() - what a peer may be, before it has said anything; pure */
unsigned access_roles(const struct access_policy *policy, const struct access_peer *peer);

/**
 * access_read_groups() - of the process at the other end of @fd, with its own group @gid
 * @ret_gids: free()
 *
 * Return: 0; -errno. Source: unix(7), SO_PEERGROUPS.
 */
int access_read_groups(int fd, gid_t gid, gid_t **ret_gids, size_t *ret_count) ATTR_MUST_USE;
