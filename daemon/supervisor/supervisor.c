/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/supervisor/tree.h"

/* The manager keeps the grace itself; this much later it is taken for stuck. */
#define MANAGER_LATE_NS (1 * NS_PER_S)
/* lsphp that has nothing to do ends within milliseconds of its SIGTERM, the manager of STOPPED. */
#define ENDING_NS (2 * NS_PER_S)
/* After SIGKILL only the kernel's own work is left; look again until all are reaped. */
#define REKILL_NS (100 * NS_PER_MS)
/* What a stop may take after the grace, on a busy host. */
#define STOP_REST_NS (30 * NS_PER_S)

static int signals_init(struct supervisor *s)
{
	static const int handled[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	sigset_t set;
	size_t i;
	int r;

	/* a log file at the limit of a file's size is told as an error of its write(2) */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return -errno;
	(void)sigemptyset(&set);
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		(void)sigaddset(&set, handled[i]);
	r = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (r)
		return -r;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? -errno : 0;
}

static int supervisor_init(struct supervisor *s)
{
	int r;

	s->signal_fd = -1;
	s->null_fd = -1;
	s->pid = getpid();
	s->now_ns = clock_now_ns();
	notify_init(&s->notify, s->pid, s->now_ns);
	link_init(&s->link);
	spawn_set_init(&s->spawns);
	user_file_set_init(&s->user_files);
	boot_init(&s->boot);
	logs_init(&s->logs);
	criu_init(&s->criu, s->manager_binary);
	r = helper_set_init(&s->helpers);
	if (r == 0)
		r = signals_init(s);
	if (r == 0) {
		s->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		r = s->null_fd < 0 ? -errno : 0;
	}
	/* orphans of lsphp come to us, so that no zombie is left and none is out of reach */
	if (r == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r)
		log_error("supervisor.init_failed", F_ERRNO(r));
	return r;
}

static void supervisor_deinit(struct supervisor *s)
{
	link_deinit(&s->link);
	logs_deinit(&s->logs);
	spawn_set_deinit(&s->spawns);
	user_file_set_deinit(&s->user_files);
	helper_set_deinit(&s->helpers);
	criu_deinit(&s->criu);
	boot_deinit(&s->boot, s->settings);
	notify_deinit(&s->notify);
	s->signal_fd = fd_close(s->signal_fd);
	s->null_fd = fd_close(s->null_fd);
	s->settings = settings_free(s->settings);
}

static void log_problem(const struct config_problem *p)
{
	log_error("config.problem", F_STR("file", p->file), F_INT("line", p->line),
		F_STR("what", p->what), F_STR("remedy", p->remedy));
}

int supervisor_read_successor(
	const struct supervisor *s, struct settings **ret_settings, struct config_problems *ret)
{
	struct settings *new = NULL;
	struct config_problem p;
	const char *fixed;
	char what[128];
	int r = settings_read(s->config_path, s->settings, &new, ret);

	if (r > 0)
		return r;
	fixed = r == 0 ? settings_find_fixed_change(s->settings, new) : NULL;
	if (r == 0 && !fixed) {
		*ret_settings = new;
		return 0;
	}
	if (r < 0) {
		(void)config_problem_set(
			&p, s->config_path, 0, strerrordesc_np(-r), "try again when there is room");
	} else {
		(void)snprintf(what, sizeof(what), "%s can not change while lsapid runs", fixed);
		(void)config_problem_set(
			&p, s->config_path, 0, what, "restart lsapid, or write the former value");
	}
	config_problems_add(ret, &p);
	(void)settings_free(new);
	return 1;
}

static void log_problems(struct config_problems *list)
{
	for (size_t i = 0; i < list->count; i++)
		log_problem(&list->item[i]);
	config_problems_deinit(list);
}

static void log_check(const struct supervisor *s)
{
	struct config_problems problems = { .item = NULL };

	settings_check(s->settings, s->config_path, s->manager_binary, &problems);
	log_problems(&problems);
}

int supervisor_reload(struct supervisor *s, struct config_problem *ret_problem)
{
	struct settings *new = NULL;
	struct settings *old = s->settings;
	struct config_problems problems = { .item = NULL };
	int r;

	if (s->phase != SUPERVISOR_RUNNING)
		return config_problem_set(ret_problem, s->config_path, 0, "lsapid is stopping",
			"start it again: it reads the file then");
	notify_reloading(&s->notify);
	r = supervisor_read_successor(s, &new, &problems);
	if (r) {
		if (problems.count) /* there is, unless there is no memory */
			*ret_problem = problems.item[problems.count - 1];
		else
			(void)config_problem_set(ret_problem, s->config_path, 0,
				strerrordesc_np(ENOMEM), "try again when there is room");
		log_problems(&problems);
		log_warn("config.kept", F_STR("file", s->config_path));
		notify_ready(&s->notify);
		return r;
	}
	config_problems_deinit(&problems);
	assert(new);
	s->settings = new;
	log_set_level(new->config->log_level);
	log_set_limits(&new->config->log_limits);
	s->spawns.warned = 0;
	log_check(s);
	link_send_reload(s);
	criu_check(s);
	logs_reload(s, old->config->log_target);
	(void)settings_free(old);
	return 0;
}

/* --- stop --------------------------------------------------------------------------------- */

static void stop_end(struct supervisor *s, bool is_drained)
{
	s->phase = SUPERVISOR_ENDING;
	helper_kill_all(&s->helpers);
	/* who drained has nobody busy, so that all may go at once, also what scripts left behind */
	spawn_retire_all(s, SPAWN_CAUSE_STOP);
	if (is_drained) {
		s->deadline_ns = s->now_ns + ENDING_NS;
		(void)tree_signal(s->pid, SIGTERM);
	}
	log_info("supervisor.ending", F_UINT("spawns", s->spawns.all.count),
		F_STR("drained", is_drained ? "yes" : "no"));
}

void supervisor_on_stopped(struct supervisor *s)
{
	if (s->phase == SUPERVISOR_DRAINING)
		s->deadline_ns = s->now_ns + ENDING_NS;
}

void supervisor_on_manager_gone(struct supervisor *s)
{
	if (s->phase == SUPERVISOR_DRAINING)
		stop_end(s, true);
}

static void stop_begin(struct supervisor *s)
{
	struct priv_message m = {
		.type = PRIV_STOP,
		.status = (int32_t)s->settings->config->stop_grace_ms,
	};

	s->phase = SUPERVISOR_DRAINING;
	s->deadline_ns =
		s->now_ns + s->settings->config->stop_grace_ms * NS_PER_MS + MANAGER_LATE_NS;
	log_notice("supervisor.stopping", F_UINT("grace_ms", s->settings->config->stop_grace_ms));
	notify_stopping(&s->notify, s->deadline_ns + STOP_REST_NS - s->now_ns);
	if (s->link.state == LINK_UP) {
		link_send(s, &m, NULL);
		return;
	}
	/* nobody who knows what is under way: PHP parents end, their busy children get the grace */
	link_kill(s, "stopping");
	stop_end(s, s->spawns.all.count == 0);
}

static void stop_hurry(struct supervisor *s)
{
	if (s->phase == SUPERVISOR_DRAINING)
		stop_end(s, true);
	s->deadline_ns = s->now_ns + NS_PER_S;
	log_notice("supervisor.hurry", F_UINT("spawns", s->spawns.all.count));
}

static void stop_on_time(struct supervisor *s)
{
	if (s->phase < SUPERVISOR_DRAINING || s->now_ns < s->deadline_ns)
		return;
	if (s->phase == SUPERVISOR_DRAINING) {
		log_warn("manager.late", F_INT("pid", s->link.pid));
		stop_end(s, true);
		return;
	}
	(void)tree_signal(s->pid, SIGKILL);
	s->deadline_ns = s->now_ns + REKILL_NS;
}

/* --- signals ------------------------------------------------------------------------------ */

/* Every child that has ended: the manager, lsphp, and orphans that came to us as subreaper. */
static void reap_all(struct supervisor *s)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0 && errno == ECHILD && s->phase == SUPERVISOR_ENDING)
			s->phase = SUPERVISOR_DONE;
		if (pid <= 0)
			return;
		if (!link_on_exit(s, pid, status) && !spawn_on_exit(s, pid, status) &&
			!user_file_set_on_exit(s, pid) && !helper_on_exit(s, pid, status))
			log_debug("orphan.exit", F_INT("pid", pid), F_INT("status", status));
	}
}

