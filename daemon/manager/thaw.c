/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/thaw.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"

/* What was measured, and what has failed, is of other settings, or of another PHP. */
static void begin_anew(struct freeze *f)
{
	f->pays_not = false;
	f->cold = f->thawed = (struct pace){ .count = 0 };
	f->failures = f->busy = 0;
	f->retry_ns = 0;
}

/* behaviours.md B73 */
static void warn_shared(struct pool *p)
{
	const char *scope = pool_spec_get(&p->spec, SPEC_SCOPE);

	if (p->freeze->is_told_shared || p->criu != FREEZE_MODE_ON || !scope ||
		strcmp(scope, "user") != 0)
		return;
	p->freeze->is_told_shared = true;
	log_warn("criu.shared", F_POOL(p),
		F_STR("remedy", "lsapi_per_user Off, or lsapi_criu Off: all virtual hosts of this "
				"user share one image, whatever their settings are"));
}

void thaw_prepare(struct pool *p)
{
	struct freeze *f = p->freeze;

	criu_want(p);
	if (!f)
		f = p->freeze = freeze_new(p);
	if (!f)
		return;
	if (f->spec_hash != p->parent.spec_hash || f->php_serial != p->parent.php_serial)
		begin_anew(f);
	f->spec_hash = p->parent.spec_hash;
	f->php_serial = p->parent.php_serial;
	warn_shared(p);
}

void thaw_begin(struct pool *p)
{
	if (!p->freeze)
		return;
	p->freeze->is_timing = false;
	p->freeze->took_ns = 0;
}

bool thaw_is_allowed(struct pool *p)
{
	struct freeze *f = p->freeze;
	bool has_to_be_cold = !f || f->has_to_be_cold;

	if (f)
		f->has_to_be_cold = false;
	if (has_to_be_cold || p->criu == FREEZE_MODE_OFF || !criu_works(p->manager))
		return false;
	if (p->criu == FREEZE_MODE_AUTO && f->pays_not)
		return false;
	return !criu_is_resetting(p->manager, p->name);
}

/* Once: the image goes, and the pool is started as always until its settings or its PHP change. */
static void judge(struct pool *p)
{
	struct freeze *f = p->freeze;

	if (f->pays_not || p->criu != FREEZE_MODE_AUTO ||
		!freeze_policy_pays_not(&f->cold, &f->thawed))
		return;
	f->pays_not = true;
	log_info("thaw.pays_not", F_POOL(p), F_UINT("cold_ms", f->cold.mean_ns / NS_PER_MS),
		F_UINT("thawed_ms", f->thawed.mean_ns / NS_PER_MS),
		F_STR("remedy", "None, or lsapi_criu On to freeze it all the same"));
	criu_reset_later(p->manager, p->name);
}

static void note_start(struct pool *p, uint64_t took_ns)
{
	struct freeze *f = p->freeze;

	pace_note(p->parent.is_thawed ? &f->thawed : &f->cold, took_ns);
	log_debug("thaw.start", F_POOL(p), F_STR("how", p->parent.is_thawed ? "thawed" : "cold"),
		F_UINT("ms", took_ns / NS_PER_MS));
	judge(p);
}

void thaw_note_spawned(struct pool *p, const struct priv_message *msg)
{
	struct freeze *f = p->freeze;
	struct stats *stats = &p->manager->stats;

	p->parent.is_thawed = msg->flags & PRIV_SPAWN_THAW;
	if (p->parent.is_thawed) {
		stats->thawed_starts++;
		p->counts.thawed_starts++;
	} else {
		stats->cold_starts++;
		p->counts.cold_starts++;
	}
	if (!f)
		return;
	if (f->took_ns)
		note_start(p, f->took_ns);
	if (p->parent.is_thawed)
		f->dropped[0] = '\0';
	if (!msg->text[0])
		return;
	(void)str_copy(f->dropped, sizeof(f->dropped), msg->text);
	log_info("thaw.not", F_POOL(p), F_INT("pid", msg->pid), F_STR("reason", msg->text));
}

/* --- how long it takes -------------------------------------------------------------------- */

bool thaw_has_to_time(struct backend *b)
{
	struct pool *p = b->pool;
	struct freeze *f = p->freeze;

	if (p->state != POOL_STARTING || b->is_doubtful || p->criu == FREEZE_MODE_OFF ||
		!criu_works(p->manager))
		return false;
	if (!f)
		f = p->freeze = freeze_new(p);
	if (!f || f->is_timing)
		return false;
	f->is_timing = true;
	b->is_timing = true;
	return true;
}

void thaw_note_answer(struct backend *b, uint64_t end_ns)
{
	struct pool *p = b->pool;
	struct freeze *f = p->freeze;
	uint64_t took_ns;

	if (!b->is_timing)
		return;
	b->is_timing = false;
	if (!f || !f->is_timing || b->spawn_id != p->parent.spawn_id)
		return;
	took_ns = clock_since_ns(p->parent.since_ns, end_ns);
	/* one that was thawed may answer before the supervisor has told that it was */
	if (p->parent.pid)
		note_start(p, took_ns);
	else
		f->took_ns = took_ns;
}
