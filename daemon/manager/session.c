/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/session.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

#define SESSION_FIRST_SLOTS 16U

/*
 * The seals keep the other side from shrinking the file under our mapping, which would be a
 * SIGBUS for us. Source: memfd_create(2), fcntl(2) "File Sealing".
 */
static int make_table(struct lease_table **ret_table, int *ret_fd)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct lease_table *t;

	fd = memfd_create("lsapid-leases", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_origin(-errno);
	if (ftruncate(fd, sizeof(*t)) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_origin(-errno);
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (t == MAP_FAILED)
		return err_origin(-errno);
	lease_table_init(t);
	*ret_table = t;
	*ret_fd = fd_steal(&fd);
	return 0;
}

int session_new(struct manager *m, struct peer *peer, const struct control_hello *hello,
	struct session **ret_session, int *ret_table_fd)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = make_table(&s->table, ret_table_fd);
	if (r < 0) {
		free(s);
		return r;
	}
	s->manager = m;
	s->peer = peer;
	s->id = ++m->last_session;
	s->since_ns = manager_now(m);
	assert(hello->server.size < sizeof(s->server)); /* the decoder's bound */
	if (hello->server.size)                         /* no name has no address */
		memcpy(s->server, hello->server.data, hello->server.size);
	map_init(&s->known);
	list_init(&s->waiters);
	s->instance = instance_enter(&m->instances, hello->instance);
	list_push_back(&m->sessions, &s->node);
	m->stats.sessions++;
	*ret_session = s;
	return 0;
}

static void end_lease(struct backend *b)
{
	struct pool *p = b->pool;

	if (!lease_recall(b))
		lease_close(b);
	else if (b->is_doubtful || !starter_is_current(p, b->spawn_id) || !backend_is_clean(b))
		backend_close(b);
	admit_room(p);
}

struct session *session_end(struct session *s)
{
	struct waiter *w;

	if (!s)
		return NULL;
	while ((w = waitq_first_of(&s->waiters)))
		admit_cancel(w);
	for (uint32_t i = 0; i < s->slot_capacity; i++) {
		if (s->slot[i])
			end_lease(s->slot[i]);
	}
	for (size_t i = 0; i < s->known.capacity; i++) {
		struct pool *p = s->known.slot[i].value;

		if (!p)
			continue;
		p->known_by--;
		pool_set_note_use(p);
	}
	instance_leave(&s->manager->instances, s->instance);
	list_remove(&s->node);
	map_deinit(&s->known);
	free(s->slot);
	(void)munmap(s->table, sizeof(*s->table));
	free(s);
	return NULL;
}

int session_learn(struct session *s, struct pool *p)
{
	int r;

	if (map_find(&s->known, p->id))
		return 0;
	r = map_put(&s->known, p->id, p);
	if (r < 0)
		return r;
	p->known_by++;
	instance_learn(s->instance, p);
	pool_set_note_use(p);
	return 0;
}

struct pool *session_knows(const struct session *s, uint32_t pool_id)
{
	return map_find(&s->known, pool_id);
}

static int grow_slots(struct session *s)
{
	uint32_t capacity = s->slot_capacity ? s->slot_capacity * 2 : SESSION_FIRST_SLOTS;
	struct backend **bigger;

	assert(capacity <= LEASE_TABLE_SLOTS);
	bigger = realloc(s->slot, capacity * sizeof(struct backend *));
	if (!bigger)
		return -ENOMEM;
	memset(bigger + s->slot_capacity, 0,
		(capacity - s->slot_capacity) * sizeof(struct backend *));
	s->slot = bigger;
	s->slot_capacity = capacity;
	return 0;
}

int session_put_slot(struct session *s, struct backend *b, uint32_t *ret_slot)
{
	uint32_t slot = s->slot_hint;

	assert(session_has_slot(s));
	while (slot < s->slot_capacity && s->slot[slot])
		slot++;
	if (slot == s->slot_capacity) {
		int r = grow_slots(s);

		if (r < 0)
			return r;
	}
	s->slot[slot] = b;
	s->slot_hint = slot + 1;
	s->held++;
	*ret_slot = slot;
	return 0;
}

void session_clear_slot(struct session *s, uint32_t slot)
{
	s->slot[slot] = NULL;
	s->held--;
	if (slot < s->slot_hint)
		s->slot_hint = slot;
}

struct backend *session_find(const struct session *s, uint32_t slot, uint64_t generation)
{
	struct backend *b = slot < s->slot_capacity ? s->slot[slot] : NULL;

	return b && b->generation == generation ? b : NULL;
}

uint32_t session_count_busy(const struct session *s)
{
	uint32_t busy = 0;

	for (uint32_t i = 0; i < s->slot_capacity; i++)
		busy += s->slot[i] && lease_is_busy(s->slot[i]);
	return busy;
}
