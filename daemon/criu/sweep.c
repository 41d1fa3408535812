/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/sweep.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/criu/image.h"

/* An entry of passwd(5) that is longer is there, all the same. */
#define PASSWD_SIZE 4096U

/* A shelf with an image, locked. */
struct visit {
	const struct store *s; /* borrowed */
	const char *name;      /* borrowed */
	struct shelf shelf;
	struct shelf_content content;
	struct image image;
	bool is_broken;
	struct why why; /* is_broken: how */
	bool is_dirty;  /* there is something to be cleaned away */
};

/* An image that may stay, if there is room. */
struct candidate {
	char shelf[STORE_NAME_SIZE];
	char image[SHELF_NAME_SIZE];
	uint64_t last_s;
	uint64_t bytes;
};

struct sweep {
	const struct sweep_limits *limits; /* borrowed */
	struct sweep_result result;
	uint64_t now_s;
	struct candidate *candidate; /* owned */
	size_t count;
	size_t room;
};

/* One of several for sweep_reset(). */
struct reset {
	const char *pool; /* borrowed; NULL: all */
	const char *why;  /* borrowed */
	size_t count;
};

static void visit_close(struct visit *v)
{
	image_close(&v->image);
	if (v->is_dirty) {
		shelf_unlock(&v->shelf);
		shelf_clean(&v->shelf);
	}
	shelf_close(&v->shelf);
}

/* Return: 0; 1: there is no shelf that is ours, or it is empty; -errno. Close it in any case. */
static int visit_open(const struct store *s, const char *name, struct visit *v)
{
	int r;

	*v = (struct visit){ .s = s, .name = name, .shelf = SHELF_NULL, .image = IMAGE_NULL };
	r = shelf_open(s->dir, name, false, &v->shelf);
	if (r == -ENOENT || r == -EPERM || r == -ENOTDIR || r == -ELOOP)
		return 1;
	if (!r)
		r = shelf_read(&v->shelf, &v->content);
	if (r)
		return r;
	v->is_dirty = v->content.has_more;
	if (v->is_dirty)
		shelf_retire_old(&v->shelf);
	if (!v->content.newest)
		return 1;
	r = image_load(&v->shelf, v->content.newest, &v->image, &v->why);
	v->is_broken = r > 0;
	return r < 0 ? r : 0;
}

/* One that cannot be seen to must not keep the others from being. Return: 0; -ENOMEM */
static int visit_end(struct visit *v, int r)
{
	visit_close(v);
	if (r < 0)
		log_warn("criu.unswept", F_STR("shelf", v->name), F_ERRNO(r));
	return r == -ENOMEM ? r : 0;
}

static int visit_remove(struct visit *v, const char *why)
{
	int r = shelf_retire(&v->shelf, v->image.name);

	if (r < 0)
		return r;
	v->is_dirty = true;
	log_info("criu.removed", F_STR("pool", v->image.manifest.pool), F_STR("shelf", v->name),
		F_STR("why", why), F_UINT("bytes", v->image.manifest.bytes));
	return 0;
}

/* Only if that is certain: who cannot be asked for may be there. */
static bool is_user_gone(uid_t uid)
{
	char buffer[PASSWD_SIZE];
	struct passwd pw, *found = NULL;
	int r = getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found);

	return (r == 0 || r == ENOENT) && !found;
}

static bool is_older(const struct sweep *sweep, uint64_t last_s)
{
	return sweep->limits->max_age_s && last_s < sweep->now_s &&
	       sweep->now_s - last_s > sweep->limits->max_age_s;
}

/* Why it goes, whatever the others are; NULL: it may stay. */
static const char *find_reason(
	const struct sweep *sweep, const struct visit *v, const struct image_usage *usage)
{
	if (v->is_broken)
		return v->why.text;
	if (is_user_gone(v->image.manifest.uid))
		return "its user is gone";
	return is_older(sweep, usage->last_s) ? "not used for long" : NULL;
}

static int add_candidate(
	struct sweep *sweep, const struct visit *v, const struct image_usage *usage)
{
	struct candidate *c;

	if (sweep->count == sweep->room) {
		size_t room = sweep->room ? 2 * sweep->room : 64;
		struct candidate *grown = reallocarray(sweep->candidate, room, sizeof(*grown));

		if (!grown)
			return err_origin(-ENOMEM);
		sweep->candidate = grown;
		sweep->room = room;
	}
	c = &sweep->candidate[sweep->count++];
	*c = (struct candidate){ .last_s = usage->last_s, .bytes = v->image.manifest.bytes };
	(void)str_copy(c->shelf, sizeof(c->shelf), v->name);
	(void)str_copy(c->image, sizeof(c->image), v->image.name);
	sweep->result.left++;
	sweep->result.left_bytes += c->bytes;
	return 0;
}

