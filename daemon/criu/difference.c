/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/difference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/criu/stamp.h"

/* "key=value" strings, to be sorted. */
struct pairs {
	const char **at; /* owned */
	size_t count;
};

static void pairs_deinit(struct pairs *p)
{
	free(p->at);
}

static int key_compare(const char *a, const char *b)
{
	size_t a_size = strcspn(a, "="), b_size = strcspn(b, "=");
	int r = memcmp(a, b, a_size < b_size ? a_size : b_size);

	return r ? r : (a_size > b_size) - (a_size < b_size);
}

static int pair_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int r = key_compare(*x, *y);

	return r ? r : strcmp(*x, *y);
}

static int pairs_make(struct pairs *p, size_t count)
{
	/* one more, as calloc(0) may be NULL */
	p->at = calloc(count + 1, sizeof(*p->at));
	return p->at ? 0 : err_origin(-ENOMEM);
}

static int pairs_of_manifest(struct pairs *p, const struct manifest *m)
{
	size_t count = 0;
	int r;

	for (const char *e = manifest_next(m, MANIFEST_FACT, NULL); e;
		e = manifest_next(m, MANIFEST_FACT, e))
		count++;
	r = pairs_make(p, count);
	if (r < 0)
		return r;
	for (const char *e = manifest_next(m, MANIFEST_FACT, NULL); e;
		e = manifest_next(m, MANIFEST_FACT, e))
		p->at[p->count++] = e;
	return 0;
}

static int pairs_of_facts(struct pairs *p, const struct facts *f)
{
	size_t count = 0;
	int r;

	for (const char *e = facts_next(f, NULL); e; e = facts_next(f, e))
		count++;
	r = pairs_make(p, count);
	if (r < 0)
		return r;
	for (const char *e = facts_next(f, NULL); e; e = facts_next(f, e))
		p->at[p->count++] = e;
	return 0;
}

static int tell_key(struct why *ret_why, const char *pair, const char *what)
{
	why_set(ret_why, "%.*s: %s", (int)strcspn(pair, "="), pair, what);
	return 1;
}

static int compare_pairs(const struct pairs *old, const struct pairs *now, struct why *ret_why)
{
	size_t i = 0, k = 0;

	while (i < old->count && k < now->count) {
		int r = key_compare(old->at[i], now->at[k]);

		if (r < 0)
			return tell_key(ret_why, old->at[i], "no longer there");
		if (r > 0)
			return tell_key(ret_why, now->at[k], "new");
		if (strcmp(old->at[i], now->at[k]) != 0)
			return tell_key(ret_why, now->at[k], "changed");
		i++;
		k++;
	}
	if (i < old->count)
		return tell_key(ret_why, old->at[i], "no longer there");
	return k < now->count ? tell_key(ret_why, now->at[k], "new") : 0;
}

static int compare_facts(const struct manifest *m, const struct facts *facts, struct why *ret_why)
{
	struct pairs old = { .at = NULL }, now = { .at = NULL };
	int r = pairs_of_manifest(&old, m);

	if (!r)
		r = pairs_of_facts(&now, facts);
	if (!r) {
		qsort(old.at, old.count, sizeof(*old.at), pair_compare);
		qsort(now.at, now.count, sizeof(*now.at), pair_compare);
		r = compare_pairs(&old, &now, ret_why);
	}
	pairs_deinit(&old);
	pairs_deinit(&now);
	return r;
}

static int compare_host(const struct manifest *m, const struct host *h, struct why *ret_why)
{
	if (strcmp(m->kernel, h->kernel) != 0)
		why_set(ret_why, "kernel %s -> %s", m->kernel, h->kernel);
	else if (strcmp(m->criu, h->criu) != 0)
		why_set(ret_why, "criu %s -> %s", m->criu, h->criu);
	else if (strcmp(m->cpu, h->cpu) != 0)
		why_set(ret_why, "features of the processor changed");
	else
		return 0;
	return 1;
}

static int compare_pool(const struct manifest *m, const struct store_pool *p, struct why *ret_why)
{
	if (strcmp(m->pool, p->name) != 0 || strcmp(m->handler, p->handler) != 0)
		why_set(ret_why, "of another pool: %s", m->pool);
	else if (m->uid != p->uid || m->gid != p->gid)
		why_set(ret_why, "user %u:%u -> %u:%u", m->uid, m->gid, p->uid, p->gid);
	else
		return 0;
	return 1;
}

/* @what: in front of the path; @flags: as of stamp_take() */
static int compare_stamps(
	const struct manifest *m, const char *kind, int dir, int flags, struct why *ret_why)
{
	const char *what = strcmp(kind, MANIFEST_IMAGE) == 0 ? "image file " : "";

	for (const char *e = manifest_next(m, kind, NULL); e; e = manifest_next(m, kind, e)) {
		struct stamp old, now;
		const char *path, *difference;
		int r;

		if (!stamp_parse(e, &old, &path)) /* was checked when it was decoded */
			return err_origin(-EINVAL);
		r = stamp_take(dir, path, flags, &now);
		difference = r < 0 ? err_name(r) : stamp_difference(&old, &now);
		if (difference) {
			why_set(ret_why, "%s%s %s", what, path, difference);
			return 1;
		}
	}
	return 0;
}

int difference_find(
	const struct manifest *m, int dir, const struct difference_now *now, struct why *ret_why)
{
	int r = now->pool ? compare_pool(m, now->pool, ret_why) : 0;

	if (!r)
		r = compare_host(m, now->host, ret_why);
	if (!r && now->facts.data)
		r = compare_facts(m, &now->facts, ret_why);
	/* what is read by a path of the configuration may be a link; what was mapped was none */
	if (!r)
		r = compare_stamps(m, MANIFEST_WATCH, AT_FDCWD, 0, ret_why);
	if (!r)
		r = compare_stamps(m, MANIFEST_MAP, AT_FDCWD, AT_SYMLINK_NOFOLLOW, ret_why);
	if (!r)
		r = compare_stamps(m, MANIFEST_IMAGE, dir, AT_SYMLINK_NOFOLLOW, ret_why);
	return r;
}
