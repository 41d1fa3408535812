#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the administrator wrote, as an immutable typed snapshot.
 *
 * The supervisor reads the files (config_bundle_read: only files owned by root, or by the daemon's
 * own user when it runs without privilege, and not writable by others), and hands the same bytes
 * to the manager in a sealed memfd. Both sides parse them with config_parse(), so that they can
 * never disagree about what a file said.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/log.h"

/** All files together; a bound for the memfd. 10,000 pool files of 4 KiB fit. */
#define CONFIG_MAX_BYTES (64U * 1024U * 1024U)

/** One thing that is wrong, for people. */
struct config_problem {
	char file[256];
	int line;       /* 0: the file as a whole */
	char what[256]; /* what is wrong, with the value */
	char remedy[256];
};

/** config_problem_set() - fill @p; texts that are too long are cut. Return: 1, for the caller's
 * return */
int config_problem_set(
	struct config_problem *p, const char *file, int line, const char *what, const char *remedy);

/** Room for all that config_problem_format() may write. */
#define CONFIG_PROBLEM_TEXT (sizeof(struct config_problem) + 32)

/** config_problem_format() - "file:line: what; remedy". Return: its length without the NUL */
size_t config_problem_format(const struct config_problem *p, char out[CONFIG_PROBLEM_TEXT]);

struct path_check_fault;

/** config_problem_set_path() - the same from what path_check_open() returned. Return: 1 */
int config_problem_set_path(struct config_problem *p, const char *file, int error,
	const struct path_check_fault *fault);

/** One environment variable that a handler gives to every lsphp of it. */
struct config_env {
	char *name;  /* owned */
	char *value; /* owned */
};

struct config_handler {
	char *name;             /* owned: "application/x-httpd-lsphp" */
	char *binary;           /* owned: absolute path of lsphp */
	struct config_env *env; /* owned */
	size_t env_count;
};

/** Every setting of a pool, already with documented defaults; lsapid.conf `defaults` wins. */
struct config_pool_defaults {
	uint32_t children;        /* 2..10000 */
	uint32_t max_idle_s;      /* 0: for ever */
	uint32_t pgrp_max_idle_s; /* 0: for ever */
	uint32_t max_reqs;
	uint32_t max_process_time_s;
	char *path; /* owned: PATH of lsphp */
};

struct config {
	char *control_socket; /* owned */
	char *runtime_dir;    /* owned: root's; pools/ in it is the manager's */
	char *key_file;       /* owned: the shim's key, made when missing */
	char *manager_user;   /* owned: account of lsapid-manager; ignored without privilege */
	char *apache_user;    /* owned: may connect as a shim; default identity of scripts */
	char *apache_group;   /* owned: group of the control socket */
	enum log_level log_level;
	uid_t uid_min;
	gid_t gid_min;
	uint32_t max_pools;
	uint32_t max_children_total;
	uint32_t max_concurrent_starts;
	uint32_t stop_grace_ms; /* how long a stop waits for requests under way */
	bool has_document_root_check;
	struct config_handler *handlers; /* owned */
	size_t handler_count;
	struct config_pool_defaults defaults;
};

/**
 * config_bundle_read() - read lsapid.conf and all that belongs to it, with owner and mode checks
 * @path:        lsapid.conf
 * @ret_data:    malloc'ed bundle of (path, bytes) pairs
 * @ret_problem: filled if 1 is returned
 *
 * Return: 0; 1 and one problem; -errno if the daemon itself cannot go on (memory).
 */
int config_bundle_read(const char *path, char **ret_data, size_t *ret_size,
	struct config_problem *ret_problem) ATTR_MUST_USE;

/**
 * config_parse() - check a bundle and make a snapshot of it
 *
 * Return: 0 and *ret_config (config_free); 1 and one problem; -errno (memory).
 */
int config_parse(const char *data, size_t size, struct config **ret_config,
	struct config_problem *ret_problem) ATTR_MUST_USE;

/** config_free() - accepts NULL; returns NULL */
struct config *config_free(struct config *c);

/** config_find_handler() - NULL if lsapid.conf does not name it */
const struct config_handler *config_find_handler(const struct config *c, const char *name);
