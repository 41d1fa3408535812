/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/users.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void users_init(struct users *us)
{
	map_init(&us->by_uid);
}

void users_deinit(struct users *us)
{
	assert(us->by_uid.count == 0);
	map_deinit(&us->by_uid);
}

int users_ref(struct users *us, uid_t uid, struct user **ret_user)
{
	struct user *u = map_find(&us->by_uid, uid);
	int r;

	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u)
			return -ENOMEM;
		u->uid = uid;
		start_line_init(&u->starts);
		r = map_put(&us->by_uid, uid, u);
		if (r < 0) {
			free(u);
			return r;
		}
	}
	u->pools++;
	*ret_user = u;
	return 0;
}

struct user *users_unref(struct users *us, struct user *u)
{
	if (!u || --u->pools)
		return NULL;
	assert(list_is_empty(&u->starts.waiting));
	map_remove(&us->by_uid, u->uid, u);
	free(u);
	return NULL;
}
