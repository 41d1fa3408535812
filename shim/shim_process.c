/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_process.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "shim/shim_account.h"

static void init_locks(struct shim_process *p)
{
	pthread_mutexattr_t attr;

	/* held for some nanoseconds: spin a little before asking the kernel to wait */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&p->lease_lock, &attr);
	pthread_mutex_init(&p->pool_lock, &attr);
	pthread_mutex_init(&p->scratch_lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

struct shim_process *shim_process_new(const struct shim_global *global)
{
	struct shim_process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	init_locks(p);
	p->uid = geteuid();
	p->gid = getegid();
	p->accounts = calloc(1, sizeof(*p->accounts));
	if (p->accounts)
		pthread_mutex_init(&p->accounts->lock, NULL);
	p->session = p->accounts ? shim_session_new(p, global) : NULL;
	if (!p->session) {
		free(p->accounts);
		free(p);
		return NULL;
	}
	return p;
}

struct shim_scratch *shim_scratch_get(struct shim_process *p)
{
	pthread_mutex_lock(&p->scratch_lock);
	struct shim_scratch *s = p->scratch;

	if (s)
		p->scratch = s->next;
	pthread_mutex_unlock(&p->scratch_lock);
	return s ? s : malloc(sizeof(*s));
}

void shim_scratch_put(struct shim_process *p, struct shim_scratch *s)
{
	pthread_mutex_lock(&p->scratch_lock);
	s->next = p->scratch;
	p->scratch = s;
	pthread_mutex_unlock(&p->scratch_lock);
}

uint64_t shim_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}
