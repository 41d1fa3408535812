#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A manager for the shim's session code: it speaks the control protocol, and behaves as badly as
 * its script says. One thread accepts, one serves each connection; there are no pools behind it.
 *
 * What belongs to a lease is plain memory (struct fake_use), which its holder writes without any
 * lock: two holders at once are seen by a check, and an order that only happens to hold by
 * ThreadSanitizer. See tests/unit/test_lease_race.c for the same with the lease table alone.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/control.h"
#include "proto/lease_table.h"

#define FAKE_SLOTS     48U
#define FAKE_LIVES_MAX 4096U

/** In thousand of what comes in, unless said otherwise. */
struct fake_script {
	_Atomic unsigned busy; /* LEASE: REJECT busy */
	_Atomic unsigned slow; /* LEASE: answered slow_ms later, others meanwhile */
	_Atomic unsigned slow_ms;
	_Atomic unsigned queued_ms; /* not 0: QUEUED for so long is said first */
	_Atomic unsigned unknown;   /* LEASE: REJECT pool-unknown */
	_Atomic unsigned lost;      /* anything: the connection is closed unanswered */
	_Atomic unsigned restart;   /* of those: the next life is another boot */
	_Atomic unsigned refuse;    /* HELLO: DENIED stopping */
	_Atomic unsigned deny;      /* POOL: DENIED */
	_Atomic unsigned revoke;    /* each turn: an idle lease */
	_Atomic unsigned want;      /* each turn: a busy lease */
	_Atomic unsigned kill; /* each turn: a busy lease is cleared, its slot not used again */
};

struct fake_counts {
	_Atomic unsigned lives, grants, busy, unknown, denied, late, returns, closes, cancels;
	_Atomic unsigned revoked, wanted, killed, boots;
	_Atomic unsigned violations;
	_Atomic(const char *) violation; /* the last one */
};

/** Of one lease; its holder's alone. */
struct fake_use {
	uint64_t generation;
	unsigned pool;
	unsigned holder; /* 0: nobody */
	ino_t inode;     /* of the granted descriptor */
};

struct fake_life {
	struct fake_manager *manager; /* borrowed: it owns this */
	pthread_t thread;
	int fd; /* owned */
	uint32_t session;
	uint64_t boot_id;
	_Atomic(struct lease_table *) table; /* owned: mmap */
	_Atomic unsigned table_refs;         /* this, and the shim: see fake_table.c */
	ino_t table_inode;
	int peer[FAKE_SLOTS]; /* owned; -1 when the slot is free */
	bool is_retired[FAKE_SLOTS];
	struct fake_use use[FAKE_SLOTS];
	struct {
		uint32_t sequence;
		uint32_t pool;
		uint64_t due_ns; /* 0: none */
	} slow[FAKE_SLOTS];
	uint64_t random;
};

struct fake_manager {
	char path[64];
	struct fake_script script;
	struct fake_counts counts;
	_Atomic uint32_t boot;
	_Atomic bool is_stopping;
	int listener; /* owned */
	pthread_t thread;
	_Atomic unsigned life_count;
	_Atomic(struct fake_life *) life[FAKE_LIVES_MAX]; /* owned, by session; until the end */
};

/** fake_manager_start() - listen at a path of its own; asserts */
void fake_manager_start(struct fake_manager *m);

/** fake_manager_stop() - end every connection; the memory of leases stays until free */
void fake_manager_stop(struct fake_manager *m);
void fake_manager_free(struct fake_manager *m);

/** fake_manager_get_use() - the memory of a lease; NULL if this manager never gave such a one */
struct fake_use *fake_manager_get_use(struct fake_manager *m, uint32_t session, uint32_t slot);

/** fake_violate() - count what must not be */
void fake_violate(struct fake_manager *m, const char *what);

/** fake_manager_watch() - the manager whose tables this process shares with the shim; or NULL */
void fake_manager_watch(struct fake_manager *m);

/** fake_random() - next of a stream that begins with any number but 0 */
uint64_t fake_random(uint64_t *state);
