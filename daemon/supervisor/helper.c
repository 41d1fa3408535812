/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/tree.h"

#define EVENTS_MAX 64

static struct helper *helper_of(struct list_node *n)
{
	return LIST_OWNER(n, struct helper, node);
}

int helper_set_init(struct helper_set *set)
{
	list_init(&set->open);
	list_init(&set->settled);
	map_init(&set->by_pid);
	set->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return set->epoll_fd < 0 ? -errno : 0;
}

static void close_thaw(struct helper *h)
{
	h->spec_fd = fd_close(h->spec_fd);
	h->listener_fd = fd_close(h->listener_fd);
	h->stderr_fd = fd_close(h->stderr_fd);
}

static void helper_free(struct helper *h)
{
	list_remove(&h->node);
	close_thaw(h);
	(void)fd_close(h->out_fd);
	(void)fd_close(h->exec_fd);
	(void)fd_close(h->report_fd); /* the last one of its pipe: epoll forgets it, epoll(7) */
	free(h);
}

void helper_set_deinit(struct helper_set *set)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->open, n, next)
		helper_free(helper_of(n));
	LIST_FOREACH (&set->settled, n, next)
		helper_free(helper_of(n));
	map_deinit(&set->by_pid);
	set->epoll_fd = fd_close(set->epoll_fd);
}

/* --- start -------------------------------------------------------------------------------- */

void helper_order_init(struct helper_order *o, const struct supervisor *s, const char *op)
{
	const struct config *c = s->settings->config;
	size_t i;

	*o = (struct helper_order){ .limit_ms = c->criu_time_limit_ms };
	for (i = 0; i < JOB_FD_COUNT; i++)
		o->fd[i] = -1;
	environ_init(&o->words);
	environ_set(&o->words, JOB_OP, op);
	/* images are listed and removed without it, too */
	if (*c->criu_program)
		environ_set(&o->words, JOB_PROGRAM, c->criu_program);
	environ_set_uint(&o->words, JOB_LIMIT_MS, c->criu_time_limit_ms);
	environ_set_uint(&o->words, JOB_MAX_BYTES, c->criu_images_max);
	environ_set_uint(&o->words, JOB_MAX_AGE_S, c->criu_image_max_age_s);
}

void helper_order_deinit(struct helper_order *o)
{
	environ_deinit(&o->words);
}

/* What tests of us need, and where CRIU finds what it runs. */
static void fill_environ(struct environ_list *e)
{
	static const char *const passed[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" };
	size_t i;

	environ_set(e, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		environ_pass(e, passed[i]);
}

static void plan_fds(const struct supervisor *s, const struct helper_order *o, int report_fd,
	struct child_plan *plan)
{
	size_t i;

	for (i = 0; i < JOB_FD_COUNT; i++)
		plan->fd[i] = o->fd[i] >= 0 ? o->fd[i] : s->null_fd;
	plan->fd[JOB_FD_LOG] = STDERR_FILENO;
	if (o->fd[JOB_FD_OUT] < 0)
		plan->fd[JOB_FD_OUT] = STDERR_FILENO;
	plan->fd[JOB_FD_REPORT] = report_fd;
	plan->fd_count = JOB_FD_COUNT;
}

/* Return: 0; -errno. The title and the words are argv. */
static int run(struct supervisor *s, const struct helper_order *o, int report_fd, struct helper *h)
{
	char title[] = "lsapid-criu";
	struct environ_list env;
	struct child_plan plan = {
		.binary = s->criu.binary,
		.clone_flags = o->clone_flags,
		.has_nice = o->has_nice,
		.nice = o->nice,
		.has_oom_score_adj = o->has_oom_score_adj,
		.oom_score_adj = o->oom_score_adj,
		.can_gain = true,
		.umask = 077,
		.death_signal = SIGTERM,
		/* who is in another pid namespace sees nobody above himself: pid_namespaces(7) */
		.parent = o->clone_flags ? 0 : s->pid,
	};
	char **argv = calloc(o->words.count + 2, sizeof(*argv));
	int r = -ENOMEM;

	environ_init(&env);
	fill_environ(&env);
	if (argv && !env.has_failed && !o->words.has_failed) {
		argv[0] = title;
		memcpy(argv + 1, o->words.item, o->words.count * sizeof(*argv));
		plan.argv = argv;
		plan.envp = env.item;
		plan_fds(s, o, report_fd, &plan);
		r = child_start(&plan, &h->pid, &h->exec_fd);
	}
	environ_deinit(&env);
	free(argv);
	return r;
}

static int watch(const struct helper_set *set, struct helper *h)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = h } };

	return epoll_ctl(set->epoll_fd, EPOLL_CTL_ADD, h->report_fd, &event) < 0 ? -errno : 0;
}

