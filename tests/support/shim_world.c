/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/shim_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/pool_spec.h"
#include "tests/support/t.h"

/** What is never freed stays in sight of LeakSanitizer. */
static struct shim_world *worlds;

static unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static unsigned count_tables(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned count = 0;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "shim-test-table") != NULL;
	(void)fclose(maps);
	return count;
}

void shim_world_wait(const _Atomic unsigned *count, unsigned least)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };

	for (unsigned i = 0; *count < least && i < 10000; i++)
		(void)nanosleep(&a_while, NULL);
	assert_int_equal(*count, least);
}

struct shim_pool *shim_world_get_pool(struct shim_world *w, unsigned number)
{
	struct shim_pool_key key = {
		.handler = "h", .docroot = "/", .phprc = "", .host = "", .uid = number
	};
	char parts[POOL_SPEC_MAX_BYTES], text[POOL_SPEC_MAX_BYTES];
	struct shim_pool *pool = shim_pool_find(w->process, &key);
	struct pool_spec_builder b;
	struct pool_spec spec;
	const char *why = NULL;

	if (pool)
		return pool;
	pool_spec_builder_init(&b, parts, sizeof(parts));
	pool_spec_add_uint(&b, SPEC_UID, number);
	assert_int_equal(pool_spec_finish(&b, text, sizeof(text), &spec), 0);
	pool = shim_pool_add(w->process, &key, spec.data, spec.size, &why);
	assert_non_null(pool);
	return pool;
}

static struct shim_conn *take(struct shim_world *w, unsigned pool, uint32_t wait_ms, int client_fd,
	struct shim_lease_failure *f)
{
	struct shim_lease_terms terms = {
		.wait_ms = wait_ms,
		.client_fd = client_fd,
		.tries = 20,
		.pause_us = 10000,
		.stopping_ms = 300,
	};

	memset(f, 0, sizeof(*f));
	return shim_lease_take(w->process, shim_world_get_pool(w, pool), &terms, f);
}

struct shim_conn *shim_world_take(
	struct shim_world *w, unsigned pool, uint32_t wait_ms, struct shim_lease_failure *f)
{
	return take(w, pool, wait_ms, -1, f);
}

struct shim_conn *shim_world_take_for(
	struct shim_world *w, unsigned pool, int client_fd, struct shim_lease_failure *f)
{
	return take(w, pool, 1000, client_fd, f);
}

int shim_world_set_up(void **state)
{
	struct shim_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->next = worlds;
	worlds = w;
	w->fds_before = count_fds();
	w->tables_before = count_tables();
	fake_manager_watch(&w->manager);
	fake_manager_start(&w->manager);
	w->global = (struct shim_global){
		.socket_path = w->manager.path,
		.has_key = true,
		.answer_ms = 2000,
	};
	w->process = shim_process_new(&w->global);
	assert_non_null(w->process);
	*state = w;
	return 0;
}

static unsigned close_idle(struct shim_world *w)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SHIM_WORLD_POOLS; i++)
		for (struct shim_conn *c = shim_world_get_pool(w, i)->idle; c; c = c->next) {
			assert_ptr_equal(c->table->idle_by_slot[c->slot], c);
			assert_int_equal(close(c->fd), 0);
			count++;
		}
	return count;
}

/* The world ends, and only what is in the lists was open or mapped. */
int shim_world_tear_down(void **state)
{
	struct shim_world *w = *state;
	const char *violation;
	unsigned left;
	unsigned idle;

	fake_manager_stop(&w->manager);
	violation = w->manager.counts.violation;
	if (w->manager.counts.violations)
		fail_msg("%u violations, the last: %s", w->manager.counts.violations, violation);
	idle = close_idle(w);
	left = count_fds() - w->fds_before;
	/* the control connection, which nobody has looked at since */
	assert_in_range(left, 0, 1);
	assert_in_range(count_tables() - w->tables_before, 0, idle + 1);
	fake_manager_watch(NULL);
	fake_manager_free(&w->manager);
	return 0;
}
