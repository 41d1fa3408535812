/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/criu.h"
#include "daemon/supervisor/dump.h"
#include "daemon/supervisor/freeze.h"
#include "daemon/supervisor/ini.h"
#include "daemon/supervisor/kin.h"
#include "daemon/supervisor/launch.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/thaw.h"
#include "daemon/supervisor/tree.h"

static const char *const cause_names[SPAWN_CAUSE_COUNT] = {
	[SPAWN_CAUSE_ITSELF] = "itself",
	[SPAWN_CAUSE_RETIRE] = "retired",
	[SPAWN_CAUSE_KILL] = "killed",
	[SPAWN_CAUSE_MANAGER] = "manager-died",
	[SPAWN_CAUSE_STOP] = "stopping",
};

void spawn_set_init(struct spawn_set *set)
{
	list_init(&set->all);
	list_init(&set->starting);
	map_init(&set->by_id);
	map_init(&set->by_pid);
	set->ini_dir = -1;
}

static void past_add(struct spawn_set *set, const struct spawn *sp, pid_t parent)
{
	struct spawn_past *past = &set->past[set->past_next];

	set->past_next = (set->past_next + 1) % SPAWN_PAST_COUNT;
	past->id = sp->id;
	past->parent = parent;
	past->uid = sp->uid;
	(void)str_copy(past->name, sizeof(past->name), sp->name);
}

static const struct spawn_past *past_find(const struct spawn_set *set, uint64_t id)
{
	size_t i;

	for (i = 0; id && i < SPAWN_PAST_COUNT; i++) {
		if (set->past[i].id == id)
			return &set->past[i];
	}
	return NULL;
}

static void spawn_free(struct spawn_set *set, struct spawn *sp)
{
	list_remove(&sp->node);
	list_remove(&sp->starting_node);
	if (sp->is_known)
		map_remove(&set->by_id, sp->id, sp);
	map_remove(&set->by_pid, (uint64_t)sp->pid, sp);
	criu_forget(sp);
	(void)fd_close(sp->report_fd);
	if (sp->ini)
		ini_remove(set->ini_dir, sp->ini);
	free(sp);
}

void spawn_set_deinit(struct spawn_set *set)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->all, n, next) {
		spawn_free(set, LIST_OWNER(n, struct spawn, node));
	}
	map_deinit(&set->by_id);
	map_deinit(&set->by_pid);
}

/*
 * A sealed memfd cannot make us wait, nor change under our eyes; a listener and a pipe cannot be
 * anything else that a compromised manager would like PHP to have.
 */
static bool are_fds_right(const struct fdpass_set *fds)
{
	struct stat st;

	return fd_is_sealed(fds->fd[SPAWN_FD_SPEC]) &&
	       fd_is_unix_listener(fds->fd[SPAWN_FD_LISTENER], SOCK_STREAM) &&
	       fstat(fds->fd[SPAWN_FD_STDERR], &st) == 0 && S_ISFIFO(st.st_mode);
}

static void send_failure(
	struct supervisor *s, uint64_t id, const char *pool, const struct launch_failure *f)
{
	struct priv_message m = {
		.type = PRIV_SPAWN_FAILED,
		.id = id,
		.reason = (uint32_t)f->reason,
		.step = (uint32_t)f->step,
		.error = f->error,
	};

	(void)str_copy(m.text, sizeof(m.text), f->text);
	log_warn("spawn.refused", F_STR("pool", pool), F_UINT("id", id),
		F_STR("reason", reason_name(f->reason)),
		F_STR("step", priv_step_name((unsigned)f->step)), F_ERRNO(f->error),
		F_STR("text", f->text));
	link_send(s, &m, NULL);
}

