/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/config/config_children.h"
#include "daemon/manager/manager.h"

#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME  0x100000001b3ULL

static int copy_spec(struct pool *p, const struct pool_spec *spec)
{
	p->spec_data = malloc(spec->size);
	if (!p->spec_data)
		return -ENOMEM;
	memcpy(p->spec_data, spec->data, spec->size);
	p->spec = *spec;
	p->spec.data = p->spec_data;
	p->hash = pool_spec_hash(&p->spec);
	p->name = pool_spec_get(&p->spec, SPEC_NAME);
	if (!p->name)
		p->name = "-";
	return 0;
}

const struct config_pool *pool_find_file(struct manager *m, const struct pool_spec *spec)
{
	const char *user = NULL;
	uint64_t uid;

	/* names are looked up only if there is a file that could need them */
	if (m->config->has_named_user &&
		pool_spec_get_uint(spec, SPEC_UID, 0, UINT32_MAX - 1, &uid) == 0)
		user = accounts_name(&m->accounts, (uid_t)uid);
	return config_find_pool_of(m->config, spec, user);
}

const char *pool_user_name(const struct pool *p)
{
	return accounts_name(&p->manager->accounts, p->uid);
}

/* The user's name is left out: thousands of pools may be told of at once, each with a look-up. */
static void warn_contradiction(struct pool *p, const struct config_children *k)
{
	bool was = p->is_contradiction;

	p->is_contradiction = config_children_contradict(k);
	if (!p->is_contradiction || was || !p->id) /* 0: a copy that is explained only */
		return;
	log_warn("pool.children", F_STR("detail", "uid limit warning: children should be < NPROC"),
		F_STR("pool", p->name), F_UINT("pool_id", p->id), F_UINT("uid", p->uid),
		F_UINT("children", k->count), F_STR("children_from", config_source_name(k->source)),
		F_UINT("nproc", k->process_limit),
		F_STR("nproc_from", config_source_name(k->process_source)),
		F_STR("remedy", "lower children for this pool (lsapi_backend_children, children), "
				"or let the account have more processes (TasksMax of its slice, "
				"limit_nproc)"));
}

/* What nobody has written follows what the account may have now. */
static int complete(
	struct pool *p, char *out, struct pool_spec *ret_spec, struct config_children *ret_children)
{
	const struct config_pool *file = pool_find_file(p->manager, &p->spec);
	const struct config *c = p->manager->config;
	struct config_children k = { .count = 0 };
	struct config_account account;
	uint64_t uid = (uid_t)-1;
	const struct config_pool *own = own_file_section(p);
	int r = config_merge(c, file, own, &p->spec, out, ret_spec);

	if (r && own) {
		own_file_drop(p, "has too many or too long settings");
		own = NULL;
		r = config_merge(c, file, NULL, &p->spec, out, ret_spec);
	}
	if (r)
		return r;
	(void)pool_spec_get_uint(ret_spec, SPEC_UID, 0, UINT32_MAX - 1, &uid); /* checked later */
	account = config_account_read(p->manager->cgroup_fd, (uid_t)uid);
	config_explain(c, file, own, &p->spec, config_children_see, &k);
	config_children_settle(
		&k, config_merge_is_written(c, file, &p->spec, SPEC_CHILDREN), &account);
	config_children_write(&k, out, ret_spec);
	*ret_children = k;
	return 0;
}

static void follow(struct pool *p, const struct config_children *k)
{
	p->children = k->count;
	p->children_source = k->source;
	p->process_limit = k->process_limit;
	p->process_source = k->process_source;
	warn_contradiction(p, k);
}

int pool_complete_spec(struct pool *p, char *out, struct pool_spec *ret_spec)
{
	struct config_children unused;

	return complete(p, out, ret_spec, &unused);
}

int pool_prepare_start(struct pool *p, char *out, struct pool_spec *ret_spec)
{
	struct config_children k;
	int r = complete(p, out, ret_spec, &k);

	if (r == 0 && k.count >= CONFIG_CHILDREN_MIN) /* if not: the supervisor says so */
		follow(p, &k);
	return r;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
	while (*text++);
	return hash;
}

uint64_t pool_settings_hash(const struct manager *m, const struct pool_spec *complete)
{
	const char *name = pool_spec_get(complete, SPEC_HANDLER);
	const struct config_handler *h = name ? config_find_handler(m->config, name) : NULL;
	uint64_t hash = FNV_OFFSET;
	const char *entry = NULL;
	size_t i;

	while ((entry = pool_spec_next(complete, entry))) {
		if (!effective_is_own(entry))
			hash = hash_text(hash, entry);
	}
	/* a handler that is gone differs from any */
	if (!h)
		return ~hash;
	hash = hash_text(hash, h->binary);
	for (i = 0; i < h->env_count; i++)
		hash = hash_text(hash_text(hash, h->env[i].name), h->env[i].value);
	return hash;
}

const char *pool_handler(struct manager *m, const struct pool_spec *spec)
{
	const struct config_pool *file = pool_find_file(m, spec);
	size_t i;

	for (i = 0; file && i < file->entry_count; i++) {
		if (strcmp(file->entries[i].key, SPEC_HANDLER) == 0)
			return file->entries[i].value;
	}
	return pool_spec_get(spec, SPEC_HANDLER);
}

