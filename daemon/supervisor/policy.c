/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/policy.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"

/* Bounds of the numbers of a specification: those of lsapid.conf's defaults section. */
#define A_WEEK_S 604800U
/* (uid_t)-1 means "no change" to setresuid(2) */
#define ID_MAX 4294967294U

struct number {
	const char *key;
	uint64_t min;
	uint64_t max;
	size_t offset; /* of a uint32_t in struct policy_order */
};

static const struct number numbers[] = {
	{ SPEC_CHILDREN, 2, 10000, offsetof(struct policy_order, children) },
	{ SPEC_MAX_IDLE, 0, A_WEEK_S, offsetof(struct policy_order, max_idle_s) },
	{ SPEC_MAX_REQS, 1, 2000000000, offsetof(struct policy_order, max_reqs) },
	{ SPEC_MAX_PROCESS_TIME, 1, A_WEEK_S, offsetof(struct policy_order, max_process_time_s) },
};

static const struct {
	const char *key;
	size_t offset; /* of a bool in struct policy_order */
} switches[] = {
	{ SPEC_ACCEPT_NOTIFY, offsetof(struct policy_order, has_accept_notify) },
	{ SPEC_COREDUMP, offsetof(struct policy_order, has_coredump) },
	{ SPEC_USER_INI, offsetof(struct policy_order, has_user_ini) },
};

/* Keys that must be there. */
static const char *const needed[] = { SPEC_HANDLER, SPEC_UID, SPEC_GID };

static const char *check_shape(const struct pool_spec *spec)
{
	const char *scope = pool_spec_get(spec, SPEC_SCOPE);
	const char *docroot = pool_spec_get(spec, SPEC_DOCROOT);
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!pool_spec_get(spec, needed[i]))
			return needed[i];
	}
	if (scope && strcmp(scope, "vhost") != 0 && strcmp(scope, "user") != 0)
		return SPEC_SCOPE;
	if (docroot && docroot[0] != '/')
		return SPEC_DOCROOT;
	return NULL;
}

/* Return: NULL, or the key whose value is out of its bounds. */
static const char *read_values(const struct pool_spec *spec, struct policy_order *o)
{
	uint64_t value;
	size_t i;

	if (pool_spec_get_uint(spec, SPEC_UID, 0, ID_MAX, &value))
		return SPEC_UID;
	o->uid = (uid_t)value;
	if (pool_spec_get_uint(spec, SPEC_GID, 0, ID_MAX, &value))
		return SPEC_GID;
	o->gid = (gid_t)value;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number *n = &numbers[i];
		int r = pool_spec_get_uint(spec, n->key, n->min, n->max, &value);

		if (r == 2)
			return n->key;
		if (r == 0)
			*(uint32_t *)(void *)((char *)o + n->offset) = (uint32_t)value;
	}
	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		int r = pool_spec_get_uint(spec, switches[i].key, 0, 1, &value);

		if (r == 2)
			return switches[i].key;
		if (r == 0)
			*(bool *)((char *)o + switches[i].offset) = value != 0;
	}
	return NULL;
}

static void fill_defaults(const struct config *c, struct policy_order *o)
{
	*o = (struct policy_order){
		.name = "-",
		.path = c->defaults.path,
		.children = c->defaults.children,
		.max_idle_s = c->defaults.max_idle_s,
		.max_reqs = c->defaults.max_reqs,
		.max_process_time_s = c->defaults.max_process_time_s,
		.has_accept_notify = true,
	};
}

static void fill_texts(const struct pool_spec *spec, struct policy_order *o)
{
	const char *name = pool_spec_get(spec, SPEC_NAME);
	const char *path = pool_spec_get(spec, SPEC_PATH);

	if (name)
		o->name = name;
	if (path)
		o->path = path;
	o->docroot = pool_spec_get(spec, SPEC_DOCROOT);
	o->phprc = pool_spec_get(spec, SPEC_PHPRC);
	if (o->phprc && !*o->phprc)
		o->phprc = NULL; /* taken away by a pool file */
}

static enum reason check_identity(const struct config *c, const struct policy_host *host,
	const struct policy_order *o, char *ret_text, size_t size)
{
	if (!host->is_privileged) {
		(void)snprintf(ret_text, size, "uid %u gid %u, not %u and %u", o->uid, o->gid,
			host->own_uid, host->own_gid);
		return o->uid == host->own_uid && o->gid == host->own_gid ? REASON_NONE
									  : REASON_USER_FOREIGN;
	}
	/* root is refused whatever the floors say */
	if (o->uid == 0 || o->gid == 0) {
		(void)snprintf(ret_text, size, "uid %u gid %u", o->uid, o->gid);
		return o->uid == 0 ? REASON_UID_FLOOR : REASON_GID_FLOOR;
	}
	if (host->has_apache && o->uid == host->apache_uid && o->gid == host->apache_gid)
		return REASON_NONE;
	if (o->uid < c->uid_min) {
		(void)snprintf(ret_text, size, "uid %u, uid_min %u", o->uid, c->uid_min);
		return REASON_UID_FLOOR;
	}
	if (o->gid < c->gid_min) {
		(void)snprintf(ret_text, size, "gid %u, gid_min %u", o->gid, c->gid_min);
		return REASON_GID_FLOOR;
	}
	return REASON_NONE;
}

enum reason policy_check(const struct config *c, const struct policy_host *host,
	const struct pool_spec *spec, struct policy_order *ret_order, char *ret_text, size_t size)
{
	struct policy_order o;
	const char *bad_key = check_shape(spec);
	const char *handler;
	enum reason reason;

	ret_text[0] = '\0';
	fill_defaults(c, &o);
	if (!bad_key)
		bad_key = read_values(spec, &o);
	if (bad_key) {
		(void)str_copy(ret_text, size, bad_key);
		return REASON_BAD_SPEC;
	}
	fill_texts(spec, &o);
	handler = pool_spec_get(spec, SPEC_HANDLER);
	o.handler = config_find_handler(c, handler);
	if (!o.handler) {
		(void)str_copy(ret_text, size, handler);
		return REASON_HANDLER_UNKNOWN;
	}
	reason = check_identity(c, host, &o, ret_text, size);
	if (reason != REASON_NONE)
		return reason;
	ret_text[0] = '\0';
	*ret_order = o;
	return REASON_NONE;
}
