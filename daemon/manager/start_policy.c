/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/start_policy.h"

enum start_action start_policy_decide(const struct start_figures *f)
{
	if (!f->is_answered)
		return f->age_ns > START_POLICY_ANSWER_NS + f->thaw_ns ? START_GIVE_UP : START_WAIT;
	if (f->has_served || (!f->has_connections && f->age_ns > START_POLICY_UNUSED_NS))
		return START_SERVED;
	return f->age_ns > START_POLICY_SERVE_NS && f->has_unread ? START_KILL : START_WAIT;
}
