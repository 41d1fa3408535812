/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/environ.h"
#include "daemon/supervisor/requests.h"
#include "daemon/supervisor/supervisor.h"

/* Reading the configuration of ten thousand pools takes well under a second. */
#define READY_LIMIT_NS (10 * NS_PER_S)
/* The channel itself holds some hundred messages. A manager that lets as many wait is stuck. */
#define QUEUE_MAX 4096U
/* Messages per turn, so that a manager that floods us does not keep signals waiting. */
#define RECEIVE_MAX 64

struct link_message {
	struct list_node node;
	uint8_t data[PRIV_MESSAGE_SIZE];
	struct fdpass_set fds; /* owned */
};

void link_init(struct link *l)
{
	*l = (struct link){ .channel_fd = -1, .report_fd = -1, .ask_at_ns = UINT64_MAX };
	list_init(&l->queue);
}

static void link_clear(struct link *l)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&l->queue, n, next) {
		struct link_message *m = LIST_OWNER(n, struct link_message, node);

		list_remove(n);
		fdpass_close(&m->fds);
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): does not see that @n has left the
		 * list */
		free(m);
	}
	l->channel_fd = fd_close(l->channel_fd);
	l->report_fd = fd_close(l->report_fd);
	l->has_reload_waiting = false;
	l->is_asked = false;
	l->ask_at_ns = UINT64_MAX;
}

void link_deinit(struct link *l)
{
	link_clear(l);
}

/* --- messages ----------------------------------------------------------------------------- */

/* Who has drained closes the channel before it exits; at any other time that is its death. */
static void on_hangup(struct supervisor *s)
{
	if (s->phase != SUPERVISOR_DRAINING) {
		link_kill(s, NULL);
		return;
	}
	s->link.channel_fd = fd_close(s->link.channel_fd);
	supervisor_on_stopped(s);
}

void link_flush(struct supervisor *s)
{
	struct link *l = &s->link;
	struct list_node *n, *tmp;

	if (l->channel_fd < 0)
		return;
	LIST_FOREACH (&l->queue, n, tmp) {
		struct link_message *m = LIST_OWNER(n, struct link_message, node);
		int r = fdpass_send(l->channel_fd, m->data, sizeof(m->data), &m->fds, MSG_DONTWAIT);

		if (r == -EAGAIN)
			return;
		if (r < 0) {
			if (r == -EPIPE || r == -ECONNRESET)
				on_hangup(s);
			else
				link_kill(s, err_name(r));
			return;
		}
		list_remove(n);
		fdpass_close(&m->fds);
		free(m);
	}
}

void link_send(struct supervisor *s, const struct priv_message *m, struct fdpass_set *fds)
{
	struct link *l = &s->link;
	struct link_message *out = l->channel_fd >= 0 ? calloc(1, sizeof(*out)) : NULL;

	if (!out) {
		if (fds)
			fdpass_close(fds);
		if (l->channel_fd >= 0)
			link_kill(s, "no memory for a message");
		return;
	}
	priv_encode(out->data, m);
	out->fds = (struct fdpass_set)FDPASS_SET_EMPTY;
	if (fds) {
		out->fds = *fds;
		*fds = (struct fdpass_set)FDPASS_SET_EMPTY;
	}
	list_push_back(&l->queue, &out->node);
	if (l->queue.count > QUEUE_MAX)
		link_kill(s, "it does not read its messages");
	else
		link_flush(s);
}

void link_receive(struct supervisor *s)
{
	struct link *l = &s->link;
	int i;

	for (i = 0; i < RECEIVE_MAX && l->channel_fd >= 0; i++) {
		uint8_t data[PRIV_MESSAGE_SIZE];
		struct fdpass_set fds = FDPASS_SET_EMPTY;
		ssize_t n = fdpass_recv(
			l->channel_fd, data, sizeof(data), &fds, FDPASS_MAX, MSG_DONTWAIT);
		const char *wrong;

		if (n == -EAGAIN)
			return;
		if (n == 0 || n == -ECONNRESET) {
			on_hangup(s);
			return;
		}
		if (n < 0) {
			link_kill(s, "a message without form");
			return;
		}
		wrong = requests_dispatch(s, data, (size_t)n, &fds);
		fdpass_close(&fds);
		if (wrong)
			link_kill(s, wrong);
	}
}

static int bundle_fd(const struct supervisor *s)
{
	return fd_memfd("lsapid-config", s->settings->bundle.data, s->settings->bundle.size);
}

/* A message whose contents are in a memfd, which is consumed. */
static void send_memfd(struct supervisor *s, enum priv_type type, int fd)
{
	struct priv_message m = { .type = type };
	struct fdpass_set fds = FDPASS_SET_EMPTY;

	if (fd < 0) {
		log_error("config.not_sent", F_ERRNO(fd));
		return;
	}
	fds.fd[0] = fd;
	fds.count = 1;
	link_send(s, &m, &fds);
}

