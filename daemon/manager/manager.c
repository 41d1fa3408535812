/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/manager.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"

#define UPKEEP_S   1
#define SOCKET_DIR "pools"

uint64_t manager_now(struct manager *m)
{
	if (!m->now_ns)
		m->now_ns = clock_now_ns();
	return m->now_ns;
}

void manager_quit(struct manager *m, int exit_status)
{
	if (!m->has_quit)
		m->exit_status = exit_status;
	m->has_quit = true;
}

/* Sockets of an earlier life: nobody listens on them, and their names will be used again. */
static int remove_stale_sockets(void)
{
	struct dirent *entry;
	DIR *dir = opendir(".");

	if (!dir)
		return err_origin(-errno);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	while ((entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".sock") == 0)
			(void)unlink(entry->d_name);
	}
	(void)closedir(dir);
	return 0;
}

/*
 * The sockets of the pools are named relative to the working directory. It is the manager's alone:
 * whoever can connect to lsphp can set any ini value at system level.
 */
static int enter_socket_dir(const struct config *c)
{
	struct stat st;

	if (chdir(c->runtime_dir) < 0)
		return err_origin(-errno);
	if (mkdir(SOCKET_DIR, 0700) < 0 && errno != EEXIST)
		return err_origin(-errno);
	if (chdir(SOCKET_DIR) < 0 || stat(".", &st) < 0)
		return err_origin(-errno);
	if (st.st_uid != geteuid() || (st.st_mode & 077)) {
		log_error("manager.socket_dir", F_STR("dir", c->runtime_dir),
			F_UINT("owner", st.st_uid), F_UINT("mode", st.st_mode & 07777));
		return err_origin(-EPERM);
	}
	return remove_stale_sockets();
}

/* A descriptor per connection, pool and Apache process: as many as the kernel lets us have. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("manager.fd_limit", F_ERRNO(errno));
}

void manager_open_cgroups(struct manager *m)
{
	int r;

	m->cgroup_fd = fd_close(m->cgroup_fd);
	r = config_account_open(m->config, &m->cgroup_fd);
	if (r < 0)
		log_warn("manager.cgroups", F_STR("path", m->config->cgroup_root), F_ERRNO(r));
}

void manager_tell_alive(struct manager *m)
{
	struct priv_message msg = { .type = PRIV_ALIVE };

	(void)str_copy(msg.text, sizeof(msg.text), m->status);
	(void)supervisor_link_send(&m->link, &msg, NULL); /* a lost link ends the manager */
}

/* One line in `systemctl status`, written only when it would read differently. */
static void tell_status(struct manager *m)
{
	char line[sizeof(m->status)];

	(void)snprintf(line, sizeof(line), "%zu sessions, %zu of %u pools running, %u connections",
		m->sessions.count, m->pools.by_state[POOL_READY].count, pool_set_count(&m->pools),
		m->connections);
	if (shutdown_is_under_way(&m->shutdown) || strcmp(line, m->status) == 0)
		return;
	(void)str_copy(m->status, sizeof(m->status), line);
	manager_tell_alive(m);
}

static void on_upkeep(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;

	(void)fd;
	(void)what;
	m->is_upkeep_turn = true;
	peer_expire(m, manager_now(m));
	log_on_time(manager_now(m));
	tell_status(m);
}

/*
 * What happened in this turn may have changed the status line, a peer that has not said HELLO has
 * to be asked for its time, and the log to tell what it left out. After a turn that had nothing but
 * upkeep the daemon sleeps.
 */
static void arm_upkeep(struct manager *m)
{
	static const struct timeval later = { .tv_sec = UPKEEP_S };

	if (m->is_upkeep_turn && list_is_empty(&m->greeting) && log_next_ns() == UINT64_MAX)
		return;
	if (!evtimer_pending(&m->upkeep, NULL))
		(void)evtimer_add(&m->upkeep, &later);
}

static int init_loop(struct manager *m)
{
	struct event_config *config = event_config_new();

	if (!config)
		return -ENOMEM;
	/* one thread, so no locks; libevent's own clock cache serves its timers */
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	m->base = event_base_new_with_config(config);
	event_config_free(config);
	return m->base ? 0 : err_origin(-ENOMEM);
}

static int init_parts(struct manager *m)
{
	int r = init_loop(m);

	if (r == 0)
		r = signals_init(&m->signals, m);
	if (r == 0)
		r = hangup_init(&m->hangup, m);
	if (r == 0)
		r = starter_init(&m->starter, m);
	if (r == 0)
		r = admit_init(&m->admit, m);
	if (r == 0)
		r = shutdown_init(&m->shutdown, m);
	if (r == 0)
		r = reload_init(&m->reload, m);
	if (r == 0)
		r = watch_init(&m->watch, m);
	if (r == 0)
		r = replace_init(&m->replace, m);
	if (r == 0)
		r = pool_set_init(&m->pools, m);
	if (r == 0)
		r = steer_init(&m->steer, m);
	if (r == 0)
		r = dry_run_init(&m->dry_run, m);
	if (r < 0)
		return r;
	return evtimer_assign(&m->upkeep, m->base, on_upkeep, m) < 0 ? err_origin(-ENOMEM) : 0;
}

