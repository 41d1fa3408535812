/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_pool.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/pool_spec.h"

/* A name of a virtual host that is longer is in no file: their names have a bound. */
#define VHOST_SIZE 256U
#define FNV_BASIS  0xcbf29ce484222325ULL
#define FNV_PRIME  0x100000001b3ULL

static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
	while (*text++);
	return hash;
}

/* The user's and the virtual host's name, each with its NUL; "" for a pool without vhosts. */
static uint64_t claim_hash(const char *user, const char *vhost)
{
	return hash_text(hash_text(FNV_BASIS, user), vhost);
}

static bool pool_claims(const struct config_pool *p, const char *user, const char *vhost)
{
	size_t i;

	if (strcmp(p->user, user) != 0)
		return false;
	if (!*vhost)
		return p->vhost_count == 0;
	for (i = 0; i < p->vhost_count; i++) {
		if (strcmp(p->vhosts[i], vhost) == 0)
			return true;
	}
	return false;
}

static struct config_pool *find_claim(const struct config *c, const char *user, const char *vhost)
{
	uint64_t hash = claim_hash(user, vhost);
	struct map_iter it = { .probed = 0 };
	struct config_pool *p;

	while ((p = map_find_next(&c->claims, hash, &it))) {
		if (pool_claims(p, user, vhost))
			return p;
	}
	return NULL;
}

/* Exactly, then by *.DOMAIN from the longest on, then whatever the host. @vhost: lower case. */
static const struct config_pool *find_for_user(
	const struct config *c, const char *user, const char *vhost)
{
	const struct config_pool *p = NULL;
	const char *dot = vhost;
	char pattern[VHOST_SIZE + 2];

	if (*vhost)
		p = find_claim(c, user, vhost);
	while (!p && (dot = strchr(dot, '.'))) {
		(void)snprintf(pattern, sizeof(pattern), "*%s", dot++);
		p = find_claim(c, user, pattern);
	}
	return p ? p : find_claim(c, user, "");
}

const struct config_pool *config_find_pool(
	const struct config *c, uid_t uid, const char *user, const char *vhost)
{
	const struct config_pool *p = NULL;
	char name[VHOST_SIZE] = "";
	char number[16];
	size_t i;

	if (c->pool_count == 0)
		return NULL;
	for (i = 0; vhost && vhost[i] && i < sizeof(name) - 1; i++)
		name[i] = (char)tolower((unsigned char)vhost[i]);
	if (user)
		p = find_for_user(c, user, name);
	(void)snprintf(number, sizeof(number), "%u", uid);
	return p ? p : find_for_user(c, number, name);
}

int config_pool_add_entry(struct config_pool *p, const char *key, const char *value, int line)
{
	struct config_entry *e = realloc(p->entries, (p->entry_count + 1) * sizeof(p->entries[0]));

	if (!e)
		return -ENOMEM;
	p->entries = e;
	e = &p->entries[p->entry_count++];
	*e = (struct config_entry){ .key = strdup(key), .value = strdup(value), .line = line };
	return e->key && e->value ? 0 : -ENOMEM;
}

int config_pool_add_named(struct config_pool *p, const char *prefix, const char *text, int line)
{
	const char *equals = strchr(text, '=');
	char key[POOL_SPEC_MAX_KEY + 1];
	int size = snprintf(key, sizeof(key), "%s%.*s", prefix, (int)(equals - text), text);

	/* the check of values keeps names within the bound of keys */
	if (size < 0 || (size_t)size >= sizeof(key))
		return -E2BIG;
	return config_pool_add_entry(p, key, equals + 1, line);
}

