/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/access.h"

unsigned access_roles(const struct access_policy *policy, uid_t peer_uid)
{
	/* root may do everything anyway; Apache's parent and its graceful children are root's too
	 */
	if (peer_uid == 0)
		return ACCESS_SHIM_UID | ACCESS_ADMIN;
	/* without privilege the daemon works for the one user that started it */
	if (!policy->is_privileged)
		return peer_uid == policy->own_uid ? ACCESS_SHIM_UID | ACCESS_ADMIN : 0;
	if (policy->apache_uid != (uid_t)-1 && peer_uid == policy->apache_uid)
		return ACCESS_SHIM_UID;
	return 0;
}
