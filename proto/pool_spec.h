#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The specification of a pool: a canonical list of key=value strings.
 *
 * Text form: "key=value" strings, each ended by a NUL, sorted by key (bytewise), keys unique.
 * Two specifications are the same pool if and only if their bytes are the same. The shim writes
 * one, the manager looks pools up by its bytes, the supervisor reads it again before it starts
 * anything and takes nothing else from the manager.
 *
 * Keys are lower case [a-z0-9_.], except that after "env." a variable's name follows
 * ([A-Za-z_][A-Za-z0-9_]*), and after "ini." a setting's of PHP ([A-Za-z0-9_.-]+). Values hold no
 * NUL; no control characters at all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds that keep one POOL message in one datagram, and one session from filling the manager. */
#define POOL_SPEC_MAX_BYTES   16384U
#define POOL_SPEC_MAX_ENTRIES 256U
#define POOL_SPEC_MAX_KEY     128U
#define POOL_SPEC_MAX_VALUE   4096U

/* Keys that more than one part of the project reads. Missing means the documented default. */
#define SPEC_HANDLER          "handler"       /* handler name, as lsapid.conf knows it */
#define SPEC_UID              "uid"           /* decimal */
#define SPEC_GID              "gid"           /* decimal */
#define SPEC_SCOPE            "scope"         /* "vhost" or "user" */
#define SPEC_NAME             "name"          /* virtual host (scope vhost), for people and logs */
#define SPEC_LOG_NAME         "log_name"      /* of the log file, where it is not that name */
#define SPEC_DOCROOT          "docroot"       /* absolute; its owner is checked if given */
#define SPEC_CHILDREN         "children"      /* most connections, 2..10000 */
#define SPEC_MAX_IDLE         "max_idle"      /* s a child waits for work, 0 for ever */
#define SPEC_PGRP_MAX_IDLE    "pgrp_max_idle" /* s a pool stays without work, 0 for ever */
#define SPEC_MAX_REQS         "max_reqs"      /* requests per child */
#define SPEC_MAX_PROCESS_TIME "max_process_time" /* s one request may run */
#define SPEC_MAX_LIFETIME     "max_lifetime"  /* s a pool runs before it is replaced, 0 for ever */
#define SPEC_MAX_MEMORY       "max_memory"    /* bytes of a child after a request, 0 for any */
#define SPEC_ACCEPT_NOTIFY    "accept_notify" /* 0 or 1 */
#define SPEC_COREDUMP         "coredump"      /* 0 or 1 */
#define SPEC_PATH             "path"          /* PATH of lsphp */
#define SPEC_PHPRC            "phprc"         /* PHPRC of lsphp; in a list, ~ is his home */
#define SPEC_USER_INI         "user_ini"      /* 0 or 1: LSPHP_ENABLE_USER_INI */
#define SPEC_USER_INI_HOME    "user_ini_home" /* 0 or 1: with user_ini, also that of his home */
#define SPEC_WHEN_BUSY        "when_busy"     /* "reject" or "queue" */
#define SPEC_QUEUE_LENGTH     "queue_length"  /* most requests that wait */
#define SPEC_QUEUE_WAIT       "queue_wait"    /* ms one waits at most */
#define SPEC_BUSY_STATUS      "busy_status"   /* of HTTP: 507 or 503 */
#define SPEC_GROUP            "group"         /* name or number; instead of gid */
#define SPEC_NICE             "nice"          /* -20..19 */
#define SPEC_OOM_SCORE_ADJ    "oom_score_adj" /* -1000..1000 */
#define SPEC_CONNECTION_POOL  "connection_pool"  /* 0 or 1: 0 is a child for each request */
#define SPEC_MAX_CONNECTIONS  "max_connections"  /* kept for further requests at once, 1..10000 */
#define SPEC_PGRP_MAX_REQS    "pgrp_max_reqs"    /* requests of one parent, 0 for any number */
#define SPEC_PGRP_MAX_CRASHES "pgrp_max_crashes" /* crashed children of one, 0 for any number */
#define SPEC_DUMP_DEBUG_INFO  "dump_debug_info"  /* 0 or 1: of a child that ran for too long */
#define SPEC_SLOW_TIME        "slow_time"     /* s after which a request is called slow, 0: never */
#define SPEC_OWN_LOG          "own_log"       /* "off", "vhost" or "common": a log file for PHP */
#define SPEC_CRIU             "criu"          /* "auto", "on" or "off" */
#define SPEC_INITIAL_START    "initial_start" /* requests before it is frozen, 0: never */
#define SPEC_CRIU_IMAGES_DIR  "criu_images_dir"       /* absolute: of all images */
#define SPEC_CRIU_RESET       "criu_reset_on_restart" /* 0 or 1: of Apache */
#define SPEC_CRIU_DEBUG       "criu_debug"            /* 0 or 1 */
/* resource limits: bytes, s or a count, or SPEC_UNLIMITED */
#define SPEC_LIMIT_AS      "limit_as"
#define SPEC_LIMIT_CORE    "limit_core"
#define SPEC_LIMIT_CPU     "limit_cpu"
#define SPEC_LIMIT_DATA    "limit_data"
#define SPEC_LIMIT_FSIZE   "limit_fsize"
#define SPEC_LIMIT_MEMLOCK "limit_memlock"
#define SPEC_LIMIT_NOFILE  "limit_nofile"
#define SPEC_LIMIT_NPROC   "limit_nproc"
#define SPEC_LIMIT_STACK   "limit_stack"
#define SPEC_UNLIMITED     "unlimited"
#define SPEC_USER_FILE     "user_file" /* 0 or 1: his own file was looked for */
#define SPEC_ENV_PREFIX    "env."      /* env.NAME: one variable of lsphp's environment */
#define SPEC_INI_PREFIX    "ini."      /* ini.NAME: one setting of PHP at system level */

