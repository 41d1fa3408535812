/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/reason.h"

#include <stddef.h>

struct reason_row {
	const char *name;
	const char *text;
	const char *remedy;
};

static const struct reason_row reasons[] = {
	[REASON_NONE] = {
		"none",
		"nothing is wrong",
		"nothing has to be done",
	},
	[REASON_BUSY] = {
		"busy",
		"every PHP child of this site is working",
		"raise lsapi_backend_children for the site, make its scripts faster, or let "
		"requests wait (when_busy of its pool file, lsapi_disable_reject_mode)",
	},
	[REASON_QUEUE_FULL] = {
		"queue-full",
		"every PHP child of this site is working and no place is left in its queue",
		"raise lsapi_backend_children or queue_length for the site, or make its scripts faster",
	},
	[REASON_QUEUE_TIMEOUT] = {
		"queue-timeout",
		"no PHP child of this site became free within the longest time to wait",
		"raise lsapi_backend_children, queue_wait or lsapi_poll_timeout for the site, or "
		"make its scripts faster",
	},
	[REASON_HOST_FULL] = {
		"host-full",
		"the host runs as many PHP children as lsapid allows in all, or keeps the rest for users who "
		"have fewer",
		"raise max_children_total in lsapid.conf if the memory of the host permits",
	},
	[REASON_POOLS_FULL] = {
		"pools-full",
		"the host has as many pools as lsapid allows",
		"raise max_pools in lsapid.conf, or let idle pools end earlier with "
		"lsapi_backend_pgrp_max_idle",
	},
	[REASON_SESSION_FULL] = {
		"session-full",
		"this Apache process holds as many backend connections as it may",
		"spread the load over more Apache processes (ThreadsPerChild, ServerLimit)",
	},
	[REASON_STOPPING] = {
		"stopping",
		"lsapid is shutting down or restarting",
		"wait until it runs again; systemctl status lsapid tells why it stopped",
	},
	[REASON_BACKOFF] = {
		"backoff",
		"PHP of this site keeps failing to start; the next attempt comes later",
		"find the cause in the log of lsapid at its spawn and exit events for this pool",
	},
	[REASON_BAD_SPEC] = {
		"bad-spec",
		"the description of the pool that Apache sent is malformed",
		"check the lsapi_* directives of the virtual host; mod_lsapi and lsapid should be "
		"of one version",
	},
	[REASON_HANDLER_UNKNOWN] = {
		"handler-unknown",
		"lsapid.conf has no handler of this name",
		"add a handler block of this name to lsapid.conf, or correct the handler in the "
		"configuration of Apache",
	},
	[REASON_UID_FLOOR] = {
		"uid-floor",
		"the user of this site is root or has a uid below uid_min",
		"run the site as an ordinary user (SuExecUserGroup, lsapi_uid_gid), or lower "
		"uid_min in lsapid.conf",
	},
	[REASON_GID_FLOOR] = {
		"gid-floor",
		"the group of this site is root's or has a gid below gid_min",
		"run the site with an ordinary group (SuExecUserGroup, lsapi_uid_gid), or lower "
		"gid_min in lsapid.conf",
	},
	[REASON_USER_UNKNOWN] = {
		"user-unknown",
		"no account has the uid of this site",
		"create the account, or correct SuExecUserGroup or lsapi_uid_gid",
	},
	[REASON_GROUP_UNKNOWN] = {
		"group-unknown",
		"no group has the gid of this site",
		"create the group, or correct SuExecUserGroup or lsapi_uid_gid",
	},
	[REASON_USER_FOREIGN] = {
		"user-foreign",
		"lsapid runs without privilege and can not start PHP for another user",
		"start lsapid as root, or run the site as the user that started lsapid",
	},
	[REASON_DOCROOT_OWNER] = {
		"docroot-owner",
		"the document root belongs neither to the user of this site nor to root",
		"correct the owner of the document root or the user of the site, or set "
		"document_root_check = false in lsapid.conf",
	},
	[REASON_BINARY_MISSING] = {
		"binary-missing",
		"the PHP binary of this handler does not exist",
		"install it, or correct the binary of the handler in lsapid.conf",
	},
	[REASON_BINARY_UNSAFE] = {
		"binary-unsafe",
		"others than root could replace the PHP binary of this handler, or it is setuid",
		"make the binary and its directories belong to root, not writable by group or "
		"others, without setuid and setgid",
	},
	[REASON_START_FAILED] = {
		"start-failed",
		"PHP of this site could not be started",
		"the log of lsapid names the step that failed and the error",
	},
	[REASON_START_EXITED] = {
		"start-exited",
		"PHP of this site ended before it took a request",
		"read what PHP wrote in the log of lsapid; often an extension is missing or "
		"php.ini has an error",
	},
	[REASON_NOT_AUTHORIZED] = {
		"not-authorized",
		"this process may not ask lsapid for this",
		"check apache_user and shim_users in lsapid.conf; for lsapidctl, be root or in admin_group",
	},
	[REASON_BAD_KEY] = {
		"bad-key",
		"the key that Apache sent is not the key of lsapid",
		"restart Apache if the key file was replaced; lsapi_daemon_key and key_file must "
		"name the same file",
	},
	[REASON_BAD_VERSION] = {
		"bad-version",
		"mod_lsapi and lsapid speak different versions of the control protocol",
		"install both from one version and restart both",
	},
	[REASON_POOL_UNKNOWN] = {
		"pool-unknown",
		"lsapid has been restarted and does not know this pool yet",
		"nothing; mod_lsapi describes the pool again",
	},
	[REASON_INTERNAL] = {
		"internal",
		"lsapid met a failure of its own",
		"the log of lsapid says which",
	},
	[REASON_HOME_MISSING] = {
		"home-missing",
		"the user of this site has no home directory",
		"create it, correct it with usermod -d, or set home_check = off in lsapid.conf",
	},
	[REASON_BINARY_NO_EXEC] = {
		"binary-not-executable",
		"the PHP binary of this handler may not be executed",
		"chmod a+x it, or correct the binary of the handler in lsapid.conf",
	},
	[REASON_EXEC_FAILED] = {
		"exec-failed",
		"the kernel can not run the PHP binary of this handler",
		"'file' on it must tell a program for this machine; a script needs its interpreter, "
		"and the file system must not be mounted noexec",
	},
	[REASON_PROCESS_LIMIT] = {
		"process-limit",
		"no further process can be started for this site",
		"raise limit_nproc of its pool, TasksMax of lsapid.service, pids.max of its cgroup, "
		"or kernel.pid_max, whichever is reached",
	},
	[REASON_NO_IDENTITY] = {
		"no-identity",
		"nothing says whose PHP runs this site",
		"set SuExecUserGroup, lsapi_uid_gid or lsapi_user_group, or lsapi_use_default_uid On",
	},
	[REASON_SCRIPT_OWNER] = {
		"script-owner",
		"the script belongs to another user than the one who would run it",
		"correct the owner of the script, or set lsapi_target_perm Off",
	},
	[REASON_SCRIPT_UNSAFE] = {
		"script-unsafe",
		"others than its owner could change the script",
		"chmod o-w the script and its directory, or set lsapi_paranoid Off",
	},
	[REASON_PATH_OWNER] = {
		"path-owner",
		"the directory that LSAPIPath takes an account from is not that account's for certain",
		"give the directory to the account, and those above it to root alone; no links",
	},
	[REASON_STOPPED] = {
		"stopped",
		"an administrator has stopped PHP of this site",
		"lsapidctl warm or lsapidctl restart lets it run again; lsapidctl status names who is "
		"stopped",
	},
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == REASON_COUNT, "one row per reason");

static const struct reason_row reason_unknown = {
	"unknown",
	"a reason that this version does not know",
	"install mod_lsapi and lsapid from one version",
};

static const struct reason_row *reason_find(unsigned reason)
{
	return reason < REASON_COUNT ? &reasons[reason] : &reason_unknown;
}

const char *reason_name(unsigned reason)
{
	return reason_find(reason)->name;
}

const char *reason_text(unsigned reason)
{
	return reason_find(reason)->text;
}

bool reason_is_room(unsigned reason)
{
	switch (reason) {
	case REASON_BUSY:
	case REASON_QUEUE_FULL:
	case REASON_HOST_FULL:
	case REASON_POOLS_FULL:
	case REASON_SESSION_FULL:
		return true;
	default:
		return false;
	}
}

const char *reason_remedy(unsigned reason)
{
	return reason_find(reason)->remedy;
}
