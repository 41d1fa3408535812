/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/freeze_policy.h"

#include <stddef.h>

#include "daemon/base/clock.h"

static const char *const mode_names[] = {
	[FREEZE_MODE_AUTO] = "auto",
	[FREEZE_MODE_ON] = "on",
	[FREEZE_MODE_OFF] = "off",
};

static const struct {
	const char *name;
	const char *text;
} whys[] = {
	[FREEZE_NOW] = { "now", "it is about to be frozen" },
	[FREEZE_OFF] = { "off", "criu is off for this pool" },
	[FREEZE_BROKEN] = { "criu", "CRIU does not work on this host" },
	[FREEZE_NOT_RUNNING] = { "not-running", "PHP of this pool does not run" },
	[FREEZE_UNDER_WAY] = { "under-way", "it is being frozen" },
	[FREEZE_THAWED] = { "thawed", "its PHP runs from the image" },
	[FREEZE_FROZEN] = { "frozen", "an image of its PHP has been written" },
	[FREEZE_NEVER] = { "never", "initial_start is 0" },
	[FREEZE_PAYS_NOT] = { "pays-not", "thawed starts were not faster than cold ones" },
	[FREEZE_TOO_FEW] = { "too-few", "it has served fewer than initial_start requests" },
	[FREEZE_UNMEASURED] = { "unmeasured", "no cold start of it was measured yet" },
	[FREEZE_TOO_QUICK] = { "too-quick", "it starts too quickly for an image to pay" },
	[FREEZE_BACKING_OFF] = { "backing-off", "the last try failed; the next one comes later" },
	[FREEZE_BUSY] = { "busy", "it is at work" },
};

_Static_assert(sizeof(mode_names) / sizeof(mode_names[0]) == FREEZE_MODE_COUNT, "one per mode");
_Static_assert(sizeof(whys) / sizeof(whys[0]) == FREEZE_WHY_COUNT, "one per reason");

/* What does not change while the parent lives, the most general first; FREEZE_NOW: none of it. */
static enum freeze_why find_obstacle(const struct freeze_figures *f)
{
	if (f->mode == FREEZE_MODE_OFF)
		return FREEZE_OFF;
	if (!f->is_working)
		return FREEZE_BROKEN;
	if (!f->is_running)
		return FREEZE_NOT_RUNNING;
	if (f->is_under_way)
		return FREEZE_UNDER_WAY;
	if (f->is_thawed)
		return FREEZE_THAWED;
	if (f->is_asked_for)
		return FREEZE_NOW;
	if (f->is_frozen)
		return FREEZE_FROZEN;
	if (!f->initial_start)
		return FREEZE_NEVER;
	return f->mode == FREEZE_MODE_AUTO && f->pays_not ? FREEZE_PAYS_NOT : FREEZE_NOW;
}

/* A pool that is asked for now and then is looked at now and then. */
static uint64_t look_again_ns(const struct freeze_figures *f, uint64_t now_ns)
{
	uint64_t gap_ns = clock_since_ns(f->last_use_ns, now_ns);

	if (f->is_busy || gap_ns < FREEZE_LOOK_NS)
		gap_ns = FREEZE_LOOK_NS;
	return now_ns + (gap_ns < FREEZE_LOOK_MOST_NS ? gap_ns : FREEZE_LOOK_MOST_NS);
}

enum freeze_why freeze_policy_decide(
	const struct freeze_figures *f, uint64_t now_ns, uint64_t *ret_next_ns)
{
	enum freeze_why why = find_obstacle(f);

	*ret_next_ns = UINT64_MAX;
	if (why != FREEZE_NOW)
		return why;
	if (f->is_asked_for)
		return f->is_busy ? FREEZE_BUSY : FREEZE_NOW;
	if (f->served < f->initial_start) {
		*ret_next_ns = look_again_ns(f, now_ns);
		return FREEZE_TOO_FEW;
	}
	/* it is measured once per parent, at its beginning */
	if (f->mode == FREEZE_MODE_AUTO && !f->cold_ns)
		return FREEZE_UNMEASURED;
	if (f->mode == FREEZE_MODE_AUTO && f->cold_ns < FREEZE_WORTH_NS)
		return FREEZE_TOO_QUICK;
	if (now_ns < f->retry_ns) {
		*ret_next_ns = f->retry_ns;
		return FREEZE_BACKING_OFF;
	}
	if (f->is_busy) {
		*ret_next_ns = now_ns + FREEZE_IDLE_NS;
		return FREEZE_BUSY;
	}
	if (clock_since_ns(f->last_use_ns, now_ns) < FREEZE_IDLE_NS) {
		*ret_next_ns = f->last_use_ns + FREEZE_IDLE_NS;
		return FREEZE_BUSY;
	}
	return FREEZE_NOW;
}

bool freeze_policy_pays_not(const struct pace *cold, const struct pace *thawed)
{
	if (!cold->count || thawed->count < FREEZE_JUDGE_STARTS)
		return false;
	return thawed->mean_ns > cold->mean_ns - cold->mean_ns / 4;
}

uint64_t freeze_policy_patience_ns(uint64_t cold_ns)
{
	return cold_ns ? cold_ns : FREEZE_COLD_UNKNOWN_NS;
}

static uint64_t doubled(uint64_t first_ns, uint64_t most_ns, uint32_t times)
{
	uint64_t ns = first_ns;

	while (times-- > 1 && ns < most_ns)
		ns *= 2;
	return ns < most_ns ? ns : most_ns;
}

uint64_t freeze_policy_retry_ns(uint32_t failures)
{
	return doubled(FREEZE_RETRY_FIRST_NS, FREEZE_RETRY_MOST_NS, failures);
}

uint64_t freeze_policy_busy_ns(uint32_t times)
{
	return doubled(FREEZE_BUSY_FIRST_NS, FREEZE_BUSY_MOST_NS, times);
}

const char *freeze_mode_name(enum freeze_mode mode)
{
	return mode < FREEZE_MODE_COUNT ? mode_names[mode] : "?";
}

const char *freeze_why_name(enum freeze_why why)
{
	return why < FREEZE_WHY_COUNT ? whys[why].name : "?";
}

const char *freeze_why_text(enum freeze_why why)
{
	return why < FREEZE_WHY_COUNT ? whys[why].text : "?";
}
