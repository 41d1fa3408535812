/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/fake_manager.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/fdpass.h"
#include "proto/pool_spec.h"
#include "tests/support/t.h"

#define TURN_MS 1

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

uint64_t fake_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void fake_violate(struct fake_manager *m, const char *what)
{
	m->counts.violation = what;
	m->counts.violations++;
}

static bool happens(struct fake_life *l, unsigned thousandths)
{
	return fake_random(&l->random) % 1000 < thousandths;
}

/* --- answers ------------------------------------------------------------------------------ */

static void answer(struct fake_life *l, const uint8_t *data, size_t size, struct fdpass_set *fds)
{
	/* the other side may have gone: then its EOF is next */
	(void)fdpass_send(l->fd, data, size, fds, 0);
}

static void reject(struct fake_life *l, uint32_t sequence, uint32_t pool, enum reason reason)
{
	uint8_t data[256];
	char text[32];
	int size = snprintf(text, sizeof(text), "%u", pool);
	struct control_reject m = {
		.reason = reason,
		.text = { (const uint8_t *)text, (size_t)size },
	};

	answer(l, data, control_encode_reject(data, sizeof(data), sequence, &m), NULL);
}

static void deny(struct fake_life *l, uint32_t sequence, enum reason reason, const char *text)
{
	uint8_t data[256];
	struct control_denied m = {
		.reason = reason,
		.text = { (const uint8_t *)text, strlen(text) },
	};

	answer(l, data, control_encode_denied(data, sizeof(data), sequence, &m), NULL);
}

