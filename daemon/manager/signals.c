/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/signals.h"

#include <errno.h>
#include <signal.h>

#include "daemon/base/err.h"
#include "daemon/manager/manager.h"

static void on_stop(evutil_socket_t signo, short what, void *arg)
{
	struct manager *m = arg;

	(void)what;
	shutdown_begin(m, m->config->stop_grace_ms, signo == SIGINT ? "SIGINT" : "SIGTERM");
}

int signals_init(struct signals *s, struct manager *m)
{
	static const int ignored[] = { SIGPIPE, SIGHUP, SIGUSR1, SIGXFSZ };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			return err_origin(-errno);
	}
	if (evsignal_assign(&s->term, m->base, SIGTERM, on_stop, m) < 0 ||
		evsignal_assign(&s->intr, m->base, SIGINT, on_stop, m) < 0 ||
		event_add(&s->term, NULL) < 0 || event_add(&s->intr, NULL) < 0)
		return err_origin(-ENOMEM);
	return 0;
}

void signals_deinit(struct signals *s)
{
	if (event_initialized(&s->term))
		(void)event_del(&s->term);
	if (event_initialized(&s->intr))
		(void)event_del(&s->intr);
}