/* Half of the limit between two questions, half for the answer. */
static uint64_t half_limit_ns(const struct supervisor *s)
{
	return s->settings->config->manager_timeout_ms * NS_PER_MS / 2;
}

static void ask_later(struct supervisor *s)
{
	uint64_t half_ns = half_limit_ns(s);

	s->link.is_asked = false;
	s->link.ask_at_ns = half_ns ? s->now_ns + half_ns : UINT64_MAX;
}

void link_send_reload(struct supervisor *s)
{
	if (s->link.state == LINK_UP)
		send_memfd(s, PRIV_RELOAD, bundle_fd(s));
	else
		s->link.has_reload_waiting = s->link.state == LINK_STARTING;
	ask_later(s); /* manager_timeout may have changed */
}

void link_send_reload_failed(struct supervisor *s, const struct config_problem *problem)
{
	char text[CONFIG_PROBLEM_TEXT];
	size_t size = config_problem_format(problem, text);

	send_memfd(s, PRIV_RELOAD_FAILED, fd_memfd("lsapid-problem", text, size));
}

/* --- start -------------------------------------------------------------------------------- */

static void schedule_restart(struct supervisor *s, uint64_t lived_ms)
{
	struct link *l = &s->link;
	uint64_t wait_ms = restart_after(&l->restart, lived_ms);

	l->state = LINK_DOWN;
	l->pid = 0;
	l->restart_at_ns = s->now_ns + wait_ms * NS_PER_MS;
	if (s->phase == SUPERVISOR_RUNNING)
		log_notice("manager.restart", F_UINT("in_ms", wait_ms),
			F_UINT("failures", l->restart.failures));
}

/* What the manager may see of our environment: where the log goes, and what tests of us need. */
static void fill_environ(struct environ_list *e)
{
	static const char *const passed[] = { "JOURNAL_STREAM", "ASAN_OPTIONS", "UBSAN_OPTIONS",
		"LSAN_OPTIONS" };
	size_t i;

	environ_set(e, "PATH", "/usr/local/bin:/usr/bin:/bin");
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		environ_pass(e, passed[i]);
}

static int exec_manager(struct supervisor *s, int channel_fd)
{
	const struct settings *settings = s->settings;
	char title[] = "lsapid-manager";
	char *argv[] = { title, NULL };
	struct environ_list env;
	struct child_plan plan = {
		.binary = s->manager_binary,
		.argv = argv,
		.fd = { s->null_fd, STDERR_FILENO, STDERR_FILENO, channel_fd },
		.fd_count = 4,
		.has_identity = settings->host.is_privileged,
		.uid = settings->manager.uid,
		.gid = settings->manager.gid,
		.groups = settings->manager.groups,
		.group_count = settings->manager.group_count,
		.needs_many_fds = true,
		.umask = 077,
		.death_signal = SIGKILL,
		.parent = s->pid,
	};
	int r;

	environ_init(&env);
	fill_environ(&env);
	plan.envp = env.item;
	r = env.has_failed ? -ENOMEM : child_start(&plan, &s->link.pid, &s->link.report_fd);
	environ_deinit(&env);
	return r;
}

