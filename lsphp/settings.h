#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the environment asks of lsphp. Read once in main() before PHP starts; constant afterwards.
 *
 * Source: lsphp's LSAPI_* variables as documented by LiteSpeed; lsphp.1 names those that we leave
 * out.
 */

#include <stdbool.h>
#include <stdint.h>

/** More children than this are cut to it, as the reference does. */
#define SETTINGS_CHILDREN_MAX 10000U

struct settings {
	uint32_t children;           /* LSAPI_CHILDREN; below 2: a single process serves */
	uint32_t extra_children;     /* LSAPI_EXTRA_CHILDREN */
	uint32_t max_idle_children;  /* LSAPI_MAX_IDLE_CHILDREN */
	uint32_t max_requests;       /* LSAPI_MAX_REQS; 0: no limit */
	uint32_t max_idle_s;         /* LSAPI_MAX_IDLE; 0: for ever */
	uint32_t pgrp_max_idle_s;    /* LSAPI_PGRP_MAX_IDLE; 0: never */
	uint32_t max_process_time_s; /* LSAPI_MAX_PROCESS_TIME */
	uint32_t slow_request_ms;    /* LSAPI_SLOW_REQ_MSECS; 0: off */
	uint32_t max_busy_workers;   /* LSAPI_MAX_BUSY_WORKER; 0: off */
	uint32_t keep_listen;        /* LSAPI_KEEP_LISTEN: 0, 1, 2 */
	bool is_accept_notified;     /* LSAPI_ACCEPT_NOTIFY */
	bool is_core_dump_allowed;   /* LSAPI_ALLOW_CORE_DUMP */
	bool is_log_on_stderr;       /* LSAPI_LOG_STDERR */
	bool is_parent_ignored;      /* LSAPI_PPID_NO_CHECK */
	bool is_root_allowed;        /* LSAPI_ALLOW_ROOT */
	bool has_user_ini;           /* LSPHP_ENABLE_USER_INI=on */
	char *user_ini_home;         /* LSAPI_USER_INI_HOME; owned, may be NULL */
	char *stderr_log;            /* LSAPI_STDERR_LOG; owned, may be NULL */
	char *ini_path;              /* LSPHPRC; owned, may be NULL */
};

/** settings_read() - take everything out of the environment; numbers as atoi() reads them */
void settings_read(struct settings *ret_settings);

/**
 * settings_clean_environ() - give the process an environment of its own, without our variables
 *
 * LSAPI_*, PHP_LSAPI_* and HTTP_PROXY are left out, so that no script sees them. The strings are
 * copied to the heap: the memory that the kernel set up is then free for the process title.
 *
 * Return: 0; -ENOMEM.
 */
int settings_clean_environ(void) __attribute__((warn_unused_result));