static void on_signal(struct supervisor *s, uint32_t number)
{
	struct config_problem logged;

	switch (number) {
	case SIGHUP:
		(void)supervisor_reload(s, &logged);
		break;
	case SIGUSR1:
		logs_rotate(s);
		break;
	case SIGTERM:
	case SIGINT:
		if (s->phase == SUPERVISOR_RUNNING)
			stop_begin(s);
		else
			stop_hurry(s);
		break;
	default:
		/* SIGCHLD comes once for many: reap_all() looks every turn */
		break;
	}
}

static void read_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		on_signal(s, info.ssi_signo);
}

/* --- loop --------------------------------------------------------------------------------- */

static uint64_t next_ns(const struct supervisor *s)
{
	const uint64_t due[] = {
		s->phase == SUPERVISOR_RUNNING ? link_next_ns(&s->link) : s->deadline_ns,
		user_file_set_next_ns(&s->user_files),
		helper_next_ns(&s->helpers),
		notify_next_ns(&s->notify),
		criu_next_ns(&s->criu),
		log_next_ns(),
	};
	uint64_t next = due[0];

	for (size_t i = 1; i < sizeof(due) / sizeof(*due); i++)
		next = due[i] < next ? due[i] : next;
	return next;
}

static int timeout_ms(const struct supervisor *s)
{
	uint64_t next = next_ns(s);
	uint64_t now = clock_now_ns();

	if (next == UINT64_MAX)
		return -1;
	/* rounded up, so that it is due when we wake */
	next = clock_since_ns(now, next) / NS_PER_MS + 1;
	return next > 60000 ? 60000 : (int)next;
}

