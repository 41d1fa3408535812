/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/unborn.h"

#include "daemon/base/clock.h"

/* lsphp tries again after 100 ms, and httpd at once: so these come within half a second. */
#define UNBORN_LIMIT  3U
#define UNBORN_ROW_NS NS_PER_S
/** A user whose processes end soon is served again soon. */
#define UNBORN_PAUSE_NS NS_PER_S

bool unborn_note(struct unborn *u, uint64_t now_ns)
{
	bool was_stuck = unborn_is_stuck(u, now_ns);

	if (clock_since_ns(u->last_ns, now_ns) > UNBORN_ROW_NS)
		u->count = 0;
	u->last_ns = now_ns;
	if (++u->count < UNBORN_LIMIT)
		return false;
	u->until_ns = now_ns + UNBORN_PAUSE_NS;
	return !was_stuck;
}

bool unborn_is_stuck(const struct unborn *u, uint64_t now_ns)
{
	return now_ns < u->until_ns;
}