static bool say_welcome(struct fake_life *l, uint32_t sequence)
{
	uint8_t data[64];
	int fd = memfd_create("shim-test-table", MFD_CLOEXEC);
	struct fdpass_set fds = { .fd = { fd, -1, -1, -1 }, .count = 1 };
	struct control_welcome m = {
		.session = l->session,
		.slot_count = LEASE_TABLE_SLOTS,
		.boot_id = l->boot_id,
	};

	struct stat st;

	if (fd < 0 || ftruncate(fd, sizeof(struct lease_table)) < 0 || fstat(fd, &st) < 0)
		return false;
	void *table =
		mmap(NULL, sizeof(struct lease_table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (table == MAP_FAILED)
		return false;
	lease_table_init(table);
	l->table = table;
	l->table_inode = st.st_ino;
	l->table_refs = 1;
	answer(l, data, control_encode_welcome(data, sizeof(data), sequence, &m), &fds);
	(void)close(fd);
	return true;
}

/* An id means a pool of one boot only. */
static uint32_t pool_id(const struct fake_life *l, unsigned pool)
{
	return (uint32_t)l->boot_id << 8 | (pool + 1);
}

static void take_pool(struct fake_life *l, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct control_pool m;
	struct pool_spec spec;
	uint64_t uid = 0;
	uint8_t out[64];

	if (control_decode_pool(data, size, &m) != 0 ||
		pool_spec_parse(m.spec.data, m.spec.size, &spec) != 0 ||
		pool_spec_get_uint(&spec, SPEC_UID, 0, 200, &uid) != 0) {
		fake_violate(l->manager, "POOL that is none");
		return;
	}
	if (happens(l, l->manager->script.deny)) {
		l->manager->counts.denied++;
		deny(l, sequence, REASON_UID_FLOOR, "denied by script");
		return;
	}
	struct control_pool_ok ok = { .pool = pool_id(l, (unsigned)uid), .children = 10 };

	answer(l, out, control_encode_pool_ok(out, sizeof(out), sequence, &ok), NULL);
}

/* --- slots -------------------------------------------------------------------------------- */

static bool is_free(const struct fake_life *l, uint32_t slot)
{
	return l->peer[slot] < 0 && !l->is_retired[slot];
}

/* Whoever takes a lease back must find that nobody uses it. */
static void take_back(struct fake_life *l, uint32_t slot)
{
	if (l->use[slot].holder)
		fake_violate(l->manager, "given up or revoked while in use");
	(void)close(l->peer[slot]);
	l->peer[slot] = -1;
}

static bool revoke_slot(struct fake_life *l, uint32_t slot)
{
	if (is_free(l, slot) || l->is_retired[slot] ||
		!lease_revoke(&l->table->slot[slot], l->use[slot].generation))
		return false;
	l->manager->counts.revoked++;
	take_back(l, slot);
	return true;
}

static bool find_slot(struct fake_life *l, uint32_t *ret_slot)
{
	for (uint32_t slot = 0; slot < FAKE_SLOTS; slot++) {
		*ret_slot = slot;
		if (is_free(l, slot))
			return true;
	}
	for (uint32_t slot = 0; slot < FAKE_SLOTS; slot++) {
		*ret_slot = slot;
		if (revoke_slot(l, slot))
			return true;
	}
	return false;
}

static void grant(struct fake_life *l, uint32_t sequence, uint32_t pool)
{
	struct fake_manager *m = l->manager;
	uint32_t slot = 0;
	uint8_t data[64];
	struct stat st;
	int pair[2];

	if (!find_slot(l, &slot) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		reject(l, sequence, pool, REASON_BUSY);
		return;
	}
	(void)fstat(pair[0], &st);
	l->peer[slot] = pair[1];
	l->use[slot] = (struct fake_use){
		.generation = lease_grant(&l->table->slot[slot], now_ns()),
		.pool = (pool & 0xff) - 1,
		.inode = st.st_ino,
	};
	struct control_grant reply = { .slot = slot, .generation = l->use[slot].generation };
	struct fdpass_set fds = { .fd = { pair[0], -1, -1, -1 }, .count = 1 };

	answer(l, data, control_encode_grant(data, sizeof(data), sequence, &reply), &fds);
	(void)close(pair[0]);
	m->counts.grants++;
}

static void say_queued(struct fake_life *l, uint32_t sequence)
{
	struct control_queued m = { .wait_ms = l->manager->script.queued_ms };
	uint8_t data[64];

	if (m.wait_ms)
		answer(l, data, control_encode_queued(data, sizeof(data), sequence, &m), NULL);
}

static void postpone(struct fake_life *l, uint32_t sequence, uint32_t pool)
{
	say_queued(l, sequence);
	for (size_t i = 0; i < FAKE_SLOTS; i++) {
		if (l->slow[i].due_ns)
			continue;
		l->slow[i].sequence = sequence;
		l->slow[i].pool = pool;
		l->slow[i].due_ns = now_ns() + l->manager->script.slow_ms * 1000000ULL;
		return;
	}
	grant(l, sequence, pool);
}

static void take_lease(struct fake_life *l, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct fake_manager *m = l->manager;
	struct control_lease lease;

	if (control_decode_lease(data, size, &lease) != 0 || lease.pool >> 8 != l->boot_id)
		fake_violate(m, "LEASE of another boot's pool, or none");
	else if (happens(l, m->script.unknown)) {
		m->counts.unknown++;
		reject(l, sequence, lease.pool, REASON_POOL_UNKNOWN);
	} else if (happens(l, m->script.busy)) {
		m->counts.busy++;
		reject(l, sequence, lease.pool, REASON_BUSY);
	} else if (happens(l, m->script.slow)) {
		postpone(l, sequence, lease.pool);
	} else {
		grant(l, sequence, lease.pool);
	}
}

static void take_up(struct fake_life *l, uint32_t slot, uint64_t generation)
{
	if (slot >= FAKE_SLOTS) {
		fake_violate(l->manager, "slot that was never granted");
		return;
	}
	/* one that was killed or revoked before is told of once more: no harm */
	if (l->peer[slot] < 0 || l->is_retired[slot] || l->use[slot].generation != generation)
		return;
	if (lease_get_state(&l->table->slot[slot], generation) == LEASE_IDLE)
		fake_violate(l->manager, "given up while idle");
	lease_clear(&l->table->slot[slot]);
	take_back(l, slot);
}

/* --- one turn ----------------------------------------------------------------------------- */

static void take_cancel(struct fake_life *l, const uint8_t *data, size_t size)
{
	struct control_cancel m;

	if (control_decode_cancel(data, size, &m) != 0)
		fake_violate(l->manager, "CANCEL that is none");
	l->manager->counts.cancels++;
}

/* Return: false to end the connection. */
static bool take_message(struct fake_life *l, const uint8_t *data, size_t size)
{
	struct fake_manager *m = l->manager;
	struct control_return back = { .slot = 0 };
	struct control_close_lease gone = { .slot = 0 };
	struct control_header h;

	if (control_decode_header(data, size, &h) != 0) {
		fake_violate(m, "no message at all");
		return false;
	}
	if (h.type == CONTROL_HELLO) {
		if (!happens(l, m->script.refuse))
			return say_welcome(l, h.sequence);
		deny(l, h.sequence, REASON_STOPPING, "refused by script");
		return false;
	}
	if (happens(l, m->script.lost))
		return false;
	if (h.type == CONTROL_POOL) {
		take_pool(l, h.sequence, data, size);
	} else if (h.type == CONTROL_LEASE) {
		take_lease(l, h.sequence, data, size);
	} else if (h.type == CONTROL_CANCEL) {
		take_cancel(l, data, size);
	} else if (h.type == CONTROL_RETURN && control_decode_return(data, size, &back) == 0) {
		m->counts.returns++;
		take_up(l, back.slot, back.generation);
	} else if (h.type == CONTROL_CLOSE && control_decode_close(data, size, &gone) == 0) {
		m->counts.closes++;
		take_up(l, gone.slot, gone.generation);
	} else {
		fake_violate(m, "message of no use to a manager");
	}
	return true;
}

static void answer_late(struct fake_life *l)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < FAKE_SLOTS; i++) {
		if (!l->slow[i].due_ns || l->slow[i].due_ns > now)
			continue;
		l->slow[i].due_ns = 0;
		l->manager->counts.late++;
		grant(l, l->slow[i].sequence, l->slow[i].pool);
	}
}