static void wait_for_events(const struct supervisor *s)
{
	struct pollfd fds[3 + SPAWN_MAX_STARTING + USER_FILE_SET_MAX];
	int reading[USER_FILE_SET_MAX];
	size_t reading_count = user_file_set_fds(&s->user_files, reading);
	struct list_node *n;
	struct list_node *next;
	nfds_t count = 0;

	fds[count++] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	fds[count++] = (struct pollfd){ .fd = s->helpers.epoll_fd, .events = POLLIN };
	/* a negative descriptor is passed over */
	fds[count++] = (struct pollfd){
		.fd = s->link.channel_fd,
		.events = list_is_empty(&s->link.queue) ? POLLIN : POLLIN | POLLOUT,
	};
	LIST_FOREACH (&s->spawns.starting, n, next) {
		const struct spawn *sp = LIST_OWNER(n, struct spawn, starting_node);

		fds[count++] = (struct pollfd){ .fd = sp->report_fd, .events = POLLIN };
	}
	while (reading_count)
		fds[count++] = (struct pollfd){ .fd = reading[--reading_count], .events = POLLIN };
	/* which of them it was is of no matter: each is asked without waiting */
	(void)poll(fds, count, timeout_ms(s));
}

static void supervisor_turn(struct supervisor *s)
{
	wait_for_events(s);
	s->now_ns = clock_now_ns();
	read_signals(s);
	spawn_read_reports(s);
	user_file_set_read(s);
	helper_read_all(s);
	link_flush(s);
	link_receive(s);
	reap_all(s);
	helper_on_time(s);
	link_on_time(s);
	stop_on_time(s);
	criu_on_time(s);
	notify_on_time(&s->notify, s->now_ns);
	log_on_time(s->now_ns);
}

int supervisor_run(struct settings *settings, const char *config_path, const char *manager_binary)
{
	struct supervisor s = {
		.config_path = config_path,
		.manager_binary = manager_binary,
		.settings = settings,
	};
	struct config_problem problem;
	int r = supervisor_init(&s);

	if (r == 0)
		r = boot_adopt_socket(&s.boot, &problem);
	if (r == 0)
		logs_begin(&s);
	if (r == 0)
		r = boot_prepare(&s.boot, s.settings, &problem);
	if (r == 1)
		log_problem(&problem);
	s.spawns.ini_dir = s.boot.ini_fd;
	if (r == 0) {
		log_check(&s);
		log_notice("supervisor.start", F_INT("pid", s.pid),
			F_STR("socket", settings->config->control_socket),
			F_STR("adopted", s.boot.is_adopted ? "yes" : "no"),
			F_STR("privileged", settings->host.is_privileged ? "yes" : "no"));
		link_start(&s);
		criu_check(&s);
		while (s.phase != SUPERVISOR_DONE)
			supervisor_turn(&s);
		log_end();
		log_notice("supervisor.stopped", F_INT("pid", s.pid));
	}
	supervisor_deinit(&s);
	return r ? 1 : 0;
}