static void describe_process_limit(char *text, size_t size)
{
	struct rlimit limit = { .rlim_cur = RLIM_INFINITY };

	(void)getrlimit(RLIMIT_NPROC, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		(void)str_copy(text, size, "no limit of processes: pids.max or kernel.pid_max");
	else
		(void)snprintf(
			text, size, "limit of processes %llu", (unsigned long long)limit.rlim_cur);
}

/* Everything that was learned from the process goes into the object before it is listed. */
static struct spawn *spawn_new(struct spawn_set *set, uint64_t id, const struct launch *l)
{
	struct spawn *sp = calloc(1, sizeof(*sp));

	if (!sp)
		return NULL;
	sp->id = id;
	sp->report_fd = -1;
	sp->uid = l->order.uid;
	sp->nproc = l->order.limit[LIMIT_NPROC];
	sp->spec_hash = pool_spec_hash(&l->spec);
	(void)str_copy(sp->name, sizeof(sp->name), l->order.name);
	(void)str_copy(sp->user, sizeof(sp->user), l->ident.name ? l->ident.name : "");
	(void)str_copy(sp->binary, sizeof(sp->binary), l->order.handler->binary);
	if (map_put(&set->by_id, id, sp)) {
		free(sp);
		return NULL;
	}
	sp->is_known = true;
	list_push_back(&set->all, &sp->node);
	return sp;
}

/* Return: false and why: nothing runs */
static bool start(struct supervisor *s, struct spawn *sp, const struct fdpass_set *fds,
	struct launch *l, struct launch_failure *f)
{
	struct child_plan plan;

	launch_plan(l, fds->fd[SPAWN_FD_LISTENER], fds->fd[SPAWN_FD_STDERR], s->pid, &plan);
	f->error = -child_start(&plan, &sp->pid, &sp->report_fd);
	f->reason = launch_reason(f->step, f->error);
	if (f->reason == REASON_PROCESS_LIMIT)
		describe_process_limit(f->text, sizeof(f->text));
	if (!f->error && map_put(&s->spawns.by_pid, (uint64_t)sp->pid, sp)) {
		/* it would live unseen; reaped as an orphan */
		(void)kill(sp->pid, SIGKILL);
		f->error = ENOMEM;
	}
	return f->error == 0;
}

static void spawn_start(struct supervisor *s, struct spawn *sp, bool may_thaw,
	const struct fdpass_set *fds, struct launch *l)
{
	struct launch_failure failure = { .reason = REASON_START_FAILED, .step = PRIV_STEP_FORK };

	if (sp->ini)
		ini_remove(s->spawns.ini_dir, sp->ini);
	sp->ini = 0;
	if (launch_make_ini(l, s->spawns.ini_dir, s->spawns.last_ini + 1, &failure))
		sp->ini = ++s->spawns.last_ini;
	freeze_prepare(s, sp, l, fds);
	sp->since_ns = s->now_ns;
	if (!failure.error && may_thaw && thaw_begin(s, sp, l, fds))
		return;
	if (failure.error || !start(s, sp, fds, l, &failure)) {
		if (sp->is_known)
			send_failure(s, sp->id, sp->name, &failure);
		spawn_free(&s->spawns, sp);
		return;
	}
	sp->php_pid = sp->pid;
	list_push_back(&s->spawns.starting, &sp->starting_node);
	log_info("spawn.start", F_SPAWN(sp), F_INT("pid", sp->pid), F_UINT("id", sp->id));
}

static void spawn_new_start(struct supervisor *s, uint64_t id, bool may_thaw,
	const struct fdpass_set *fds, struct launch *l)
{
	const struct launch_failure failure = {
		.reason = REASON_START_FAILED,
		.step = PRIV_STEP_FORK,
		.error = ENOMEM,
	};
	struct spawn *sp = spawn_new(&s->spawns, id, l);

	if (sp)
		spawn_start(s, sp, may_thaw, fds, l);
	else
		send_failure(s, id, l->order.name, &failure);
}

/* The settings may be others by now: all is looked at again. */
void spawn_start_cold(struct supervisor *s, struct spawn *sp, const struct fdpass_set *fds)
{
	struct launch_failure failure = { .reason = REASON_NONE };
	struct launch l;

	launch_init(&l);
	if (s->phase != SUPERVISOR_RUNNING || sp->cause != SPAWN_CAUSE_ITSELF) {
		failure.reason = REASON_STOPPING;
		failure.step = PRIV_STEP_POLICY;
	} else {
		launch_prepare(&l, s->settings, fds->fd[SPAWN_FD_SPEC], &failure);
	}
	if (failure.reason == REASON_NONE) {
		spawn_start(s, sp, false, fds, &l);
	} else {
		if (sp->is_known)
			send_failure(s, sp->id, sp->name, &failure);
		spawn_free(&s->spawns, sp);
	}
	launch_deinit(&l);
}

int spawn_request(struct supervisor *s, uint64_t id, bool may_thaw, const struct fdpass_set *fds)
{
	struct launch_failure failure = { .reason = REASON_NONE };
	struct launch l;

	if (!are_fds_right(fds) || map_find(&s->spawns.by_id, id))
		return 1;
	launch_init(&l);
	if (s->phase != SUPERVISOR_RUNNING) {
		failure.reason = REASON_STOPPING;
		failure.step = PRIV_STEP_POLICY;
	} else if (s->spawns.starting.count >= SPAWN_MAX_STARTING) {
		failure.reason = REASON_START_FAILED;
		failure.step = PRIV_STEP_FORK;
		failure.error = EAGAIN;
	} else {
		launch_prepare(&l, s->settings, fds->fd[SPAWN_FD_SPEC], &failure);
	}
	if (failure.reason != REASON_NONE)
		send_failure(s, id, l.order.name, &failure);
	else
		spawn_new_start(s, id, may_thaw, fds, &l);
	launch_deinit(&l);
	return 0;
}

/* Who is being frozen gets it afterwards, and who is being thawed will not be. */
static void spawn_retire(struct spawn *sp)
{
	sp->is_retire_due = sp->helper && sp->pid > 0 && !sp->is_thawed;
	if (sp->pid > 0 && !sp->is_retire_due)
		(void)kill(sp->pid, SIGTERM);
	else if (!sp->is_retire_due)
		criu_stop(sp);
}

void spawn_signal(struct supervisor *s, uint64_t id, enum priv_signal what)
{
	struct spawn *sp = map_find(&s->spawns.by_id, id);

	if (!sp)
		return;
	switch (what) {
	case PRIV_SIGNAL_RETIRE:
		sp->cause = SPAWN_CAUSE_RETIRE;
		spawn_retire(sp);
		break;
	case PRIV_SIGNAL_KILL:
		sp->cause = SPAWN_CAUSE_KILL;
		criu_stop(sp);
		if (sp->pid > 0)
			tree_kill(sp->pid);
		break;
	case PRIV_SIGNAL_CHILD_TERM:
	case PRIV_SIGNAL_CHILD_KILL:
	case PRIV_SIGNAL_CHILD_DUMP:
	case PRIV_SIGNAL_COUNT:
		break;
	}
}

static void log_child_signal(const char *name, uid_t uid, pid_t pid, int signal_number, int r)
{
	if (r == 0)
		log_info("child.signal", F_STR("pool", name), F_UINT("uid", uid), F_INT("pid", pid),
			F_INT("signal", signal_number));
	else if (r == KIN_E_GONE)
		log_debug("child.gone", F_STR("pool", name), F_UINT("uid", uid), F_INT("pid", pid));
	else
		log_warn("child.refused", F_STR("pool", name), F_UINT("uid", uid),
			F_INT("pid", pid), F_INT("signal", signal_number),
			F_STR("why", r < 0 ? strerrordesc_np(-r) : "not a child of this pool"));
}

/* Return: as dump_child() */
static int dump(struct supervisor *s, uint64_t id, pid_t pid, const struct kin *k, const char *name)
{
	struct priv_message m = { .type = PRIV_DUMPED, .id = id, .pid = pid };
	struct fdpass_set fds = { .count = 1 };
	int r = dump_child(k, pid, name, &fds.fd[0]);

	if (r == 0)
		link_send(s, &m, &fds);
	return r;
}

void spawn_signal_child(struct supervisor *s, uint64_t id, pid_t pid, enum priv_signal what)
{
	int signal_number = what == PRIV_SIGNAL_CHILD_KILL ? SIGKILL : SIGTERM;
	bool is_dump = what == PRIV_SIGNAL_CHILD_DUMP;
	const struct spawn *sp = map_find(&s->spawns.by_id, id);
	const struct spawn_past *past = sp ? NULL : past_find(&s->spawns, id);
	struct kin kin = { .parent = 0 };
	const char *name = "-";
	int r = KIN_E_STRANGER;

	if (sp) {
		kin = (struct kin){ .parent = sp->php_pid, .uid = sp->uid };
		name = sp->name;
	} else if (past) {
		kin.parent = past->parent;
		kin.uid = past->uid;
		name = past->name;
	}
	/* children of ours are the manager and the lsphp parents, too: those it may not name */
	if (sp || (past && pid != s->link.pid && !map_find(&s->spawns.by_pid, (uint64_t)pid)))
		r = is_dump ? dump(s, id, pid, &kin, name) : kin_signal(&kin, pid, signal_number);
	if (!is_dump || r)
		log_child_signal(name, kin.uid, pid, is_dump ? 0 : signal_number, r);
}

/* The end of a start: exec has worked, or a step before it has not. */
static void spawn_on_report(
	struct supervisor *s, struct spawn *sp, const struct child_report *failed)
{
	struct priv_message m = { .type = PRIV_SPAWNED, .id = sp->id, .pid = sp->pid };

	list_remove(&sp->starting_node);
	sp->report_fd = fd_close(sp->report_fd);
	if (failed) {
		struct launch_failure f = {
			.reason = launch_reason((enum priv_step)failed->step, failed->error),
			.step = (enum priv_step)failed->step,
			.error = failed->error,
		};

		if (f.reason == REASON_PROCESS_LIMIT && sp->nproc < LIMIT_UNSET)
			(void)snprintf(f.text, sizeof(f.text), "%s (uid %u, limit_nproc %llu)",
				sp->binary, sp->uid, (unsigned long long)sp->nproc);
		else
			(void)str_copy(f.text, sizeof(f.text), sp->binary);
		sp->has_failed = true;
		if (sp->is_known)
			send_failure(s, sp->id, sp->name, &f);
		return;
	}
	(void)str_copy(m.text, sizeof(m.text), sp->why_cold);
	if (sp->is_known)
		link_send(s, &m, NULL);
}

/* What the kernel refuses to one it refuses to all: told once, until somebody may have mended it.
 */
static void spawn_on_refused_wish(
	struct supervisor *s, const struct spawn *sp, const struct child_report *report)
{
	uint64_t bit = 1ULL << (report->wish % CHILD_WISH_COUNT);
	bool is_first = !(s->spawns.warned & bit);

	s->spawns.warned |= bit;
	LOG_AT(is_first ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "spawn.wish", F_SPAWN(sp),
		F_STR("key", child_wish_key(report->wish)), F_INT("wanted", report->wanted),
		F_INT("got", report->got), F_ERRNO(report->error));
}

static void spawn_read_report(struct supervisor *s, struct spawn *sp)
{
	struct child_report report;
	int r;

	while ((r = child_read_report(sp->report_fd, &report)) == CHILD_GOES_ON)
		spawn_on_refused_wish(s, sp, &report);
	if (r == 0)
		spawn_on_report(s, sp, NULL);
	else if (r == CHILD_FAILED)
		spawn_on_report(s, sp, &report);
}

void spawn_read_reports(struct supervisor *s)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->spawns.starting, n, next) {
		spawn_read_report(s, LIST_OWNER(n, struct spawn, starting_node));
	}
}