int manager_init(struct manager *m, const struct priv_message *setup, struct config *config,
	int channel_fd, const struct manager_doors *doors)
{
	int r;

	*m = (struct manager){ .config = config, .cgroup_fd = -1 };
	accounts_init(&m->accounts);
	users_init(&m->users);
	spares_init(&m->admit.spares);
	list_init(&m->explains);
	list_init(&m->graveyard);
	list_init(&m->greeting);
	list_init(&m->peers);
	list_init(&m->sessions);
	pool_logs_init(&m->pool_logs);
	instance_set_init(&m->instances);
	criu_init(&m->criu);
	m->started_ns = manager_now(m);
	memcpy(m->key, setup->key, sizeof(m->key));
	m->access = (struct access_policy){
		.is_privileged = setup->flags & PRIV_SETUP_PRIVILEGED,
		.admin_gid = (gid_t)-1,
		.own_uid = geteuid(),
	};
	refuse_init(&m->refuse);
	if (getrandom(&m->boot_id, sizeof(m->boot_id), 0) != sizeof(m->boot_id))
		return err_origin(-EIO);
	raise_fd_limit();
	manager_open_cgroups(m);
	r = access_load(&m->access, config);
	if (r == 0)
		r = enter_socket_dir(config);
	if (r == 0)
		r = init_parts(m);
	if (r == 0)
		r = listener_init(&m->listener, m, doors->control_fd, ACCESS_DOOR_CONTROL);
	if (r == 0 && doors->admin_fd >= 0)
		r = listener_init(&m->admin_listener, m, doors->admin_fd, ACCESS_DOOR_ADMIN);
	if (r == 0)
		r = metrics_init(&m->metrics, m, doors->metrics_fd);
	if (r == 0)
		r = supervisor_link_init(&m->link, m, channel_fd);
	if (r == 0)
		watch_apply(m);
	return r;
}

static void drop_all(struct list *peers)
{
	struct list_node *n;

	while ((n = list_first(peers)))
		peer_drop(LIST_OWNER(n, struct peer, node), NULL);
}

void manager_deinit(struct manager *m)
{
	if (m->base) {
		listener_deinit(&m->listener);
		listener_deinit(&m->admin_listener);
		drop_all(&m->greeting);
		drop_all(&m->peers);
		graveyard_empty(&m->graveyard);
		explain_end_all(m);
		metrics_deinit(&m->metrics);
		pool_set_deinit(&m->pools);
		users_deinit(&m->users);
		steer_deinit(&m->steer);
		dry_run_deinit(&m->dry_run);
		graveyard_empty(&m->graveyard);
		supervisor_link_deinit(&m->link);
		replace_deinit(&m->replace);
		watch_deinit(&m->watch);
		reload_deinit(&m->reload);
		shutdown_deinit(&m->shutdown);
		admit_deinit(&m->admit);
		starter_deinit(&m->starter);
		hangup_deinit(&m->hangup);
		signals_deinit(&m->signals);
		if (event_initialized(&m->upkeep))
			(void)event_del(&m->upkeep);
		event_base_free(m->base);
		m->base = NULL;
	}
	refuse_deinit(&m->refuse);
	instance_set_deinit(&m->instances);
	criu_deinit(&m->criu);
	pool_logs_deinit(&m->pool_logs);
	access_clear(&m->access);
	accounts_deinit(&m->accounts);
	m->cgroup_fd = fd_close(m->cgroup_fd);
	m->config = config_free(m->config);
}

int manager_run(struct manager *m)
{
	const struct priv_message ready = { .type = PRIV_READY };

	if (supervisor_link_send(&m->link, &ready, NULL) < 0)
		return 1;
	log_notice("manager.ready", F_INT("pid", getpid()), F_UINT("uid", geteuid()),
		F_STR("dir", m->config->runtime_dir));
	while (!m->has_quit) {
		m->now_ns = 0; /* a new turn: the first who asks reads the clock */
		m->is_upkeep_turn = false;
		if (event_base_loop(m->base, EVLOOP_ONCE) < 0) {
			log_error("manager.loop", F_ERRNO(errno));
			return 1;
		}
		admit_turn_over(m);
		graveyard_empty(&m->graveyard);
		arm_upkeep(m);
	}
	return m->exit_status;
}
