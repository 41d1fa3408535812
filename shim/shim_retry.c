/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_retry.h"

#include <string.h>
#include <strings.h>

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
	if (shim_retry_is_ambiguous(facts) && facts->is_listed &&
		facts->ambiguous < facts->ambiguous_max)
		return SHIM_RETRY_AMBIGUOUS;
	return SHIM_RETRY_NO;
}

bool shim_retry_is_listed(const char *list, const char *method)
{
	size_t wanted = strlen(method);

	for (;;) {
		size_t size = strcspn(list, ",");

		if (size == wanted && strncasecmp(list, method, size) == 0)
			return true;
		if (list[size] == '\0')
			return false;
		list += size + 1;
	}
}