static bool says(const struct config_pool *file, const char *key)
{
	size_t i;

	for (i = 0; file && i < file->entry_count; i++) {
		if (strcmp(file->entries[i].key, key) == 0)
			return true;
	}
	return false;
}

/* Return: 0; 1 and *ret_what; -ENOMEM. @p keeps what it had if not 0. */
static int take_settings(struct pool *p, struct pool_spec *ret_complete,
	char data[POOL_SPEC_MAX_BYTES], const char **ret_what)
{
	const struct config_pool *file = pool_find_file(p->manager, &p->spec);
	char *handler, *at = NULL;
	struct config_children k;
	struct effective e;

	*ret_what = "env (it grew too large)";
	if (complete(p, data, ret_complete, &k) || effective_read(ret_complete, &e, ret_what))
		return 1;
	handler = strdup(pool_spec_get(ret_complete, SPEC_HANDLER));
	if (!handler || (file && asprintf(&at, "%s:%d", file->file, file->line) < 0)) {
		free(handler);
		return -ENOMEM;
	}
	free(p->handler);
	free(p->pool_file);
	p->handler = handler;
	p->pool_file = at;
	p->uid = e.uid;
	p->gid = e.gid;
	k.count = e.children; /* the same number, found to be within its bounds */
	follow(p, &k);
	p->pgrp_max_idle_s = e.pgrp_max_idle_s;
	p->wait = e.wait;
	p->wait.is_mode_of_file = says(file, SPEC_WHEN_BUSY);
	p->wait.is_wait_of_file = says(file, SPEC_QUEUE_WAIT);
	p->has_connection_pool = e.has_connection_pool;
	p->max_process_time_s = e.max_process_time_s;
	p->slow_time_s = e.slow_time_s;
	p->max_lifetime_s = e.max_lifetime_s;
	p->max_memory = e.max_memory;
	p->max_connections = e.max_connections;
	p->pgrp_max_reqs = e.pgrp_max_reqs;
	p->pgrp_max_crashes = e.pgrp_max_crashes;
	p->has_dump_debug_info = e.has_dump_debug_info;
	p->criu = e.criu;
	p->initial_start = e.initial_start;
	p->has_criu_reset = e.has_criu_reset;
	p->config_serial = p->manager->reload.count;
	return 0;
}

int pool_new(struct manager *m, uint32_t id, const struct pool_spec *spec, struct pool **ret_pool,
	const char **ret_what)
{
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec complete;
	struct pool *p = calloc(1, sizeof(*p));
	int r;

	if (!p || copy_spec(p, spec) < 0) {
		free(p);
		return -ENOMEM;
	}
	p->manager = m;
	p->id = id;
	r = take_settings(p, &complete, data, ret_what);
	if (r == 0)
		r = users_ref(&m->users, p->uid, &p->user);
	if (r) {
		free(p->handler);
		free(p->pool_file);
		free(p->spec_data);
		free(p);
		return r;
	}
	p->since_ns = manager_now(m);
	p->listen_fd = -1;
	list_init(&p->unheld);
	list_init(&p->held);
	list_init(&p->pipes);
	waitq_init(&p->waitq);
	p->is_stopped = stopped_is(&m->steer.stopped, p->uid, p->name);
	*ret_pool = p;
	return 0;
}

struct pool *pool_free(struct pool *p)
{
	struct list_node *n;

	if (!p)
		return NULL;
	freeze_free(p);
	while ((n = list_first(&p->held)))
		lease_close(LIST_OWNER(n, struct backend, node));
	while ((n = list_first(&p->unheld)))
		backend_close(LIST_OWNER(n, struct backend, node));
	while (p->care && (n = list_first(&p->care->leaving)))
		backend_close(LIST_OWNER(n, struct backend, node));
	care_free(p);
	waitq_deinit(&p->waitq);
	stderr_pipe_close_all(p);
	pool_log_close(p);
	idle_free(p);
	admit_free_pool(p);
	start_queue_remove(&p->manager->starter.queue, &p->start_ticket);
	list_remove(&p->state_node);
	list_remove(&p->unused_node);
	list_remove(&p->reload_node);
	list_remove(&p->replace_node);
	pool_unlisten(p);
	p->refusals = refusals_free(p->refusals);
	figures_free(p);
	p->user = users_unref(&p->manager->users, p->user);
	free(p->fail_text);
	free(p->handler);
	free(p->pool_file);
	p->own_file = own_file_free(p->own_file);
	free(p->spec_data);
	free(p);
	return NULL;
}

bool pool_apply_config(struct pool *p)
{
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec complete;
	const char *what;

	/* it goes on as it is: the next start tells what is wrong */
	if (take_settings(p, &complete, data, &what)) {
		p->config_serial = p->manager->reload.count;
		return false;
	}
	/* what is not asked for yet will be, with these settings */
	return p->parent.spawn_id && !p->parent.is_reading &&
	       pool_settings_hash(p->manager, &complete) != p->parent.spec_hash;
}

void pool_fail_text_set(struct pool *p, const char *format, ...)
{
	char text[CONTROL_MAX_TEXT / 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(p->fail_text);
	p->fail_text = strdup(text); /* NULL: the reason has to do */
}
