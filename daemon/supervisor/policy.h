#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What may be started: a pool specification against the configuration and the host. Pure: no
 * system call, no clock. The specification comes from a process without privilege that parses
 * bytes from strangers, so nothing in it is taken on faith.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/config/config.h"
#include "daemon/supervisor/limit.h"
#include "proto/pool_spec.h"
#include "proto/reason.h"

/** What the supervisor is and found out about accounts; made once per configuration. */
struct policy_host {
	bool is_privileged; /* root: any user that the configuration allows; else only our own */
	uid_t own_uid;
	gid_t own_gid;
	bool has_apache; /* apache_user and apache_group exist and are not root's */
	uid_t apache_uid;
	gid_t apache_gid;
	int oom_score_adj; /* our own, which PHP would inherit */
};

/** A specification that passed: numbers in their bounds, defaults filled in. */
struct policy_order {
	const struct config_handler *handler; /* borrowed: configuration */
	const char *name;                     /* borrowed: specification; never NULL */
	const char *docroot;                  /* borrowed: specification; NULL if it has none */
	const char *path;                     /* borrowed: specification or configuration */
	const char *phprc;                    /* borrowed: specification; NULL if it has none */
	const char *home;  /* borrowed: whoever looked it up; NULL: not needed, or there is none */
	const char *group; /* borrowed: specification; NULL if it has none: then @gid counts */
	uid_t uid;
	gid_t gid;
	uint32_t children;
	uint32_t max_idle_s;
	uint32_t max_reqs;
	uint32_t max_process_time_s;
	bool has_accept_notify;
	bool has_coredump;
	bool has_user_ini;
	bool has_user_ini_home;
	bool has_connection_pool;
	bool may_freeze;             /* criu is not off */
	bool has_own_log;            /* PHP's messages are for its stderr */
	int32_t nice;                /* CONFIG_UNSET_INT: as lsapid */
	int32_t oom_score_adj;       /* the same */
	uint64_t limit[LIMIT_COUNT]; /* LIMIT_UNSET, LIMIT_UNLIMITED */
};

/**
 * policy_check() - may this be started, and as what exactly
 *
 * All but the identity, see policy_check_identity(): a group by name has to be looked up first.
 *
 * @ret_order: written on success only
 * @ret_text:  on refusal the key, name or number concerned; always ended by a NUL
 *
 * Return: REASON_NONE, or why not.
 * Source: httpd support/suexec.c (floors, never root); design.md "Pools"; behaviours.md B26.
 */
enum reason policy_check(const struct config *c, const struct pool_spec *spec,
	struct policy_order *ret_order, char *ret_text, size_t size);

/**
 * policy_check_identity() - may PHP run as the user and group of an order
 * @o:        its gid is that of its group, if it names one
 * @ret_text: on refusal the figures
 *
 * Return: REASON_NONE, or why not.
 */
enum reason policy_check_identity(const struct config *c, const struct policy_host *host,
	const struct policy_order *o, char *ret_text, size_t size);