/* One that there need not be; the flag says that it is there. */
static void add_door(int fd, uint32_t flag, struct priv_message *m, struct fdpass_set *fds)
{
	if (fd < 0)
		return;
	m->flags |= flag;
	fds->fd[fds->count++] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static bool has_all(const struct fdpass_set *fds)
{
	for (size_t i = 0; i < fds->count; i++) {
		if (fds->fd[i] < 0)
			return false;
	}
	return true;
}

static void send_setup(struct supervisor *s)
{
	struct priv_message m = { .type = PRIV_SETUP };
	struct fdpass_set fds = FDPASS_SET_EMPTY;

	if (s->settings->host.is_privileged)
		m.flags = PRIV_SETUP_PRIVILEGED;
	memcpy(m.key, s->boot.key, sizeof(m.key));
	fds.fd[0] = bundle_fd(s);
	fds.fd[1] = fcntl(s->boot.control_fd, F_DUPFD_CLOEXEC, 0);
	fds.count = 2;
	add_door(s->boot.admin_fd, PRIV_SETUP_ADMIN, &m, &fds);
	add_door(s->boot.metrics_fd, PRIV_SETUP_METRICS, &m, &fds);
	if (!has_all(&fds) || logs_fill(&s->logs, &m, &fds) < 0) {
		fdpass_close(&fds);
		link_kill(s, "no descriptors for it");
	} else {
		link_send(s, &m, &fds);
	}
	explicit_bzero(m.key, sizeof(m.key));
}

void link_start(struct supervisor *s)
{
	struct link *l = &s->link;
	int pair[2];
	int r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		r = -errno;
	if (r == 0) {
		r = exec_manager(s, pair[1]);
		(void)fd_close(pair[1]);
		if (r < 0)
			(void)fd_close(pair[0]);
	}
	if (r < 0) {
		log_error("manager.start_failed", F_STR("binary", s->manager_binary),
			F_STR("step", "fork"), F_ERRNO(r));
		schedule_restart(s, 0);
		return;
	}
	l->channel_fd = pair[0];
	l->state = LINK_STARTING;
	l->since_ns = s->now_ns;
	l->deadline_ns = s->now_ns + READY_LIMIT_NS;
	log_info("manager.start", F_INT("pid", l->pid), F_STR("binary", s->manager_binary));
	send_setup(s);
}

void link_on_ready(struct supervisor *s)
{
	struct link *l = &s->link;

	l->state = LINK_UP;
	/* what an administrator has set ends with the manager that he has told */
	log_set_level(s->settings->config->log_level);
	log_notice("manager.ready", F_INT("pid", l->pid),
		F_UINT("after_ms", clock_since_ns(l->since_ns, s->now_ns) / NS_PER_MS));
	ask_later(s);
	criu_tell(s);
	if (l->has_reload_waiting)
		link_send_reload(s); /* systemd waits for its end, see on_reloaded() */
	else
		notify_ready(&s->notify);
	l->has_reload_waiting = false;
}

void link_on_alive(struct supervisor *s, const char *text)
{
	char line[sizeof("STATUS=") + PRIV_TEXT_SIZE];

	if (s->link.is_asked)
		ask_later(s);
	if (*text) {
		(void)snprintf(line, sizeof(line), "STATUS=%s", text);
		notify_send(&s->notify, line);
	}
}

/* --- end ---------------------------------------------------------------------------------- */

void link_kill(struct supervisor *s, const char *why)
{
	struct link *l = &s->link;

	if (l->state == LINK_DOWN || l->state == LINK_DYING)
		return;
	if (why && s->phase == SUPERVISOR_RUNNING)
		log_error("manager.killed", F_INT("pid", l->pid), F_STR("why", why));
	(void)kill(l->pid, SIGKILL);
	l->state = LINK_DYING;
	/* the report tells why it died, if exec failed: keep that until it is reaped */
	l->channel_fd = fd_close(l->channel_fd);
}

static void read_exec_report(struct supervisor *s)
{
	struct link *l = &s->link;
	struct child_report failure;

	if (l->report_fd >= 0 && child_read_report(l->report_fd, &failure) == CHILD_FAILED)
		log_error("manager.start_failed", F_STR("binary", s->manager_binary),
			F_STR("step", priv_step_name(failure.step)), F_ERRNO(failure.error));
}

bool link_on_exit(struct supervisor *s, pid_t pid, int status)
{
	struct link *l = &s->link;
	uint64_t lived_ms = clock_since_ns(l->since_ns, s->now_ns) / NS_PER_MS;

	if (l->state == LINK_DOWN || pid != l->pid)
		return false;
	/* its last word may be STOPPED, or the reason why it had to be replaced */
	if (s->phase == SUPERVISOR_DRAINING)
		link_receive(s);
	read_exec_report(s);
	LOG_AT(s->phase == SUPERVISOR_RUNNING ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "manager.exit",
		F_INT("pid", pid), F_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		F_UINT("lived_ms", lived_ms));
	link_clear(l);
	spawn_forget_manager(s);
	user_file_set_forget_manager(&s->user_files);
	schedule_restart(s, lived_ms);
	if (s->phase == SUPERVISOR_RUNNING)
		spawn_retire_all(s, SPAWN_CAUSE_MANAGER);
	else
		supervisor_on_manager_gone(s);
	return true;
}

/*
 * A manager that hangs is replaced by us: systemd watches us alone, and would end every pool. Who
 * has slept through the deadline himself, as on a host that was suspended, asks once more.
 */
static void look_for_life(struct supervisor *s)
{
	static const struct priv_message question = { .type = PRIV_PING };
	struct link *l = &s->link;

	if (l->is_asked && s->now_ns >= l->deadline_ns) {
		if (s->now_ns < l->deadline_ns + half_limit_ns(s)) {
			link_kill(s, "its event loop hangs: no answer within manager_timeout");
			return;
		}
		l->is_asked = false;
	}
	if (l->is_asked || s->now_ns < l->ask_at_ns)
		return;
	l->is_asked = true;
	l->deadline_ns = s->now_ns + half_limit_ns(s);
	link_send(s, &question, NULL);
}

void link_on_time(struct supervisor *s)
{
	struct link *l = &s->link;

	if (l->state == LINK_STARTING && s->now_ns >= l->deadline_ns)
		link_kill(s, "it did not get ready in time");
	if (l->state == LINK_DOWN && s->phase == SUPERVISOR_RUNNING &&
		s->now_ns >= l->restart_at_ns)
		link_start(s);
	if (l->state == LINK_UP && s->phase == SUPERVISOR_RUNNING)
		look_for_life(s);
}

uint64_t link_next_ns(const struct link *l)
{
	if (l->state == LINK_STARTING)
		return l->deadline_ns;
	if (l->state == LINK_UP)
		return l->is_asked ? l->deadline_ns : l->ask_at_ns;
	return l->state == LINK_DOWN ? l->restart_at_ns : UINT64_MAX;
}
