/* SPDX-License-Identifier: Apache-2.0 */

/* The pools that this process has used: looked up without a lock, inserted under one. */

#include "shim/shim_process.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
	return hash;
}

static size_t hash_key(const struct shim_pool_key *key)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	hash = (hash ^ (uint64_t)(uintptr_t)key->server) * 0x100000001b3ULL;
	hash = (hash ^ ((uint64_t)key->uid << 32 | key->gid)) * 0x100000001b3ULL;
	hash = hash_text(hash, key->handler);
	hash = hash_text(hash, key->docroot);
	hash = hash_text(hash, key->phprc);
	hash = hash_text(hash, key->host);
	return (hash ^ hash >> 32) % SHIM_POOL_BUCKETS;
}

static bool is_same(const struct shim_pool_key *a, const struct shim_pool_key *b)
{
	return a->server == b->server && a->uid == b->uid && a->gid == b->gid &&
	       strcmp(a->handler, b->handler) == 0 && strcmp(a->docroot, b->docroot) == 0 &&
	       strcmp(a->phprc, b->phprc) == 0 && strcmp(a->host, b->host) == 0;
}

static struct shim_pool *look_up(
	struct shim_process *p, const struct shim_pool_key *key, size_t bucket)
{
	struct shim_pool *pool = atomic_load_explicit(&p->bucket[bucket], memory_order_acquire);

	while (pool && !is_same(&pool->key, key))
		pool = pool->next;
	return pool;
}

/* One block: the entry, its strings, its specification. */
static struct shim_pool *make(const struct shim_pool_key *key, const char *spec, size_t spec_size)
{
	size_t handler_size = strlen(key->handler) + 1;
	size_t docroot_size = strlen(key->docroot) + 1;
	size_t phprc_size = strlen(key->phprc) + 1;
	size_t host_size = strlen(key->host) + 1;
	struct shim_pool *pool = calloc(1,
		sizeof(*pool) + handler_size + docroot_size + phprc_size + host_size + spec_size);

	if (!pool)
		return NULL;
	char *handler = (char *)(pool + 1);
	char *docroot = handler + handler_size;
	char *phprc = docroot + docroot_size;
	char *host = phprc + phprc_size;

	memcpy(handler, key->handler, handler_size);
	memcpy(docroot, key->docroot, docroot_size);
	memcpy(phprc, key->phprc, phprc_size);
	memcpy(host, key->host, host_size);
	pool->spec = host + host_size;
	memcpy(pool->spec, spec, spec_size);
	pool->spec_size = spec_size;
	pool->key = *key;
	pool->key.handler = handler;
	pool->key.docroot = docroot;
	pool->key.phprc = phprc;
	pool->key.host = host;
	return pool;
}

static struct shim_pool *insert(struct shim_process *p, struct shim_pool *made, size_t bucket)
{
	pthread_mutex_lock(&p->pool_lock);
	struct shim_pool *pool = look_up(p, &made->key, bucket);

	if (!pool && p->pool_count < SHIM_POOLS_MAX) {
		made->next = atomic_load_explicit(&p->bucket[bucket], memory_order_relaxed);
		atomic_store_explicit(&p->bucket[bucket], made, memory_order_release);
		p->pool_count++;
		pool = made;
	}
	pthread_mutex_unlock(&p->pool_lock);
	if (pool != made)
		free(made);
	return pool;
}

size_t shim_pool_count_phprc(struct shim_process *p, const struct shim_pool_key *key)
{
	size_t count = 0;

	for (size_t i = 0; i < SHIM_POOL_BUCKETS; i++) {
		const struct shim_pool *pool =
			atomic_load_explicit(&p->bucket[i], memory_order_acquire);

		for (; pool; pool = pool->next)
			count += pool->key.server == key->server && pool->key.uid == key->uid &&
				 pool->key.phprc[0] != '\0';
	}
	return count;
}

struct shim_pool *shim_pool_find(struct shim_process *p, const struct shim_pool_key *key)
{
	return look_up(p, key, hash_key(key));
}

struct shim_pool *shim_pool_add(struct shim_process *p, const struct shim_pool_key *key,
	const char *spec, size_t spec_size, const char **reterr_why)
{
	struct shim_pool *made = make(key, spec, spec_size);
	struct shim_pool *pool = made ? insert(p, made, hash_key(key)) : NULL;

	if (!pool)
		*reterr_why = made ? "too many pools in one process" : "no memory";
	return pool;
}

struct shim_pool_id shim_pool_get_id(struct shim_process *p, const struct shim_pool *pool)
{
	pthread_mutex_lock(&p->pool_lock);
	struct shim_pool_id id = { .id = pool->id, .boot_id = pool->boot_id };

	pthread_mutex_unlock(&p->pool_lock);
	return id;
}

void shim_pool_set_id(struct shim_process *p, struct shim_pool *pool, struct shim_pool_id id)
{
	pthread_mutex_lock(&p->pool_lock);
	pool->id = id.id;
	pool->boot_id = id.boot_id;
	pthread_mutex_unlock(&p->pool_lock);
}
