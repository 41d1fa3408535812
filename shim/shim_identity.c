/* SPDX-License-Identifier: Apache-2.0 */

/* Whose PHP runs a request; strongest source first (behaviours.md B23). */

#include "shim/shim.h"

#include <unixd.h>

bool shim_identity_find(
	const struct shim_process *p, request_rec *r, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct shim_config *server = shim_config_of_server(r->server);
	const struct shim_config *dir = shim_config_of_request(r);

	/* B30 */
	if (!shim_config_get(server, SHIM_USE_SUEXEC)) {
		*ret_uid = p->uid;
		*ret_gid = p->gid;
		return true;
	}
	if (dir->has_identity) {
		*ret_uid = dir->uid;
		*ret_gid = dir->gid;
		return true;
	}
	const ap_unix_identity_t *suexec = ap_run_get_suexec_identity(r);

	if (suexec) {
		*ret_uid = suexec->uid;
		*ret_gid = suexec->gid;
		return true;
	}
	if (!shim_config_get(server, SHIM_USE_DEFAULT_UID))
		return false;
	*ret_uid = p->uid;
	*ret_gid = p->gid;
	return true;
}
