#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files whose being there asks for images to be removed; they are removed, too. The third kind, in
 * the directory of a pool, is image_find()'s.
 *
 * Source: mod_lsapi's manual, "CRIU Support"; behaviours.md B67-B69.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/criu/store.h"
#include "daemon/criu/why.h"

#define RESET_FLAG_GLOBAL  "/usr/share/criu/mod_lsapi/lsphp.criu.reset"
#define RESET_FLAG_USER    "mod_lsapi_reset_me_" /* and ServerName, in his home */
#define RESET_FLAG_USER_MS 500U                  /* a home that does not answer delays no start */

/** Whose home. */
struct reset_flag_user {
	const char *home;   /* absolute */
	const char *server; /* ServerName: any text */
	uid_t uid;
	gid_t gid;
};

enum reset_flag {
	RESET_FLAG_ABSENT = 0,
	RESET_FLAG_FOUND,  /* and removed */
	RESET_FLAG_STAYS,  /* found, but cannot be removed: @ret_why */
	RESET_FLAG_E_LATE, /* the home does not answer: @ret_why */
	RESET_FLAG_E_OTHER /* it cannot be looked for: @ret_why */
};

/**
 * reset_flag_global() - look for the flag of the administrator for all images, and remove them
 * @path: RESET_FLAG_GLOBAL, or a test's
 *
 * Return: ABSENT, FOUND, STAYS, E_OTHER. With FOUND and STAYS all images are gone, @ret_count.
 */
enum reset_flag reset_flag_global(const struct store *s, const char *path, size_t *ret_count,
	struct why *ret_why) ATTR_MUST_USE;

/**
 * reset_flag_user() - look for the flag of a user in his home, as that user
 *
 * The flag is a regular file of his own. A name that cannot be one of a server (a slash in it, too
 * long, empty) has none. It does not wait for longer than @limit_ms. The caller removes the image,
 * with the store_pool that starts: image_reset().
 */
enum reset_flag reset_flag_user(
	const struct reset_flag_user *who, uint32_t limit_ms, struct why *ret_why) ATTR_MUST_USE;