static void log_exit(const struct supervisor *s, const struct spawn *sp, int status)
{
	bool is_expected = sp->cause != SPAWN_CAUSE_ITSELF || status == 0;

	LOG_AT(is_expected ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "spawn.exit", F_SPAWN(sp),
		F_INT("pid", sp->php_pid),
		F_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		F_STR("cause", cause_names[sp->cause]),
		F_UINT("lived_ms", clock_since_ns(sp->since_ns, s->now_ns) / NS_PER_MS));
}

void spawn_end(struct supervisor *s, struct spawn *sp, int status)
{
	struct priv_message m = {
		.type = PRIV_EXITED,
		.id = sp->id,
		.pid = sp->php_pid,
		.status = status,
	};

	if (!sp->has_failed)
		log_exit(s, sp, status);
	if (sp->is_known && !sp->has_failed) {
		link_send(s, &m, NULL);
		past_add(&s->spawns, sp, sp->is_thawed ? sp->pid : s->pid);
	}
	spawn_free(&s->spawns, sp);
}

bool spawn_on_exit(struct supervisor *s, pid_t pid, int status)
{
	struct spawn *sp = map_find(&s->spawns.by_pid, (uint64_t)pid);

	if (!sp)
		return false;
	/* the report was written before the end, so it is there */
	if (sp->report_fd >= 0)
		spawn_read_report(s, sp);
	spawn_end(s, sp, status);
	return true;
}

void spawn_retire_all(struct supervisor *s, enum spawn_cause cause)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->spawns.all, n, next) {
		struct spawn *sp = LIST_OWNER(n, struct spawn, node);

		if (sp->cause == SPAWN_CAUSE_ITSELF)
			sp->cause = cause;
		spawn_retire(sp);
	}
}

void spawn_forget_manager(struct supervisor *s)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->spawns.all, n, next) {
		struct spawn *sp = LIST_OWNER(n, struct spawn, node);

		if (sp->is_known)
			map_remove(&s->spawns.by_id, sp->id, sp);
		sp->is_known = false;
	}
	memset(s->spawns.past, 0, sizeof(s->spawns.past));
}
