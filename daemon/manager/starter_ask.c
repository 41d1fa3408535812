/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/starter_ask.h"

#include <errno.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/thaw.h"

/* Descriptors of a SPAWN: specification, listening socket, stderr. */
static int send_spawn(struct pool *p, const struct pool_spec *spec, int stderr_fd)
{
	struct manager *m = p->manager;
	struct priv_message msg = { .type = PRIV_SPAWN, .id = p->parent.spawn_id };
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	int r, spec_fd;

	spec_fd = fd_memfd("lsapid-spec", spec->data, spec->size);
	if (spec_fd < 0)
		return spec_fd;
	fds.fd[0] = spec_fd;
	fds.fd[1] = p->listen_fd;
	fds.fd[2] = stderr_fd;
	fds.count = 3;
	p->parent.may_thaw = thaw_is_allowed(p);
	if (p->parent.may_thaw)
		msg.flags |= PRIV_SPAWN_THAW;
	lease_note_thawed(p); /* before there is anybody who could answer */
	r = supervisor_link_send(&m->link, &msg, &fds);
	(void)fd_close(spec_fd);
	return r;
}

/*
 * Who was connected before there was a parent, or waits in the backlog that an earlier one left,
 * will be served by this one.
 */
static void adopt_waiting(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		/* whoever has it serves this request, and no other */
		if (b->is_doubtful && lease_give_up(b))
			continue;
		if (b->spawn_id && !backend_is_unread(b))
			continue;
		b->spawn_id = p->parent.spawn_id;
		hangup_await(&p->manager->hangup, b);
	}
}

int starter_spawn(struct pool *p)
{
	struct manager *m = p->manager;
	char data[POOL_SPEC_MAX_BYTES];
	ATTR_CLEANUP(fd_cleanup) int stderr_fd = -1;
	struct pool_spec spec;
	int r;

	if (pool_prepare_start(p, data, &spec))
		return err_origin(-E2BIG);
	r = stderr_pipe_open(p, p->parent.spawn_id, &stderr_fd);
	if (r < 0)
		return r;
	pool_log_follow(p);
	p->parent.since_ns = manager_now(m);
	p->parent.spec_hash = pool_settings_hash(m, &spec);
	p->parent.php_serial = watch_serial(m, pool_spec_get(&spec, SPEC_HANDLER));
	thaw_prepare(p);
	adopt_waiting(p); /* before there is anybody who could read what is unread */
	r = send_spawn(p, &spec, stderr_fd);
	if (r < 0)
		return r;
	p->counts.starts++;
	m->stats.starts++;
	return 0;
}

void starter_forget(struct pool *p)
{
	backend_settle_pids(p);
	freeze_note_ended(p);
	map_remove(&p->manager->starter.by_spawn, p->parent.spawn_id, p);
	p->parent = (struct pool_parent){ .spawn_id = 0 };
	p->former_end_ns = manager_now(p->manager);
}

int starter_ask(struct pool *p)
{
	struct manager *m = p->manager;
	uint64_t id = m->starter.last_spawn + 1;
	int r = map_put(&m->starter.by_spawn, id, p);

	if (r < 0)
		return r;
	m->starter.last_spawn = id;
	p->parent = (struct pool_parent){ .spawn_id = id, .since_ns = manager_now(m) };
	p->parent.is_reading = own_file_is_wanted(p);
	if (!p->parent.is_reading)
		p->own_file = own_file_free(p->own_file);
	r = p->parent.is_reading ? own_file_ask(p) : starter_spawn(p);
	if (r < 0)
		starter_forget(p);
	return r;
}
