/* SPDX-License-Identifier: Apache-2.0 */

/* Whose PHP runs a request; strongest source first (behaviours.md B23). */

#include "shim/shim.h"

#include <unixd.h>

#include "shim/shim_failure.h"
#include "shim/shim_path.h"

/* B06: these words are looked for. */
int shim_identity_refuse(request_rec *r, enum reason reason, const char *detail)
{
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
		"Could not determine uid/gid for request: %s: %s; %s; uri(%s)", reason_name(reason),
		detail ? detail : reason_text(reason), reason_remedy(reason), r->uri);
	shim_record_refuse(r, reason);
	return shim_failure_status(r, shim_class_of_reason(reason), HTTP_SERVICE_UNAVAILABLE);
}

static int take(request_rec *r, const struct shim_owner *owner, uid_t *ret_uid, gid_t *ret_gid)
{
	if (owner->fault)
		return shim_identity_refuse(r, owner->fault, owner->text);
	*ret_uid = owner->uid;
	*ret_gid = owner->gid;
	return OK;
}

static int take_default(
	const struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct shim_config *server = shim_config_of_server(r->server);

	if (!shim_config_get(server, SHIM_USE_DEFAULT_UID))
		return shim_identity_refuse(r, REASON_NO_IDENTITY, NULL);
	*ret_uid = p->uid;
	*ret_gid = p->gid;
	return OK;
}

int shim_identity_find(struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct shim_config *server = shim_config_of_server(r->server);
	const struct shim_config *dir = shim_config_of_request(r);

	/* B30 */
	if (!shim_config_get(server, SHIM_USE_SUEXEC)) {
		*ret_uid = p->uid;
		*ret_gid = p->gid;
		return OK;
	}
	int status = shim_path_find(p, r, ret_uid, ret_gid);

	if (status != DECLINED)
		return status;
	for (int i = 0; i < SHIM_SOURCE_COUNT; i++) {
		const ap_unix_identity_t *suexec =
			i == SHIM_SOURCE_SUEXEC ? ap_run_get_suexec_identity(r) : NULL;

		if (suexec) {
			*ret_uid = suexec->uid;
			*ret_gid = suexec->gid;
			return OK;
		}
		if (dir->owner[i].text)
			return take(r, &dir->owner[i], ret_uid, ret_gid);
	}
	return take_default(p, r, ret_uid, ret_gid);
}
