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
#include "daemon/base/map.h"
#include "daemon/config/config_names.h"

/** All files together; a bound for the memfd. 10,000 pool files of 4 KiB fit. */
#define CONFIG_MAX_BYTES (64U * 1024U * 1024U)
/** Pool files: ten times what one host has been seen with. */
#define CONFIG_MAX_POOL_FILES 100000U
/** Problems that are kept and shown; who has more of them repairs these first. */
#define CONFIG_MAX_PROBLEMS 1000U
/** Rows of the section of defaults. */
#define CONFIG_MAX_DEFAULTS 64U

/** One thing that is wrong, for people. */
struct config_problem {
	char file[256];
	int line;       /* 0: the file as a whole */
	char what[256]; /* what is wrong, with the value */
	char remedy[256];
	bool is_kept; /* of a pool file: its last good version goes on */
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
	char **watch; /* owned: files and directories that PHP reads when it starts */
	size_t watch_count;
};

/** Every setting of a pool, already with documented defaults; lsapid.conf `defaults` wins. */
struct config_pool_defaults {
	uint32_t children;        /* 2..10000 */
	uint32_t max_idle_s;      /* 0: for ever */
	uint32_t pgrp_max_idle_s; /* 0: for ever */
	uint32_t max_reqs;
	uint32_t max_process_time_s;
	uint32_t max_lifetime_s; /* 0: for ever */
	uint64_t max_memory;     /* bytes; 0: any */
	char *path;              /* owned: PATH of lsphp */
	uint32_t children_max;
	bool has_accept_notify;
	bool has_coredump;
	bool has_user_ini;
	char *phprc;        /* owned: "" for none */
	uint32_t when_busy; /* index of its word: reject, queue */
	uint32_t queue_length;
	uint32_t queue_wait_ms;
	uint32_t busy_status; /* index of its word: 507, 503 */
	bool has_connection_pool;
	uint32_t max_connections;  /* 1..10000 */
	uint32_t pgrp_max_reqs;    /* 0: any number */
	uint32_t pgrp_max_crashes; /* 0: any number */
	uint32_t slow_time_s;      /* 0: no request is called slow */
	bool has_dump_debug_info;
	uint32_t own_log;       /* index of its word: off, vhost, common */
	uint32_t criu;          /* index of its word: auto, on, off */
	uint32_t initial_start; /* 0: never */
	char *criu_images_dir;  /* owned */
	bool has_criu_reset;
	bool has_criu_debug;
	/* CONFIG_UNSET_* of their type: as lsapid itself */
	int32_t nice;
	int32_t oom_score_adj;
	uint64_t limit_as;
	uint64_t limit_core;
	uint64_t limit_data;
	uint64_t limit_fsize;
	uint64_t limit_memlock;
	uint64_t limit_stack;
	uint32_t limit_cpu_s;
	uint32_t limit_nofile;
	uint32_t limit_nproc;
	bool has_user_file;
};

/** One setting of a pool file, as the pool specification has it. */
struct config_entry {
	char *key;   /* owned */
	char *value; /* owned */
	int line;
};

/** One pool "NAME" { } of a pool file. */
struct config_pool {
	const char *file; /* borrowed: the configuration's list of files */
	int line;         /* of its user */
	char *name;       /* owned */
	char *user;       /* owned: name of an account, or its number */
	char **vhosts;    /* owned: lower case; none: all of the user */
	size_t vhost_count;
	struct config_entry *entries; /* owned */
	size_t entry_count;
	uint32_t children_max; /* 0: not set */
	int children_max_line;
	char *log; /* owned: name of its file in log_dir; NULL: not set */
	int log_line;
};

/** Things that are wrong, in the order in which they were found. */
struct config_problems {
	struct config_problem *item; /* owned */
	size_t count;
	size_t capacity;
};

