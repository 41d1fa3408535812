/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/fake_supervisor.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "proto/pool_spec.h"
#include "tests/support/fake_bundle.h"
#include "tests/support/fake_criu.h"
#include "tests/support/t.h"

#define PATIENCE_MS 30000
#define TICK_MS     5

void fake_supervisor_send(
	struct fake_supervisor *s, const struct priv_message *m, struct fdpass_set *fds)
{
	uint8_t data[PRIV_MESSAGE_SIZE];

	priv_encode(data, m);
	/* the manager may be gone: then the test sees what it waits for not happen */
	(void)fdpass_send(s->channel, data, sizeof(data), fds, 0);
	if (fds)
		fdpass_close(fds);
}

/* --- the thread -------------------------------------------------------------------------- */

static void note_spec(struct fake_supervisor *s, int fd)
{
	struct pool_spec spec;
	char *data = NULL;
	size_t size = 0;

	if (fd_read_all(fd, POOL_SPEC_MAX_BYTES, &data, &size) < 0 ||
		pool_spec_parse(data, size, &spec)) {
		s->is_broken = true;
	} else {
		for (size_t i = 0; i < size; i++)
			s->spec[i] = data[i] ? data[i] : '\n';
		s->spec[size] = '\0';
	}
	free(data);
}

/* It runs when something is written to @gate: what it does can be seen only after that. */
static pid_t start_lsphp(const struct fake_supervisor *s, const struct fdpass_set *fds, int gate)
{
	char name[] = "lsphp";
	char *argv[] = { name, s->option, NULL };
	pid_t pid = fork();
	eventfd_t value;

	if (pid != 0)
		return pid;
	(void)eventfd_read(gate, &value);
	/* lsphp retires when the supervisor dies: so does it here when the test dies */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)dup2(fds->fd[1], 0);
	(void)dup2(fds->fd[2], 2);
	(void)setenv("LSAPI_CHILDREN", "64", 1); /* NOLINT(concurrency-mt-unsafe): after fork */
	(void)execv(FAKE_LSPHP, argv);
	_exit(127);
}

static struct fake_parent *find_parent(struct fake_supervisor *s, uint64_t id)
{
	for (size_t i = 0; i < FAKE_SUPERVISOR_PARENTS; i++) {
		if (s->parent[i].id == id)
			return &s->parent[i];
	}
	s->is_broken = true;
	return &s->parent[0];
}

static void on_spawn(
	struct fake_supervisor *s, const struct priv_message *m, struct fdpass_set *fds)
{
	struct priv_message reply = { .type = PRIV_SPAWNED, .id = m->id };
	struct fake_parent *parent = find_parent(s, 0);
	int gate = eventfd(0, EFD_CLOEXEC);

	note_spec(s, fds->fd[0]);
	s->spawn_flags = m->flags;
	if (s->refuse) {
		reply.type = PRIV_SPAWN_FAILED;
		reply.reason = s->refuse;
		reply.step = PRIV_STEP_POLICY;
		(void)str_copy(reply.text, sizeof(reply.text), "scripted");
	} else {
		parent->id = m->id;
		parent->pid = reply.pid = start_lsphp(s, fds, gate);
		s->last_pid = reply.pid;
		fake_criu_spawned(s, m, &reply);
	}
	s->held = reply;
	s->spawns++; /* before anybody could be told */
	(void)eventfd_write(gate, 1);
	(void)close(gate);
	if (!s->holds_spawned)
		fake_supervisor_send(s, &reply, NULL);
}

static void on_signal(struct fake_supervisor *s, const struct priv_message *m)
{
	const struct fake_parent *parent;

	/* the real one looks whether it is a child of that spawn; here only the test's own run */
	if (priv_signal_has_pid(m->signal)) {
		bool is_kill = m->signal == PRIV_SIGNAL_CHILD_KILL;

		/* before anybody can see that it has ended */
		s->last_child = m->pid;
		if (is_kill)
			s->child_kills++;
		else
			s->child_terms++;
		(void)kill(m->pid, is_kill ? SIGKILL : SIGTERM);
		return;
	}
	parent = find_parent(s, m->id);
	if (m->signal == PRIV_SIGNAL_KILL)
		s->kills++;
	else
		s->retires++;
	(void)kill(parent->pid, m->signal == PRIV_SIGNAL_KILL ? SIGKILL : SIGTERM);
}

static void on_judge(struct fake_supervisor *s, const struct priv_message *m)
{
	struct priv_message reply = { .type = PRIV_JUDGED, .id = m->id, .reason = s->refuse };

	fake_supervisor_send(s, &reply, NULL);
}

static void on_user_file(struct fake_supervisor *s, const struct priv_message *m)
{
	s->reading_id = m->id;
	s->readings++;
	if (!s->is_reader_mute)
		fake_supervisor_answer_user_file(s);
}