enum pool_spec_error {
	POOL_SPEC_E_TOO_LARGE = 1, /* bytes, entries, key or value above its bound */
	POOL_SPEC_E_BAD_KEY,       /* empty or with a character that is not allowed */
	POOL_SPEC_E_BAD_VALUE,     /* control character in a value */
	POOL_SPEC_E_NOT_SORTED,    /* not in order, or a key twice */
	POOL_SPEC_E_BAD_FORM       /* no '=', or the last string is not ended */
};

/** A checked specification; only views, no memory of its own. */
struct pool_spec {
	const char *data; /* borrowed: the buffer that was checked */
	size_t size;
	size_t count;
};

/** Collects entries in any order over the caller's memory; finish sorts them. */
struct pool_spec_builder {
	char *data; /* borrowed: caller; POOL_SPEC_MAX_BYTES suffice */
	size_t size;
	size_t used;
	size_t count;
	uint16_t at[POOL_SPEC_MAX_ENTRIES];
	int error; /* first enum pool_spec_error, sticky */
};

void pool_spec_builder_init(struct pool_spec_builder *b, char *data, size_t size);

/** pool_spec_add() - add one entry; a later one with the same key replaces the earlier */
void pool_spec_add(struct pool_spec_builder *b, const char *key, const char *value);

/** pool_spec_add_uint() - the same with a decimal value */
void pool_spec_add_uint(struct pool_spec_builder *b, const char *key, uint64_t value);

/** pool_spec_add_int() - the same with one that may be below zero */
void pool_spec_add_int(struct pool_spec_builder *b, const char *key, int64_t value);

/** pool_spec_add_env() - add env.NAME */
void pool_spec_add_env(struct pool_spec_builder *b, const char *name, const char *value);

/**
 * pool_spec_finish() - sort into canonical form at @out
 * @out:      POOL_SPEC_MAX_BYTES at least; not the builder's own memory
 * @ret_spec: views @out
 *
 * Return: 0; enum pool_spec_error, the first that an add met.
 */
int pool_spec_finish(
	struct pool_spec_builder *b, char *out, size_t out_size, struct pool_spec *ret_spec);

/**
 * pool_spec_parse() - check bytes that came from elsewhere
 *
 * Return: 0 and @ret_spec views @data; enum pool_spec_error. Never reads past @size.
 */
int pool_spec_parse(const void *data, size_t size, struct pool_spec *ret_spec);

/** pool_spec_get() - value of @key, NUL-terminated, or NULL if it is not there */
const char *pool_spec_get(const struct pool_spec *s, const char *key);

/**
 * pool_spec_get_uint() - decimal value of @key within [@min, @max]
 *
 * Return: 0; 1 if the key is missing (@ret_value untouched); 2 if it is no such number.
 */
int pool_spec_get_uint(const struct pool_spec *s, const char *key, uint64_t min, uint64_t max,
	uint64_t *ret_value);

/** pool_spec_get_int() - the same for a number that may be below zero */
int pool_spec_get_int(
	const struct pool_spec *s, const char *key, int64_t min, int64_t max, int64_t *ret_value);

/**
 * pool_spec_next() - walk all entries in order
 * @iter: NULL for the first, else the entry returned last
 *
 * Return: "key=value" or NULL at the end.
 */
const char *pool_spec_next(const struct pool_spec *s, const char *iter);

/** pool_spec_hash() - 64-bit FNV-1a over the bytes, for hash tables; equality is memcmp */
uint64_t pool_spec_hash(const struct pool_spec *s);

/** pool_spec_error_text() - enum pool_spec_error in words */
const char *pool_spec_error_text(int error);