struct config {
	char *control_socket; /* owned */
	char *runtime_dir;    /* owned: root's; pools/ in it is the manager's */
	char *key_file;       /* owned: the shim's key, made when missing */
	char *manager_user;   /* owned: account of lsapid-manager; ignored without privilege */
	char *apache_user;    /* owned: may connect as a shim; default identity of scripts */
	char *apache_group;   /* owned: group of the control socket */
	struct config_names shim_users; /* owned: others that may connect as a shim */
	char *admin_group;  /* owned: group of admin_socket; "": none, and no such socket */
	char *admin_socket; /* owned: for administrators that are not root */
	char *metrics;      /* owned: listen_address_parse(); "": none are served */
	char *pools_dir;    /* owned: of the pool files */
	char *handler_map;  /* owned: file with further handlers; "": none */
	char *cgroup_root;  /* owned: of the cgroup v2 tree; "": found by itself */
	enum log_level log_level;
	char *log_target; /* owned: log_target_parse() */
	char *log_dir;    /* owned: of the log files of pools */
	struct log_limit_terms log_limits;
	uid_t uid_min;
	gid_t gid_min;
	uint32_t max_pools;
	uint32_t metrics_max_pools;
	uint32_t max_children_total;
	uint32_t max_concurrent_starts;
	uint32_t stop_grace_ms;      /* how long a stop waits for requests under way */
	uint32_t manager_timeout_ms; /* until a manager that hangs is replaced; 0: it is not */
	bool has_batch_scheduling;
	bool has_document_root_check;
	bool has_home_check;
	bool has_watch_php;
	uint32_t replace_rate; /* pools per second, when their PHP has changed; 0: no bound */
	char *criu_program;    /* owned; "": PHP is never frozen */
	uint32_t criu_time_limit_ms;
	uint64_t criu_images_max; /* bytes in one directory */
	uint32_t criu_image_max_age_s;
	struct config_handler *handlers; /* owned */
	size_t handler_count;
	bool has_implicit_handler; /* nobody wrote any: the default one */
	struct config_pool_defaults defaults;
	int defaults_line[CONFIG_MAX_DEFAULTS]; /* by row of the section; 0: not written */
	char *file;                             /* owned: lsapid.conf */
	char **pool_files;                      /* owned */
	size_t pool_file_count;
	struct config_pool **pools; /* owned */
	size_t pool_count;
	size_t pool_capacity;
	bool has_named_user; /* a pool names its user by name: uids have to be resolved */
	struct map claims;   /* hash of user and virtual host to the pool */
	struct config_problems problems; /* pool files that were left out, or kept as they were */
};

/** config_problems_add() - a copy; what is beyond CONFIG_MAX_PROBLEMS, or memory, is dropped */
void config_problems_add(struct config_problems *list, const struct config_problem *p);
void config_problems_deinit(struct config_problems *list);

struct config_bundle;

/** config_problems_pack() - as bytes, for the other process. Return: 0; -ENOMEM */
int config_problems_pack(
	const struct config_problems *list, struct config_bundle *ret_bundle) ATTR_MUST_USE;

/** config_problems_unpack() - added to @ret. Return: false: they are none */
bool config_problems_unpack(const char *data, size_t size, struct config_problems *ret);

/** The bytes that the supervisor read, for the manager; and for the next reading. */
struct config_bundle {
	char *data; /* owned */
	size_t size;
};

/**
 * config_read() - read and check lsapid.conf and all that belongs to it, with owners and modes
 * @path:         lsapid.conf
 * @last:         what was read before: a pool file that is broken now goes on as it was there;
 *                NULL: it is left out
 * @ret_config:   snapshot (config_free), with the problems of pool files
 * @ret_bundle:   what config_parse() makes the same snapshot of; data is the caller's to free
 * @ret_problems: filled if 1 is returned; config_problems_deinit()
 *
 * Return: 0; 1: lsapid.conf or pools_dir is not usable; -errno if the daemon itself cannot go on
 *         (memory).
 */
int config_read(const char *path, const struct config_bundle *last, struct config **ret_config,
	struct config_bundle *ret_bundle, struct config_problems *ret_problems) ATTR_MUST_USE;

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

/**
 * config_find_pool() - the pool file's section for an account and a virtual host
 * @user:  name of the account; NULL: not known
 * @vhost: NULL or "" if there is none, as with a pool of a whole account
 *
 * The exact name goes before the longest *.DOMAIN, that before a section without vhosts; a user
 * by name goes before one by number.
 *
 * Return: NULL if no file speaks of it.
 */
const struct config_pool *config_find_pool(
	const struct config *c, uid_t uid, const char *user, const char *vhost);
