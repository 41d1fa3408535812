#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * PHP that is frozen to an image, and thawed instead of being started (behaviours.md B63-B73). The
 * work is done by lsapid-criu (helper.h); here is what it is told, and what follows from its
 * answers: an lsphp that cannot be thawed is started as if there were no image.
 *
 * A thawed lsphp lives in a pid namespace of its own, so that its old pid is free there however
 * often it is thawed. The first process of that, its init, is lsapid-criu: our child, which hands
 * on SIGTERM and tells how lsphp has ended.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "daemon/base/map.h"
#include "daemon/supervisor/launch.h"
#include "proto/priv.h"

struct helper;
struct helper_order;
struct spawn;
struct supervisor;

/** Directories of images that are known for what is asked of all of them. */
#define CRIU_DIRS_MAX 32U

struct criu {
	char *binary; /* owned: lsapid-criu */
	enum priv_criu state;
	char text[PRIV_TEXT_SIZE];
	struct helper *checking; /* borrowed; NULL: nobody does */
	uint64_t check_at_ns;    /* another try, as the last came to no answer; UINT64_MAX: none */
	uint32_t undecided;      /* such tries, one after the other */
	uint32_t freezing;
	char *dir[CRIU_DIRS_MAX]; /* owned: of images, as far as pools have named them */
	size_t dirs;
	struct list to_freeze; /* spawns whose turn has not come */
	struct map cold; /* hash of a specification to struct cold: those that need not be tried */
};

/** criu_init() - @manager_binary: lsapid-criu is in the same directory */
void criu_init(struct criu *c, const char *manager_binary);
void criu_deinit(struct criu *c);

/** criu_check() - find out whether it works, by the configuration in force; the manager is told */
void criu_check(struct supervisor *s);

/** criu_on_time() - what is due by now of what criu_next_ns() tells; UINT64_MAX: nothing is */
void criu_on_time(struct supervisor *s);
uint64_t criu_next_ns(const struct criu *c);

/** criu_tell() - tell a manager that has just got ready */
void criu_tell(struct supervisor *s);

/** criu_add_dirs() - all directories of images that are known */
void criu_add_dirs(struct supervisor *s, struct helper_order *o);

/** criu_fill_order() - what both freezing and thawing are told of a start */
void criu_fill_order(struct helper_order *o, struct supervisor *s, const struct launch *l);

/** criu_is_cold() - is there no sense in a try to thaw this specification? */
bool criu_is_cold(const struct supervisor *s, uint64_t hash);

/** criu_note_cold() - there is no image of it; or @has_failed: not now, and longer each time */
void criu_note_cold(struct supervisor *s, uint64_t hash, bool has_failed);

/** criu_forget_cold() - there is an image of it */
void criu_forget_cold(struct supervisor *s, uint64_t hash);

/** criu_stop() - end whatever CRIU does with it; not the init of one that runs */
void criu_stop(struct spawn *sp);

/** criu_forget() - it is about to be freed */
void criu_forget(struct spawn *sp);

void criu_log_failure(
	const char *event, const struct spawn *sp, const char *why, const char *remedy);
