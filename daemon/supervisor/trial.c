/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/trial.h"

#include <stdlib.h>

#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/supervisor/supervisor.h"

/* Return: descriptor; -errno */
static int problems_fd(const struct config_problems *problems)
{
	struct config_bundle packed = { .data = NULL };
	int r = config_problems_pack(problems, &packed);

	if (r == 0)
		r = fd_memfd("lsapid-problems", packed.data, packed.size);
	free(packed.data);
	return r;
}

void trial_request(struct supervisor *s)
{
	struct config_problems problems = { .item = NULL };
	struct priv_message m = { .type = PRIV_TRIED };
	struct fdpass_set fds = { .count = 2 };
	struct settings *new = NULL;

	m.status = supervisor_read_successor(s, &new, &problems) != 0;
	if (new)
		settings_check(new, s->config_path, s->manager_binary, &problems);
	fds.fd[0] = problems_fd(&problems);
	fds.fd[1] =
		fd_memfd("lsapid-config", new ? new->bundle.data : "", new ? new->bundle.size : 0);
	config_problems_deinit(&problems);
	(void)settings_free(new);
	if (fds.fd[0] >= 0 && fds.fd[1] >= 0) {
		link_send(s, &m, &fds);
		return;
	}
	/* whoever asked is told that there is no answer */
	log_error("config.not_sent", F_ERRNO(fds.fd[0] < 0 ? fds.fd[0] : fds.fd[1]));
	(void)fd_close(fds.fd[0]);
	(void)fd_close(fds.fd[1]);
}
