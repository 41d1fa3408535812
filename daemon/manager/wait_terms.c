/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/wait_terms.h"

#include "daemon/base/clock.h"
#include "proto/control.h"

uint32_t wait_terms_decide(const struct wait_settings *s, uint32_t asked_ms, uint32_t flags)
{
	bool is_queue = s->is_queue;

	if (!s->is_mode_of_file && (flags & (CONTROL_LEASE_QUEUE | CONTROL_LEASE_REJECT)))
		is_queue = flags & CONTROL_LEASE_QUEUE;
	/* a client that can not wait is not made to */
	if (!is_queue || !asked_ms)
		return 0;
	if (!s->is_wait_of_file && (flags & CONTROL_LEASE_WAIT_SET))
		return asked_ms;
	return s->queue_wait_ms;
}

uint32_t wait_terms_status(const struct wait_settings *s, enum reason reason)
{
	return reason_is_room(reason) ? s->busy_status : 0;
}

uint32_t wait_terms_retry_after_s(uint64_t busy_ns, uint32_t queued, uint32_t limit)
{
	uint64_t rounds = 1 + (uint64_t)(limit ? queued / limit : 0);
	uint64_t s = busy_ns / NS_PER_S + 1;

	if (s > WAIT_TERMS_RETRY_MAX_S / rounds)
		return WAIT_TERMS_RETRY_MAX_S;
	return (uint32_t)(s * rounds);
}
