#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Everything about one start of lsphp that is decided and made before fork: the specification read
 * and judged, the account resolved, the files looked at, argv and environment built.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/supervisor/child.h"
#include "daemon/supervisor/environ.h"
#include "daemon/supervisor/ident.h"
#include "daemon/supervisor/policy.h"
#include "daemon/supervisor/settings.h"
#include "proto/pool_spec.h"
#include "proto/priv.h"
#include "proto/reason.h"

struct launch {
	char *spec_text; /* owned: what @spec views */
	struct pool_spec spec;
	struct policy_order order; /* borrows from @spec and the settings */
	bool is_privileged;        /* the child has to become @ident */
	struct ident ident;
	struct environ_list env;
	char *home;     /* owned: what the order borrows; NULL: not looked up, or none */
	char *ini_text; /* owned: settings of PHP; NULL: none */
	size_t ini_size;
	int ini_fd; /* owned: directory with them; -1: none */
	bool has_oom_score_adj;
	int oom_score_adj;
	bool is_batch; /* batch_scheduling */
	char title[128];
	char *argv[2];
};

/** Why a start was refused or failed: the body of SPAWN_FAILED. */
struct launch_failure {
	enum reason reason;
	enum priv_step step;
	int error; /* errno, 0 if the reason says all */
	char text[PRIV_TEXT_SIZE];
};

void launch_init(struct launch *l);
void launch_deinit(struct launch *l);

/**
 * launch_read() - the first part of launch_prepare(): may it be, and as whom; no file is looked at
 * @ret_failure: as there
 */
void launch_read(struct launch *l, const struct settings *settings, int spec_fd,
	struct launch_failure *ret_failure);

/** launch_find_pool() - the pool file's section for a launch that was read; NULL: none */
const struct config_pool *launch_find_pool(struct launch *l, const struct settings *settings);

/**
 * launch_prepare() - from the specification in @spec_fd to a launch that only lacks descriptors
 * @spec_fd:     sealed memfd
 * @ret_failure: reason stays REASON_NONE on success
 */
void launch_prepare(struct launch *l, const struct settings *settings, int spec_fd,
	struct launch_failure *ret_failure);

/**
 * launch_make_ini() - the directory with the settings of PHP, if there are any
 * @dir:    of them all
 * @number: of this start
 *
 * Return: true if there is one now, to be removed when lsphp has ended.
 */
bool launch_make_ini(
	struct launch *l, int dir, uint64_t number, struct launch_failure *ret_failure);

/** launch_reason() - what a failed step of a start means. Pure. */
enum reason launch_reason(enum priv_step step, int error);

/** launch_plan() - what the child has to do; @ret_plan borrows from @l */
void launch_plan(struct launch *l, int listener_fd, int stderr_fd, pid_t parent,
	struct child_plan *ret_plan);

/**
 * launch_check_docroot() - does the document root belong to @uid, or to root
 *
 * Links on the way are followed, since sites do use them; what counts is the directory at their
 * end, judged on the descriptor. A link of the user that leads to somebody else's directory thus
 * is refused.
 *
 * Return: 0; 1 if it is somebody else's; -errno if it cannot be opened as a directory.
 */
int launch_check_docroot(const char *path, uid_t uid);

/**
 * launch_check_home() - is there a directory
 *
 * What cannot be looked at, as a home on a file server that refuses root, passes.
 *
 * Return: 0; -errno: ENOENT, ENOTDIR, ELOOP.
 */
int launch_check_home(const char *path);
