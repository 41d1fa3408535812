#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the kernel's cgroup v2 tree says about an account. Only read, and without any privilege:
 * the tree is the kernel's and systemd's. Everything is relative to a descriptor of its root.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/** No limit: "max" of a cgroup, RLIM_INFINITY of a resource limit. */
#define CGROUP_UNLIMITED UINT64_MAX

/**
 * cgroup_parse_mount() - is a line of /proc/self/mountinfo that of a cgroup v2 tree?
 * @ret_path: where it is mounted
 *
 * Return: false: no, or its path is too long, or it is mounted from below its root.
 */
bool cgroup_parse_mount(const char *line, char *ret_path, size_t size);

/** cgroup_parse_limit() - the text of a file such as pids.max. Return: false: no limit is that */
bool cgroup_parse_limit(const char *text, uint64_t *ret_value);

/**
 * cgroup_open() - the root of the tree
 * @path: NULL or "": look for its mount
 *
 * Return: 0; -ENOENT: there is none; -errno.
 */
int cgroup_open(const char *path, int *ret_fd) ATTR_MUST_USE;

/**
 * cgroup_read_pids_max() - most tasks of an account: pids.max of its slice
 *
 * Return: 0; -ENOENT: it has no slice now, or its slice no such limit; -errno.
 * Source: user.slice and user-UID.slice are those of systemd.special(7).
 */
int cgroup_read_pids_max(int root_fd, uid_t uid, uint64_t *ret_value) ATTR_MUST_USE;