static void refuse_reload(struct fake_supervisor *s)
{
	const struct priv_message m = { .type = PRIV_RELOAD_FAILED };
	struct fdpass_set fds = { .count = 1 };

	fds.fd[0] = fd_memfd("problem", s->reload_problem, strlen(s->reload_problem));
	fake_supervisor_send(s, &m, &fds);
}

static void on_message(
	struct fake_supervisor *s, const struct priv_message *m, struct fdpass_set *fds)
{
	switch (m->type) {
	case PRIV_READY:
		s->is_ready = true;
		return;
	case PRIV_ALIVE:
		s->alives++;
		return;
	case PRIV_SPAWN:
		on_spawn(s, m, fds);
		return;
	case PRIV_SIGNAL:
		on_signal(s, m);
		return;
	case PRIV_RELOADED:
		s->reloads++;
		return;
	case PRIV_RELOAD_REQUEST:
		s->reload_requests++;
		if (s->reload_problem)
			refuse_reload(s);
		return;
	case PRIV_TRY:
		s->tries++;
		return;
	case PRIV_LOG_LEVEL:
		s->log_level = m->status;
		return;
	case PRIV_STOPPED:
		s->is_stopped = true;
		return;
	case PRIV_USER_FILE:
		on_user_file(s, m);
		return;
	case PRIV_FREEZE:
		fake_criu_on_freeze(s, m);
		return;
	case PRIV_JUDGE:
		on_judge(s, m);
		return;
	case PRIV_IMAGES:
		if (!fake_criu_on_images(s, m, fds->fd[0]))
			break;
		return;
	case PRIV_SETUP:
	case PRIV_USER_FILE_DATA:
	case PRIV_SPAWNED:
	case PRIV_SPAWN_FAILED:
	case PRIV_EXITED:
	case PRIV_RELOAD:
	case PRIV_RELOAD_FAILED:
	case PRIV_STOP:
	case PRIV_LOG_OPEN:
	case PRIV_LOG_FD:
	case PRIV_LOG_ROTATE:
	case PRIV_CRIU:
	case PRIV_FROZEN:
	case PRIV_IMAGES_DATA:
	case PRIV_JUDGED:
	case PRIV_PING:
	case PRIV_TRIED:
	case PRIV_DUMPED:
		break;
	}
	s->is_broken = true;
}

static void receive(struct fake_supervisor *s)
{
	uint8_t data[PRIV_MESSAGE_SIZE + 1];
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	struct priv_message m;
	ssize_t n = fdpass_recv(s->channel, data, sizeof(data), &fds, FDPASS_MAX, MSG_DONTWAIT);

	if (n <= 0)
		return;
	if (priv_decode(data, (size_t)n, &m) || fds.count != priv_fd_count(&m))
		s->is_broken = true;
	else
		on_message(s, &m, &fds);
	fdpass_close(&fds);
}

static void report_exits(struct fake_supervisor *s)
{
	int status;

	for (size_t i = 0; i < FAKE_SUPERVISOR_PARENTS; i++) {
		struct fake_parent *p = &s->parent[i];
		struct priv_message m = { .type = PRIV_EXITED, .id = p->id, .pid = p->pid };

		if (!p->id || waitpid(p->pid, &status, WNOHANG) != p->pid)
			continue;
		m.status = status;
		p->id = 0;
		fake_supervisor_send(s, &m, NULL);
		s->exits++;
	}
}

static void *supervise(void *arg)
{
	struct fake_supervisor *s = arg;

	while (!s->has_to_quit) {
		struct pollfd p = { .fd = s->channel, .events = POLLIN };
		int status;

		if (poll(&p, s->is_mute ? 0 : 1, TICK_MS) > 0 && !s->is_mute)
			receive(s);
		report_exits(s);
		if (!s->has_quit && waitpid(s->manager, &status, WNOHANG) == s->manager) {
			receive(s); /* STOPPED may have come together with the exit */
			s->exit_status = status;
			s->has_quit = true;
		}
	}
	return NULL;
}

/* --- for the test ------------------------------------------------------------------------ */

void fake_supervisor_until(const _Atomic uint32_t *counter, uint32_t value)
{
	for (int ms = 0; *counter < value; ms += TICK_MS) {
		if (ms > PATIENCE_MS)
			fail_msg("still %u after %d ms, not %u", *counter, ms, value);
		(void)poll(NULL, 0, TICK_MS);
	}
}

static void until_true(const _Atomic bool *flag, const char *what)
{
	for (int ms = 0; !*flag; ms += TICK_MS) {
		if (ms > PATIENCE_MS)
			fail_msg("%s did not happen", what);
		(void)poll(NULL, 0, TICK_MS);
	}
}

