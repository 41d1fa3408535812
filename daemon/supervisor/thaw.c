/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/thaw.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/freeze.h"
#include "daemon/supervisor/images.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/tree.h"

/* A thawed lsphp that ends by itself so soon is taken for a sign that its image is no good. */
#define STILLBORN_NS (5 * NS_PER_S)

static void add_flag(struct helper_order *o, const struct launch *l)
{
	const char *scope = pool_spec_get(&l->spec, SPEC_SCOPE);
	const char *server = pool_spec_get(&l->spec, SPEC_NAME);
	char *home = NULL;

	/* B69: of a virtual host, so not of a pool for a whole account */
	if (!server || (scope && strcmp(scope, "vhost") != 0))
		return;
	if (ident_find_home(l->order.uid, &home) == 0 && home[0] == '/') {
		environ_set(&o->words, JOB_HOME, home);
		environ_set(&o->words, JOB_SERVER, server);
	}
	free(home);
}

static void on_thawed(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	struct spawn *sp = h->spawn;
	struct priv_message m = {
		.type = PRIV_SPAWNED,
		.flags = PRIV_SPAWN_THAW,
		.id = sp->id,
		.ms = report->ms,
	};

	sp->php_pid = tree_first_child(h->pid);
	/* it has ended already: its last word follows */
	if (!sp->php_pid)
		sp->php_pid = h->pid;
	sp->pid = h->pid;
	sp->is_thawed = true;
	m.pid = sp->php_pid;
	h->spec_fd = fd_close(h->spec_fd);
	h->listener_fd = fd_close(h->listener_fd);
	h->stderr_fd = fd_close(h->stderr_fd);
	freeze_give_up(sp); /* it has an image */
	log_info("spawn.thaw", F_SPAWN(sp), F_INT("pid", sp->php_pid), F_INT("init", sp->pid),
		F_UINT("id", sp->id), F_UINT("ms", report->ms));
	if (sp->is_known)
		link_send(s, &m, NULL);
	if (sp->cause != SPAWN_CAUSE_ITSELF)
		(void)kill(sp->pid, SIGTERM);
}

static void start_instead(struct supervisor *s, struct helper *h, const char *why)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	struct spawn *sp = h->spawn;

	h->spawn = NULL;
	sp->helper = NULL;
	(void)str_copy(sp->why_cold, sizeof(sp->why_cold), why);
	fds.fd[SPAWN_FD_SPEC] = h->spec_fd;
	fds.fd[SPAWN_FD_LISTENER] = h->listener_fd;
	fds.fd[SPAWN_FD_STDERR] = h->stderr_fd;
	fds.count = SPAWN_FD_COUNT;
	spawn_start_cold(s, sp, &fds);
	h->spec_fd = fd_close(h->spec_fd);
	h->listener_fd = fd_close(h->listener_fd);
	h->stderr_fd = fd_close(h->stderr_fd);
}

static void on_thawed_end(struct supervisor *s, struct helper *h, int status)
{
	struct spawn *sp = h->spawn;

	h->spawn = NULL;
	sp->helper = NULL;
	if (sp->cause == SPAWN_CAUSE_ITSELF &&
		clock_since_ns(sp->since_ns, s->now_ns) < STILLBORN_NS) {
		criu_log_failure("thaw.stillborn", sp,
			"it ended by itself soon after it was thawed",
			"its image is removed; the next one is started");
		criu_note_cold(s, sp->spec_hash, false);
		if (images_reset(s, sp->name) < 0)
			log_debug("images.not_reset", F_STR("pool", sp->name));
	}
	spawn_end(s, sp, status);
}

static void on_thaw_failed(struct supervisor *s, struct helper *h, const char *why)
{
	struct spawn *sp = h->spawn;

	/* who was told to end in the middle of it has no reason to complain */
	if (sp->cause == SPAWN_CAUSE_ITSELF) {
		criu_log_failure("thaw.failed", sp, why,
			"PHP is started instead; lsapidctl criu check tells more");
		criu_note_cold(s, sp->spec_hash, true);
	}
	start_instead(s, h, why);
}

static void on_thaw(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	struct spawn *sp = h->spawn;

	if (!sp)
		return;
	if (!report && sp->is_thawed) {
		on_thawed_end(s, h, SIGKILL); /* its init was killed, and so it was */
		return;
	}
	if (!report) {
		on_thaw_failed(s, h, h->fault);
		return;
	}
	switch ((enum job_result)report->result) {
	case JOB_RESTORED:
		on_thawed(s, h, report);
		break;
	case JOB_ENDED:
		if (sp->is_thawed)
			on_thawed_end(s, h, report->status);
		break;
	case JOB_NO_IMAGE:
		criu_note_cold(s, sp->spec_hash, false);
		if (report->text[0])
			log_notice("image.dropped", F_SPAWN(sp), F_STR("why", report->text));
		start_instead(s, h, report->text);
		break;
	case JOB_FAILED:
		on_thaw_failed(s, h, report->text);
		break;
	case JOB_FROZEN:
	case JOB_DONE:
		break;
	}
}

static int start_thaw(struct supervisor *s, struct spawn *sp, const struct launch *l,
	const struct fdpass_set *fds)
{
	struct helper_order o;
	struct helper *h = NULL;
	int r;

	helper_order_init(&o, s, "restore");
	criu_fill_order(&o, s, l);
	add_flag(&o, l);
	o.fd[JOB_FD_FACTS] = sp->ice->fd[JOB_FD_FACTS];
	o.fd[JOB_FD_LISTENER] = fds->fd[SPAWN_FD_LISTENER];
	o.fd[JOB_FD_STDERR] = fds->fd[SPAWN_FD_STDERR];
	o.fd[JOB_FD_INI] = l->ini_fd;
	o.clone_flags = CLONE_NEWPID | CLONE_NEWNS;
	r = helper_start(s, &o, on_thaw, sp->id, &h);
	helper_order_deinit(&o);
	if (r < 0)
		return r;
	h->spec_fd = fcntl(fds->fd[SPAWN_FD_SPEC], F_DUPFD_CLOEXEC, 0);
	h->listener_fd = fcntl(fds->fd[SPAWN_FD_LISTENER], F_DUPFD_CLOEXEC, 0);
	h->stderr_fd = fcntl(fds->fd[SPAWN_FD_STDERR], F_DUPFD_CLOEXEC, 0);
	if (h->spec_fd < 0 || h->listener_fd < 0 || h->stderr_fd < 0) {
		helper_kill(h);
		return -EMFILE;
	}
	h->spawn = sp;
	sp->helper = h;
	return 0;
}

bool thaw_begin(struct supervisor *s, struct spawn *sp, const struct launch *l,
	const struct fdpass_set *fds)
{
	int r;

	if (!sp->ice || criu_is_cold(s, sp->spec_hash))
		return false;
	r = start_thaw(s, sp, l, fds);
	if (r < 0)
		criu_log_failure("thaw.failed", sp, strerrordesc_np(-r), "PHP is started instead");
	return r == 0;
}
