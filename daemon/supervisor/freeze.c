/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/freeze.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/facts.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/tree.h"

/* Dumps at once: each writes some ten megabytes, and works on a processor. */
#define FREEZING_MAX 2U

/* Files that this PHP has read when it started. */
static void add_watch(struct helper_order *o, const struct launch *l)
{
	const struct config_handler *h = l->order.handler;
	char path[PATH_MAX];
	const char *at;
	size_t i, size;

	for (i = 0; i < h->watch_count; i++)
		environ_append(&o->words, JOB_WATCH, h->watch[i]);
	/* PHPRC: a list of directories */
	at = environ_get(&l->env, "PHPRC");
	for (; at && *at; at += size + (at[size] == ':')) {
		size = strcspn(at, ":");
		if (size && size < sizeof(path) - sizeof("/php.ini")) {
			(void)snprintf(path, sizeof(path), "%.*s/php.ini", (int)size, at);
			environ_append(&o->words, JOB_WATCH, path);
		}
	}
}

static void ice_free(struct helper_order *o)
{
	if (!o)
		return;
	(void)fd_close(o->fd[JOB_FD_FACTS]);
	(void)fd_close(o->fd[JOB_FD_LISTENER]);
	(void)fd_close(o->fd[JOB_FD_STDERR]);
	helper_order_deinit(o);
	free(o);
}

/* The write end of its stderr stays open with us until it ends, and no longer. */
void freeze_prepare(struct supervisor *s, struct spawn *sp, const struct launch *l,
	const struct fdpass_set *fds)
{
	struct helper_order *o;

	ice_free(sp->ice);
	sp->ice = NULL;
	/* what starts while CRIU is still being tried may be frozen, too */
	if ((s->criu.state != PRIV_CRIU_WORKS && s->criu.state != PRIV_CRIU_UNKNOWN) ||
		!l->order.may_freeze)
		return;
	o = malloc(sizeof(*o));
	if (!o)
		return;
	helper_order_init(o, s, "freeze");
	criu_fill_order(o, s, l);
	add_watch(o, l);
	o->fd[JOB_FD_FACTS] = facts_memfd(l);
	o->fd[JOB_FD_LISTENER] = fcntl(fds->fd[SPAWN_FD_LISTENER], F_DUPFD_CLOEXEC, 0);
	o->fd[JOB_FD_STDERR] = fcntl(fds->fd[SPAWN_FD_STDERR], F_DUPFD_CLOEXEC, 0);
	if (o->fd[JOB_FD_FACTS] < 0 || o->fd[JOB_FD_LISTENER] < 0 || o->fd[JOB_FD_STDERR] < 0 ||
		o->words.has_failed) {
		ice_free(o);
		return;
	}
	sp->ice = o;
}

void freeze_give_up(struct spawn *sp)
{
	ice_free(sp->ice);
	sp->ice = NULL;
}

/* --- the deed ----------------------------------------------------------------------------- */

static void tell_frozen(
	struct supervisor *s, uint64_t id, enum priv_frozen status, const struct job_report *report)
{
	struct priv_message m = { .type = PRIV_FROZEN, .id = id, .status = (int32_t)status };

	if (report) {
		m.ms = report->ms;
		m.bytes = report->bytes;
		(void)str_copy(m.text, sizeof(m.text), report->text);
	}
	link_send(s, &m, NULL);
}

static void tell_not_frozen(
	struct supervisor *s, uint64_t id, enum priv_frozen status, const char *why)
{
	struct job_report report = { .result = JOB_FAILED };

	(void)str_copy(report.text, sizeof(report.text), why);
	tell_frozen(s, id, status, &report);
}

/* It may be stopped, or have code of CRIU in it: nobody gets a request into that any more. */
static void end_half_frozen(struct spawn *sp)
{
	criu_log_failure("freeze.killed", sp, "lsapid-criu has ended in the middle of it",
		"it is started again when it is needed");
	sp->cause = SPAWN_CAUSE_KILL;
	tree_kill(sp->pid);
}

/* Return: NULL; why it cannot be frozen */
static const char *find_obstacle(const struct supervisor *s, const struct spawn *sp)
{
	if (s->criu.state != PRIV_CRIU_WORKS)
		return s->criu.text;
	if (sp->is_thawed)
		return "it runs from its image";
	if (!sp->ice)
		return "it was started when CRIU was off, or did not work";
	return sp->helper || sp->report_fd >= 0 || sp->cause != SPAWN_CAUSE_ITSELF ? JOB_BUSY
										   : NULL;
}

static void refuse(struct supervisor *s, const struct spawn *sp, const char *obstacle)
{
	tell_not_frozen(s, sp->id,
		strcmp(obstacle, JOB_BUSY) == 0 ? PRIV_FROZEN_BUSY : PRIV_FROZEN_FAILED, obstacle);
}

static void on_freeze(struct supervisor *s, struct helper *h, const struct job_report *report);

static void begin(struct supervisor *s, struct spawn *sp)
{
	const char *obstacle = find_obstacle(s, sp);
	struct helper *h = NULL;
	int r;

	if (obstacle) {
		refuse(s, sp, obstacle);
		return;
	}
	r = helper_start(s, sp->ice, on_freeze, sp->id, &h);
	if (r < 0) {
		refuse(s, sp, strerrordesc_np(-r));
		return;
	}
	s->criu.freezing++;
	h->spawn = sp;
	sp->helper = h;
}

static void begin_next(struct supervisor *s)
{
	struct list_node *n;

	while (s->criu.freezing < FREEZING_MAX && (n = list_pop_front(&s->criu.to_freeze)))
		begin(s, LIST_OWNER(n, struct spawn, freeze_node));
}

static void settle(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	struct spawn *sp = h->spawn;
	enum priv_frozen status = PRIV_FROZEN_DONE;

	if (!report || report->result != JOB_FROZEN)
		status = report && strcmp(report->text, JOB_BUSY) == 0 ? PRIV_FROZEN_BUSY
								       : PRIV_FROZEN_FAILED;
	h->spawn = NULL;
	sp->helper = NULL;
	if (status == PRIV_FROZEN_DONE)
		criu_forget_cold(s, sp->spec_hash);
	if (sp->is_known && report)
		tell_frozen(s, sp->id, status, report);
	else if (sp->is_known)
		tell_not_frozen(s, sp->id, status, h->fault);
	if (!report)
		end_half_frozen(sp);
	else if (sp->is_retire_due)
		(void)kill(sp->pid, SIGTERM);
}

static void on_freeze(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	/* its answer was counted, and what follows is only its end */
	if (!report && h->has_answered)
		return;
	s->criu.freezing--;
	if (h->spawn)
		settle(s, h, report);
	begin_next(s);
}

void freeze_request(struct supervisor *s, uint64_t id, uint32_t cold_ms)
{
	struct spawn *sp = map_find(&s->spawns.by_id, id);
	const char *obstacle;

	if (!sp)
		return;
	obstacle = find_obstacle(s, sp);
	if (obstacle) {
		refuse(s, sp, obstacle);
		return;
	}
	environ_set_uint(&sp->ice->words, JOB_PID, (uint64_t)sp->pid);
	environ_set_uint(&sp->ice->words, JOB_COLD_MS, cold_ms);
	list_remove(&sp->freeze_node);
	list_push_back(&s->criu.to_freeze, &sp->freeze_node);
	begin_next(s);
}