static int listen_control(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "control.sock" };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)unlink(addr.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

static void exec_manager(int channel)
{
	char name[] = "lsapid-manager";
	char *argv[] = { name, NULL };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (channel != PRIV_CHANNEL_FD)
		(void)dup2(channel, PRIV_CHANNEL_FD);
	else if (fd_set_cloexec(channel, 0) < 0)
		_exit(126);
	(void)execv(LSAPID_MANAGER, argv);
	_exit(127);
}

static void start_manager(struct fake_supervisor *s, const char *config)
{
	struct priv_message setup = { .type = PRIV_SETUP };
	struct fdpass_set fds = { .count = 2 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	s->is_ready = s->is_stopped = s->has_quit = s->has_to_quit = false;
	s->channel = pair[0];
	s->manager = fork();
	if (s->manager == 0)
		exec_manager(pair[1]);
	(void)close(pair[1]);
	memcpy(setup.key, s->key, sizeof(setup.key));
	fds.fd[0] = fake_bundle(s->dir, config);
	fds.fd[1] = listen_control();
	fake_supervisor_send(s, &setup, &fds);
	assert_int_equal(pthread_create(&s->thread, NULL, supervise, s), 0);
	until_true(&s->is_ready, "READY");
}

void fake_supervisor_start(struct fake_supervisor *s, const char *config)
{
	char template[] = "manager-test-XXXXXX";

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < sizeof(s->key); i++)
		s->key[i] = (uint8_t)(i * 7 + 1);
	assert_non_null(mkdtemp(template));
	assert_int_equal(chdir(template), 0);
	assert_non_null(getcwd(s->dir, sizeof(s->dir)));
	start_manager(s, config);
}

void fake_supervisor_answer_user_file(struct fake_supervisor *s)
{
	static const char path[] = "/home/one/.lsapid.conf";
	const char *text = s->user_file;
	struct priv_message m = { .type = PRIV_USER_FILE_DATA, .id = s->reading_id };
	struct fdpass_set fds = { .count = 1 };
	char data[32768];
	size_t size = sizeof(path);

	memcpy(data, path, sizeof(path));
	if (text) {
		m.status = text[0] == '!' ? PRIV_USER_FILE_BAD : PRIV_USER_FILE_FOUND;
		text += text[0] == '!';
		/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): @size counts it */
		memcpy(data + size, text, strlen(text));
		size += strlen(text);
	}
	fds.fd[0] = fd_memfd("user-file", data, size);
	fake_supervisor_send(s, &m, &fds);
}

void fake_supervisor_reload(struct fake_supervisor *s, const char *config)
{
	struct priv_message m = { .type = PRIV_RELOAD };
	struct fdpass_set fds = { .count = 1 };
	uint32_t before = s->reloads;

	fds.fd[0] = fake_bundle(s->dir, config);
	fake_supervisor_send(s, &m, &fds);
	fake_supervisor_until(&s->reloads, before + 1);
}

static void join(struct fake_supervisor *s)
{
	s->has_to_quit = true;
	(void)pthread_join(s->thread, NULL);
	s->channel = fd_close(s->channel);
	s->manager = 0;
}

void fake_supervisor_begin_stop(struct fake_supervisor *s, int grace_ms)
{
	struct priv_message m = { .type = PRIV_STOP, .status = grace_ms };

	fake_supervisor_send(s, &m, NULL);
}

void fake_supervisor_end_stop(struct fake_supervisor *s)
{
	until_true(&s->has_quit, "exit of the manager");
	join(s);
}

void fake_supervisor_stop(struct fake_supervisor *s, int grace_ms)
{
	fake_supervisor_begin_stop(s, grace_ms);
	fake_supervisor_end_stop(s);
}

void fake_supervisor_hang_up(struct fake_supervisor *s)
{
	(void)shutdown(s->channel, SHUT_RDWR);
	fake_supervisor_end_stop(s);
}

/* What the real one does when the manager has died: every parent is told to retire. */
static void retire_all(struct fake_supervisor *s)
{
	for (size_t i = 0; i < FAKE_SUPERVISOR_PARENTS; i++) {
		if (!s->parent[i].id)
			continue;
		(void)kill(s->parent[i].pid, SIGTERM);
		(void)waitpid(s->parent[i].pid, NULL, 0);
		s->parent[i].id = 0;
	}
}

void fake_supervisor_restart(struct fake_supervisor *s, const char *config)
{
	(void)kill(s->manager, SIGKILL);
	until_true(&s->has_quit, "exit of the manager");
	join(s);
	retire_all(s);
	start_manager(s, config);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fake_supervisor_end(struct fake_supervisor *s)
{
	if (s->manager) {
		fake_supervisor_stop(s, 1000);
		/* in a sanitized build it would be another one after a leak */
		assert_int_equal(s->exit_status, 0);
	}
	retire_all(s);
	assert_false(s->is_broken);
	assert_int_equal(chdir(".."), 0);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the thread has ended */
	assert_int_equal(nftw(s->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}