int config_pool_add_vhost(struct config_pool *p, const char *name)
{
	char **v = realloc(p->vhosts, (p->vhost_count + 1) * sizeof(p->vhosts[0]));
	char *c;

	if (!v)
		return -ENOMEM;
	p->vhosts = v;
	v[p->vhost_count] = strdup(name);
	if (!v[p->vhost_count])
		return -ENOMEM;
	for (c = v[p->vhost_count++]; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

static const char *claim_name(const struct config_pool *p, size_t i)
{
	return p->vhost_count ? p->vhosts[i] : "";
}

static size_t claim_count(const struct config_pool *p)
{
	return p->vhost_count ? p->vhost_count : 1;
}

static int claimed_already(const struct config_pool *p, const char *vhost,
	const struct config_pool *other, struct config_problem *problem)
{
	char what[sizeof(problem->what)];

	/* a user's own file: nobody else is in it */
	if (!*p->user)
		(void)snprintf(what, sizeof(what), "%s%.60s: line %d speaks of it already",
			*vhost ? "vhost " : "all sites, without vhosts", vhost, other->line);
	else
		(void)snprintf(what, sizeof(what), "user %.60s%s%.60s is that of %.80s:%d", p->user,
			*vhost ? ", vhost " : ", no vhosts,", vhost, other->file, other->line);
	return config_problem_set(problem, p->file, p->line, what,
		*p->user ? "let one file speak of each user and virtual host"
			 : "let one section speak of each virtual host");
}

static int claim_all(struct config *c, struct config_pool *p, struct config_problem *problem)
{
	size_t i;
	int r = 0;

	for (i = 0; i < claim_count(p) && r == 0; i++) {
		const char *vhost = claim_name(p, i);
		const struct config_pool *other = find_claim(c, p->user, vhost);

		if (other)
			return claimed_already(p, vhost, other, problem);
		r = map_put(&c->claims, claim_hash(p->user, vhost), p);
	}
	return r;
}

static int enter_file(struct config *c, const char *file, const char **ret_name)
{
	char **files;

	if (c->pool_file_count && strcmp(c->pool_files[c->pool_file_count - 1], file) == 0) {
		*ret_name = c->pool_files[c->pool_file_count - 1];
		return 0;
	}
	files = realloc(c->pool_files, (c->pool_file_count + 1) * sizeof(files[0]));
	if (!files)
		return -ENOMEM;
	c->pool_files = files;
	files[c->pool_file_count] = strdup(file);
	if (!files[c->pool_file_count])
		return -ENOMEM;
	*ret_name = files[c->pool_file_count++];
	return 0;
}

static int reserve(struct config *c)
{
	size_t capacity = c->pool_capacity ? c->pool_capacity * 2 : 16;
	struct config_pool **pools;

	if (c->pool_count < c->pool_capacity)
		return 0;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers it is */
	pools = realloc(c->pools, capacity * sizeof(*pools));
	if (!pools)
		return -ENOMEM;
	c->pools = pools;
	c->pool_capacity = capacity;
	return 0;
}

static void forget_claims(struct config *c, const struct config_pool *p)
{
	size_t i;

	for (i = 0; i < claim_count(p); i++)
		map_remove(&c->claims, claim_hash(p->user, claim_name(p, i)), p);
}

int config_pool_enter(struct config *c, struct config_pool *p, const char *file,
	struct config_problem *ret_problem)
{
	int r = enter_file(c, file, &p->file);

	if (r == 0)
		r = reserve(c);
	if (r == 0)
		r = claim_all(c, p, ret_problem);
	if (r) {
		forget_claims(c, p);
		return r;
	}
	c->pools[c->pool_count++] = p;
	if (p->user[strspn(p->user, "0123456789")] != '\0')
		c->has_named_user = true;
	return 0;
}

void config_pool_truncate(struct config *c, size_t count)
{
	while (c->pool_count > count) {
		struct config_pool *p = c->pools[--c->pool_count];

		forget_claims(c, p);
		(void)config_pool_free(p);
	}
}

struct config_pool *config_pool_free(struct config_pool *p)
{
	size_t i;

	if (!p)
		return NULL;
	for (i = 0; i < p->vhost_count; i++)
		free(p->vhosts[i]);
	for (i = 0; i < p->entry_count; i++) {
		free(p->entries[i].key);
		free(p->entries[i].value);
	}
	free(p->vhosts);
	free(p->entries);
	free(p->log);
	free(p->name);
	free(p->user);
	free(p);
	return NULL;
}
