/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/access.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/manager/accounts.h"

int access_load(struct access_policy *policy, const struct config *c)
{
	uid_t *uids = calloc(c->shim_users.count + 1, sizeof(*uids));
	size_t count = 0;

	if (!uids)
		return -ENOMEM;
	count += accounts_find_uid(c->apache_user, &uids[count]);
	for (size_t i = 0; i < c->shim_users.count; i++)
		count += accounts_find_uid(c->shim_users.item[i], &uids[count]);
	access_clear(policy);
	policy->shim_uids = uids;
	policy->shim_count = count;
	if (!*c->admin_group || !accounts_find_gid(c->admin_group, &policy->admin_gid))
		policy->admin_gid = (gid_t)-1;
	return 0;
}

void access_clear(struct access_policy *policy)
{
	free(policy->shim_uids);
	policy->shim_uids = NULL;
	policy->shim_count = 0;
}

static bool is_shim(const struct access_policy *policy, uid_t uid)
{
	for (size_t i = 0; i < policy->shim_count; i++) {
		if (policy->shim_uids[i] == uid)
			return true;
	}
	return false;
}

static bool is_admin(const struct access_policy *policy, const struct access_peer *peer)
{
	for (size_t i = 0; policy->admin_gid != (gid_t)-1 && i < peer->gid_count; i++) {
		if (peer->gids[i] == policy->admin_gid)
			return true;
	}
	return false;
}

unsigned access_roles(const struct access_policy *policy, const struct access_peer *peer)
{
	/* without privilege the daemon works for the one user that started it; root may do
	 * everything anyway, and Apache's parent and its graceful children are root's too */
	bool is_master = peer->uid == 0 || (!policy->is_privileged && peer->uid == policy->own_uid);

	if (peer->door == ACCESS_DOOR_ADMIN)
		return is_master || is_admin(policy, peer) ? ACCESS_ADMIN : 0;
	if (is_master)
		return ACCESS_SHIM_UID | ACCESS_ADMIN;
	return policy->is_privileged && is_shim(policy, peer->uid) ? ACCESS_SHIM_UID : 0;
}

int access_read_groups(int fd, gid_t gid, gid_t **ret_gids, size_t *ret_count)
{
	socklen_t size = 0;
	gid_t *gids;

	/* asks for the size; no others at all is no error */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	gids = malloc(size + sizeof(*gids));
	if (!gids)
		return -ENOMEM;
	gids[0] = gid;
	if (size && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids + 1, &size) < 0) {
		int error = errno;

		free(gids);
		return -error;
	}
	*ret_gids = gids;
	*ret_count = 1 + size / sizeof(*gids);
	return 0;
}