static void meddle(struct fake_life *l)
{
	struct fake_manager *m = l->manager;
	uint32_t slot = (uint32_t)(fake_random(&l->random) % FAKE_SLOTS);
	struct lease_table *t = l->table;
	struct lease_slot *s = &t->slot[slot];
	uint64_t generation = l->use[slot].generation;

	if (is_free(l, slot) || l->is_retired[slot])
		return;
	if (happens(l, m->script.revoke))
		(void)revoke_slot(l, slot);
	else if (happens(l, m->script.want))
		m->counts.wanted += lease_want(s, generation);
	else if (happens(l, m->script.kill) && lease_get_state(s, generation) == LEASE_BUSY) {
		/* its holder may still write to what belongs to it */
		l->is_retired[slot] = true;
		lease_clear(s);
		m->counts.killed++;
	}
}

static bool turn(struct fake_life *l)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	struct fdpass_set fds = FDPASS_SET_EMPTY;

	if (poll(&p, 1, TURN_MS) == 1) {
		ssize_t n = fdpass_recv(l->fd, data, sizeof(data), &fds, 0, 0);

		if (n <= 0 || !take_message(l, data, (size_t)n))
			return false;
	}
	answer_late(l);
	if (l->table)
		meddle(l);
	return true;
}

/*
 * A manager that sees a session end takes its leases back by the table; one that dies leaves the
 * table as it is, and the connections end.
 */
static void end_session(struct fake_life *l)
{
	for (uint32_t slot = 0; slot < FAKE_SLOTS; slot++)
		if (!is_free(l, slot) && !l->is_retired[slot] && !revoke_slot(l, slot))
			lease_clear(&l->table->slot[slot]);
}

static void *live(void *data)
{
	struct fake_life *l = data;
	struct fake_manager *m = l->manager;

	while (!m->is_stopping && turn(l))
		continue;
	if (happens(l, m->script.restart)) {
		m->boot++;
		m->counts.boots++;
	} else if (l->table) {
		end_session(l);
	}
	(void)close(l->fd);
	for (size_t i = 0; i < FAKE_SLOTS; i++)
		if (l->peer[i] >= 0)
			(void)close(l->peer[i]);
	if (l->table)
		(void)munmap(l->table, sizeof(struct lease_table));
	return NULL;
}

static void begin_life(struct fake_manager *m, int fd)
{
	unsigned number = m->life_count;
	struct fake_life *l = calloc(1, sizeof(*l));

	if (!l || number >= FAKE_LIVES_MAX) {
		fake_violate(m, "too many connections");
		(void)close(fd);
		free(l);
		return;
	}
	l->manager = m;
	l->fd = fd;
	l->session = number;
	l->boot_id = m->boot;
	l->random = 0x9e3779b97f4a7c15ULL * (number + 1);
	for (size_t i = 0; i < FAKE_SLOTS; i++)
		l->peer[i] = -1;
	m->life[number] = l;
	m->life_count++;
	m->counts.lives++;
	assert_int_equal(pthread_create(&l->thread, NULL, live, l), 0);
}

static void *accept_all(void *data)
{
	struct fake_manager *m = data;
	struct pollfd p = { .fd = m->listener, .events = POLLIN };

	while (!m->is_stopping) {
		if (poll(&p, 1, 20) != 1)
			continue;
		int fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			begin_life(m, fd);
	}
	return NULL;
}

void fake_manager_start(struct fake_manager *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	m->boot = 1;
	(void)snprintf(m->path, sizeof(m->path), "/tmp/shim-test-%d.sock", getpid());
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", m->path);
	(void)unlink(m->path);
	m->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(m->listener >= 0);
	assert_int_equal(bind(m->listener, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(m->listener, 64), 0);
	assert_int_equal(pthread_create(&m->thread, NULL, accept_all, m), 0);
}

void fake_manager_stop(struct fake_manager *m)
{
	m->is_stopping = true;
	(void)pthread_join(m->thread, NULL);
	for (unsigned i = 0; i < m->life_count; i++)
		(void)pthread_join(m->life[i]->thread, NULL);
	(void)close(m->listener);
	(void)unlink(m->path);
}

void fake_manager_free(struct fake_manager *m)
{
	for (unsigned i = 0; i < m->life_count; i++)
		free(m->life[i]);
}

struct fake_use *fake_manager_get_use(struct fake_manager *m, uint32_t session, uint32_t slot)
{
	if (session >= m->life_count || slot >= FAKE_SLOTS)
		return NULL;
	return &m->life[session]->use[slot];
}
