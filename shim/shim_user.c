/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_user.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_SIZE 4096U

static char *find_name(uid_t uid)
{
	char entry[ENTRY_SIZE], number[16];
	struct passwd pw;
	struct passwd *found = NULL;

	(void)getpwuid_r(uid, &pw, entry, sizeof(entry), &found);
	(void)snprintf(number, sizeof(number), "%u", uid);
	return strdup(found ? found->pw_name : number);
}

const char *shim_user_of_pool(struct shim_pool *pool)
{
	char *name = pool ? atomic_load_explicit(&pool->user, memory_order_acquire) : NULL;
	char *fresh;

	if (!pool || name)
		return name;
	fresh = find_name(pool->key.uid);
	if (atomic_compare_exchange_strong(&pool->user, &name, fresh))
		return fresh;
	free(fresh); /* another thread was the first */
	return name;
}
