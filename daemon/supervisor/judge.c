/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/judge.h"

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/launch.h"
#include "daemon/supervisor/supervisor.h"

int judge_request(struct supervisor *s, uint64_t id, const struct fdpass_set *fds)
{
	struct priv_message m = { .type = PRIV_JUDGED, .id = id };
	struct launch_failure failure;
	struct launch l;

	if (!fd_is_sealed(fds->fd[0]))
		return 1;
	launch_init(&l);
	launch_prepare(&l, s->settings, fds->fd[0], &failure);
	launch_deinit(&l);
	if (failure.reason != REASON_NONE) {
		m.reason = (uint32_t)failure.reason;
		m.step = (uint32_t)failure.step;
		m.error = failure.error;
		(void)str_copy(m.text, sizeof(m.text), failure.text);
	}
	link_send(s, &m, NULL);
	return 0;
}