static void count_removed(struct sweep *sweep, const struct visit *v)
{
	sweep->result.removed++;
	sweep->result.removed_bytes += v->image.manifest.bytes;
}

/* One with a flag in it waits for whoever is to find that. */
static void remove_empty(const struct sweep *sweep, const struct visit *v)
{
	struct stat st;

	if (v->shelf.dir >= 0 && !v->is_dirty && !v->content.flag[0] &&
		fstat(v->shelf.dir, &st) == 0 && is_older(sweep, (uint64_t)st.st_mtim.tv_sec))
		shelf_remove(&v->shelf, v->s->dir, v->name);
}

static int visit_image(struct sweep *sweep, struct visit *v)
{
	struct image_usage usage = { .last_s = 0 };
	const char *why;
	int r;

	if (!v->is_broken)
		image_usage(&v->image, &usage);
	why = find_reason(sweep, v, &usage);
	if (!why)
		return add_candidate(sweep, v, &usage);
	r = visit_remove(v, why);
	if (!r)
		count_removed(sweep, v);
	return r;
}

static int sweep_shelf(const struct store *s, const char *name, void *arg)
{
	struct sweep *sweep = arg;
	struct visit v;
	int r = visit_open(s, name, &v);

	if (r == 1) {
		remove_empty(sweep, &v);
		r = 0;
	} else if (r == 0) {
		r = visit_image(sweep, &v);
	}
	return visit_end(&v, r);
}

static int candidate_compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->last_s > y->last_s) - (x->last_s < y->last_s);
}

static int remove_candidate(const struct store *s, struct sweep *sweep, const struct candidate *c)
{
	struct visit v;
	int r = visit_open(s, c->shelf, &v);

	/* one that has come in its place meanwhile is new */
	if (!r && strcmp(v.image.name, c->image) == 0) {
		r = visit_remove(&v, "too much together");
		if (!r)
			count_removed(sweep, &v);
	}
	sweep->result.left--;
	sweep->result.left_bytes -= c->bytes;
	return visit_end(&v, r);
}

/* The least recently used go first. */
static int make_room(const struct store *s, struct sweep *sweep)
{
	uint64_t max = sweep->limits->max_bytes;
	int r = 0;

	if (!max || sweep->result.left_bytes <= max)
		return 0;
	qsort(sweep->candidate, sweep->count, sizeof(*sweep->candidate), candidate_compare);
	for (size_t i = 0; !r && i < sweep->count && sweep->result.left_bytes > max; i++)
		r = remove_candidate(s, sweep, &sweep->candidate[i]);
	return r;
}

int sweep_run(const struct store *s, const struct sweep_limits *limits,
	struct sweep_result *ret_result, struct why *reterr)
{
	struct sweep sweep = { .limits = limits, .now_s = (uint64_t)time(NULL) };
	int r;

	do
		r = flock(s->dir, LOCK_EX) < 0 ? -errno : 0;
	while (r == -EINTR);
	if (!r)
		r = store_walk(s, sweep_shelf, &sweep);
	if (!r)
		r = make_room(s, &sweep);
	(void)flock(s->dir, LOCK_UN);
	free(sweep.candidate);
	if (r < 0)
		why_set(reterr, "images: %s", err_name(r));
	else
		*ret_result = sweep.result;
	return r;
}

static bool is_meant(const struct reset *reset, const struct visit *v)
{
	if (!reset->pool)
		return true;
	if (!v->is_broken)
		return strcmp(v->image.manifest.pool, reset->pool) == 0;
	return store_is_shelf_of(v->name, reset->pool);
}

static int reset_shelf(const struct store *s, const char *name, void *arg)
{
	struct reset *reset = arg;
	struct visit v;
	int r;

	if (reset->pool && !store_is_shelf_of(name, reset->pool))
		return 0;
	r = visit_open(s, name, &v);
	if (!r && is_meant(reset, &v)) {
		r = visit_remove(&v, reset->why);
		if (!r)
			reset->count++;
	}
	return visit_end(&v, r);
}

int sweep_reset(const struct store *s, const char *pool, const char *why, size_t *ret_count,
	struct why *reterr)
{
	struct reset reset = { .pool = pool, .why = why };
	int r = store_walk(s, reset_shelf, &reset);

	if (r < 0)
		why_set(reterr, "images: %s", err_name(r));
	else
		*ret_count = reset.count;
	return r;
}
