/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_class.h"

#include <stddef.h>
#include <strings.h>

#include "proto/reason.h"

static const char *const names[SHIM_CLASS_COUNT] = {
	[SHIM_CLASS_NONE] = "",
#define ERROR_CLASS(id, name) [SHIM_CLASS_##id] = (name),
#include "proto/error_class.def"
#undef ERROR_CLASS
};

enum shim_class shim_class_find(const char *name)
{
	for (int i = SHIM_CLASS_NONE + 1; i < SHIM_CLASS_COUNT; i++)
		if (strcasecmp(name, names[i]) == 0)
			return (enum shim_class)i;
	return SHIM_CLASS_NONE;
}

/** Of the others the reason is that PHP could not be started: BACKEND_CONNECT. */
static const enum shim_class reason_class[REASON_COUNT] = {
	[REASON_BUSY] = SHIM_CLASS_CONN_ACQUIRE,
	[REASON_QUEUE_FULL] = SHIM_CLASS_CONN_ACQUIRE,
	[REASON_QUEUE_TIMEOUT] = SHIM_CLASS_CONN_ACQUIRE,
	[REASON_HOST_FULL] = SHIM_CLASS_CONN_ACQUIRE,
	[REASON_POOLS_FULL] = SHIM_CLASS_CONN_ACQUIRE,
	[REASON_SESSION_FULL] = SHIM_CLASS_CONN_ACQUIRE,
	[REASON_BAD_SPEC] = SHIM_CLASS_LSAPI_CREATE,
	[REASON_HANDLER_UNKNOWN] = SHIM_CLASS_CONN_DETERMINE,
	[REASON_NOT_AUTHORIZED] = SHIM_CLASS_CONN_DETERMINE,
	[REASON_BAD_KEY] = SHIM_CLASS_CONN_DETERMINE,
	[REASON_BAD_VERSION] = SHIM_CLASS_CONN_DETERMINE,
	[REASON_POOL_UNKNOWN] = SHIM_CLASS_CONN_DETERMINE,
	[REASON_UID_FLOOR] = SHIM_CLASS_SERVER_UID,
	[REASON_GID_FLOOR] = SHIM_CLASS_SERVER_UID,
	[REASON_USER_UNKNOWN] = SHIM_CLASS_SERVER_UID,
	[REASON_GROUP_UNKNOWN] = SHIM_CLASS_SERVER_UID,
	[REASON_USER_FOREIGN] = SHIM_CLASS_SERVER_UID,
	[REASON_HOME_MISSING] = SHIM_CLASS_SERVER_UID,
	[REASON_NO_IDENTITY] = SHIM_CLASS_SERVER_UID,
	[REASON_PATH_OWNER] = SHIM_CLASS_SERVER_UID,
	[REASON_SCRIPT_OWNER] = SHIM_CLASS_SCRIPT_PERMS,
	[REASON_SCRIPT_UNSAFE] = SHIM_CLASS_SCRIPT_PERMS,
	[REASON_DOCROOT_OWNER] = SHIM_CLASS_SERVER_DOCROOT,
	[REASON_INTERNAL] = SHIM_CLASS_LSAPI_INTERNAL,
};

enum shim_class shim_class_of_reason(unsigned reason)
{
	if (reason < REASON_COUNT && reason_class[reason] != SHIM_CLASS_NONE)
		return reason_class[reason];
	return SHIM_CLASS_BACKEND_CONNECT;
}

enum shim_class shim_class_of_exchange(const struct shim_class_facts *facts)
{
	switch (facts->end) {
	case SHIM_END_EPIPE:
		return SHIM_CLASS_BACKEND_SENDREQ;
	case SHIM_END_RESET:
	case SHIM_END_EOF:
	case SHIM_END_TIMEOUT:
	case SHIM_END_PROTOCOL:
		break;
	case SHIM_END_CLIENT:
		return SHIM_CLASS_CLIENT_SETUP;
	case SHIM_END_COMPLETE:
	case SHIM_END_SERVER:
	case SHIM_END_COUNT:
		return SHIM_CLASS_LSAPI_INTERNAL;
	}
	if (facts->has_head)
		return SHIM_CLASS_BACKEND_RECVRSP;
	if (facts->end == SHIM_END_PROTOCOL)
		return SHIM_CLASS_BACKEND_ENDHDRS;
	if (!facts->is_sent)
		return SHIM_CLASS_BACKEND_SENDREQ;
	return facts->end == SHIM_END_EOF ? SHIM_CLASS_BACKEND_NOHDRS : SHIM_CLASS_BACKEND_RECVHDR;
}
