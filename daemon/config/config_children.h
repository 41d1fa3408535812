#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How many children a pool may have if nobody has written it: the documented number, but no more
 * than the account may have processes. And whether what somebody has written goes together.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/cgroup.h"
#include "daemon/config/config.h"
#include "daemon/config/config_merge.h"

/** Fewer are no pool: lsphp's parent serves nobody by itself. */
#define CONFIG_CHILDREN_MIN 2U

/** What the host lets an account have; CGROUP_UNLIMITED: all that there is. */
struct config_account {
	uint64_t pids_max; /* of its slice; CGROUP_UNLIMITED also if it has none */
	uint64_t nproc;    /* RLIMIT_NPROC of lsapid, which PHP has if nothing else is set */
};

/** The children of one pool. */
struct config_children {
	uint32_t count;
	enum config_source source;
	uint64_t process_limit;            /* of the account; CGROUP_UNLIMITED: none */
	enum config_source process_source; /* CONFIG_SOURCE_PIDS_MAX or CONFIG_SOURCE_NPROC */
	uint64_t own_nproc;                /* limit_nproc of the pool, if has_own_nproc */
	bool has_own_nproc;
};

/**
 * config_children_lower() - what a default is for an account with a limit of processes
 * @process_limit: CGROUP_UNLIMITED: there is none
 *
 * Return: @children, or one less than the limit: the parent is a process, too.
 * Source: behaviours.md B38.
 */
uint32_t config_children_lower(uint32_t children, uint64_t process_limit);

/**
 * config_children_see() - a config_setting_fn: note what is about children
 * @context: struct config_children, zeroed
 */
void config_children_see(void *context, const struct config_setting *s);

/**
 * config_children_settle() - after config_explain() with config_children_see()
 * @is_written: somebody has said how many: kept, whatever the account may have
 */
void config_children_settle(
	struct config_children *k, bool is_written, const struct config_account *account);

/**
 * config_children_write() - the count into a merged specification
 * @data: what @spec views; changed in place: a count that is lower is no longer
 */
void config_children_write(const struct config_children *k, char *data, struct pool_spec *spec);

/** config_children_contradict() - more children than processes (behaviours.md B39) */
bool config_children_contradict(const struct config_children *k);

/**
 * config_account_open() - where config_account_read() is to look
 * @ret_fd: -1 if the host has no cgroup v2
 *
 * Return: 0; -errno: cgroup_root can not be opened.
 */
int config_account_open(const struct config *c, int *ret_fd) ATTR_MUST_USE;

/** config_account_read() - ask the host; @cgroup_fd: -1 for none */
struct config_account config_account_read(int cgroup_fd, uid_t uid);
