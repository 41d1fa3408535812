/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_retry.h"

/* With a body, ECONNRESET proves only that its tail was unread. */
static bool shim_retry_is_unused(const struct shim_retry_facts *facts)
{
	if (facts->end == SHIM_END_EPIPE)
		return true;
	return facts->end == SHIM_END_RESET && !facts->has_body;
}

static bool shim_retry_is_ambiguous(const struct shim_retry_facts *facts)
{
	return facts->end == SHIM_END_EOF || facts->end == SHIM_END_RESET;
}

enum shim_retry shim_retry_decide(const struct shim_retry_facts *facts)
{
	if (facts->has_response || !facts->can_resend || facts->is_ended)
		return SHIM_RETRY_NO;
	if (shim_retry_is_unused(facts))
		return facts->unused < SHIM_RETRY_UNUSED_MAX ? SHIM_RETRY_UNUSED : SHIM_RETRY_NO;
	if (shim_retry_is_ambiguous(facts) && facts->is_idempotent &&
		facts->ambiguous < SHIM_RETRY_AMBIGUOUS_MAX)
		return SHIM_RETRY_AMBIGUOUS;
	return SHIM_RETRY_NO;
}