int helper_start(struct supervisor *s, const struct helper_order *o, helper_fn on_report,
	uint64_t id, struct helper **ret_helper)
{
	struct helper *h = calloc(1, sizeof(*h));
	int pipe_fd[2];
	int r;

	if (!h)
		return -ENOMEM;
	*h = (struct helper){
		.on_report = on_report,
		.id = id,
		.exec_fd = -1,
		.report_fd = -1,
		.limit_ms = o->limit_ms,
		.deadline_ns = s->now_ns + o->limit_ms * NS_PER_MS,
		.spec_fd = -1,
		.listener_fd = -1,
		.stderr_fd = -1,
		.out_fd = -1,
	};
	if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
		r = -errno;
		free(h);
		return r;
	}
	h->report_fd = pipe_fd[0];
	r = fd_set_nonblock(h->report_fd, true);
	if (r == 0)
		r = watch(&s->helpers, h);
	if (r == 0)
		r = run(s, o, pipe_fd[1], h);
	(void)fd_close(pipe_fd[1]);
	if (r == 0 && map_put(&s->helpers.by_pid, (uint64_t)h->pid, h)) {
		helper_kill(h); /* reaped as an orphan */
		r = -ENOMEM;
	}
	if (r < 0) {
		helper_free(h);
		return r;
	}
	list_push_back(&s->helpers.open, &h->node);
	*ret_helper = h;
	return 0;
}

/* --- what it says ------------------------------------------------------------------------- */

static void on_report(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	if (!h->has_answered) {
		h->has_answered = true;
		h->deadline_ns = UINT64_MAX;
		list_remove(&h->node);
		list_push_back(&s->helpers.settled, &h->node);
	}
	h->on_report(s, h, report);
}

/* All that is there; the end of the pipe is its last word. */
static void helper_read(struct supervisor *s, struct helper *h)
{
	struct job_report report;

	while (h->report_fd >= 0) {
		ssize_t n = read(h->report_fd, &report, sizeof(report));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n != (ssize_t)sizeof(report)) {
			h->report_fd = fd_close(h->report_fd);
			return;
		}
		report.text[sizeof(report.text) - 1] = '\0';
		on_report(s, h, &report);
	}
}

void helper_read_all(struct supervisor *s)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(s->helpers.epoll_fd, events, EVENTS_MAX, 0);
	int i;

	for (i = 0; i < count; i++)
		helper_read(s, events[i].data.ptr);
}

static void describe_end(struct helper *h, int status)
{
	struct child_report failure;

	if (h->is_late)
		(void)snprintf(h->fault, sizeof(h->fault),
			"it took longer than criu_time_limit, %u ms", h->limit_ms);
	else if (child_read_report(h->exec_fd, &failure) == CHILD_FAILED)
		(void)snprintf(h->fault, sizeof(h->fault), "lsapid-criu: step %s: %s",
			priv_step_name(failure.step), strerrordesc_np(failure.error));
	else if (WIFSIGNALED(status))
		(void)snprintf(h->fault, sizeof(h->fault), "lsapid-criu was killed by signal %d",
			WTERMSIG(status));
	else
		(void)snprintf(h->fault, sizeof(h->fault), "lsapid-criu ended with status %d",
			WEXITSTATUS(status));
}

bool helper_on_exit(struct supervisor *s, pid_t pid, int status)
{
	struct helper *h = map_find(&s->helpers.by_pid, (uint64_t)pid);

	if (!h)
		return false;
	/* its words were written before its end */
	helper_read(s, h);
	describe_end(h, status);
	map_remove(&s->helpers.by_pid, (uint64_t)pid, h);
	h->pid = 0;
	h->on_report(s, h, NULL);
	helper_free(h);
	return true;
}

/* --- end ---------------------------------------------------------------------------------- */

void helper_kill(struct helper *h)
{
	if (h->pid > 0)
		tree_kill(h->pid);
}

void helper_kill_all(struct helper_set *set)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->open, n, next)
		helper_kill(helper_of(n));
}

void helper_on_time(struct supervisor *s)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->helpers.open, n, next) {
		struct helper *h = helper_of(n);

		if (s->now_ns < h->deadline_ns)
			continue;
		h->is_late = true;
		h->deadline_ns = UINT64_MAX;
		helper_kill(h);
	}
}

uint64_t helper_next_ns(const struct helper_set *set)
{
	uint64_t next_ns = UINT64_MAX;
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->open, n, next) {
		if (helper_of(n)->deadline_ns < next_ns)
			next_ns = helper_of(n)->deadline_ns;
	}
	return next_ns;
}
