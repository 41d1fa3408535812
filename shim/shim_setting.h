#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The settings of mod_lsapi that are switches or numbers, by name. */

/** Switches and numbers; each has a row in shim_directives.c with bounds and default. */
enum shim_setting {
	SHIM_ENGINE,
	SHIM_USE_SUEXEC,
	SHIM_USE_DEFAULT_UID,
	SHIM_PER_USER,
	SHIM_CHECK_DOCUMENT_ROOT,
	SHIM_DISABLE_FORCED_PWD,
	SHIM_OUTPUT_BUFFERING,
	SHIM_DISABLE_REJECT_MODE,
	SHIM_TERMINATE_ON_EXIT,
	SHIM_DEBUG,
	SHIM_ACCEPT_NOTIFY,
	SHIM_POLL_TIMEOUT_S,
	SHIM_CHILDREN,
	SHIM_MAX_IDLE_S,
	SHIM_PGRP_MAX_IDLE_S,
	SHIM_MAX_REQS,
	SHIM_MAX_PROCESS_TIME_S,
	SHIM_CONNECT_TRIES,
	SHIM_CONNECT_TIMEOUT_US,
	SHIM_MAX_RESEND_KIB,
	SHIM_SETTING_COUNT
};

/** Distinct from every legal value, so that merging is right. */
#define SHIM_UNSET (-1)
