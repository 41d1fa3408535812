/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/policy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_table.h"

/* (uid_t)-1 means "no change" to setresuid(2) */
#define ID_MAX 4294967294U

/* Where the values of a specification go; their bounds stand in the table of the configuration. */
static const struct {
	const char *key;
	size_t offset; /* of a uint32_t in struct policy_order */
} numbers[] = {
	{ SPEC_CHILDREN, offsetof(struct policy_order, children) },
	{ SPEC_MAX_IDLE, offsetof(struct policy_order, max_idle_s) },
	{ SPEC_MAX_REQS, offsetof(struct policy_order, max_reqs) },
	{ SPEC_MAX_PROCESS_TIME, offsetof(struct policy_order, max_process_time_s) },
};

static const struct {
	const char *key;
	size_t offset; /* of an int32_t */
} signed_numbers[] = {
	{ SPEC_NICE, offsetof(struct policy_order, nice) },
	{ SPEC_OOM_SCORE_ADJ, offsetof(struct policy_order, oom_score_adj) },
};

static const struct {
	const char *key;
	size_t offset; /* of a bool in struct policy_order */
} switches[] = {
	{ SPEC_ACCEPT_NOTIFY, offsetof(struct policy_order, has_accept_notify) },
	{ SPEC_CONNECTION_POOL, offsetof(struct policy_order, has_connection_pool) },
	{ SPEC_COREDUMP, offsetof(struct policy_order, has_coredump) },
	{ SPEC_USER_INI, offsetof(struct policy_order, has_user_ini) },
	{ SPEC_USER_INI_HOME, offsetof(struct policy_order, has_user_ini_home) },
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

static const struct config_key *bounds(const char *key)
{
	const struct config_key *row = config_find_spec(CONFIG_SECTION_POOL, key);

	assert(row); /* there is one for each key that is named here */
	return row;
}

static void *member(struct policy_order *o, size_t offset)
{
	return (char *)o + offset;
}

/* Return: NULL, or the key whose value is out of its bounds. */
static const char *read_numbers(const struct pool_spec *spec, struct policy_order *o)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct config_key *row = bounds(numbers[i].key);
		int r = pool_spec_get_uint(spec, row->spec, row->min, row->max, &value);

		if (r == 2)
			return row->spec;
		if (r == 0)
			*(uint32_t *)member(o, numbers[i].offset) = (uint32_t)value;
	}
	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		int r = pool_spec_get_uint(spec, switches[i].key, 0, 1, &value);

		if (r == 2)
			return switches[i].key;
		if (r == 0)
			*(bool *)member(o, switches[i].offset) = value != 0;
	}
	return NULL;
}

/* What may be unset has "" for it, as a pool file may say. */
static bool is_unset(const struct pool_spec *spec, const char *key)
{
	const char *text = pool_spec_get(spec, key);

	return text && !*text;
}

static const char *read_signed_numbers(const struct pool_spec *spec, struct policy_order *o)
{
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof(signed_numbers) / sizeof(signed_numbers[0]); i++) {
		const struct config_key *row = bounds(signed_numbers[i].key);
		int32_t *at = member(o, signed_numbers[i].offset);
		int r = pool_spec_get_int(
			spec, row->spec, (int64_t)row->min, (int64_t)row->max, &value);

		if (is_unset(spec, row->spec))
			*at = CONFIG_UNSET_INT;
		else if (r == 2)
			return row->spec;
		else if (r == 0)
			*at = (int32_t)value;
	}
	return NULL;
}

static bool is_unlimited(const struct pool_spec *spec, const struct config_key *row)
{
	const char *text = pool_spec_get(spec, row->spec);

	return row->can_be_unlimited && text && strcmp(text, SPEC_UNLIMITED) == 0;
}

static const char *read_limits(const struct pool_spec *spec, struct policy_order *o)
{
	unsigned i;

	for (i = 0; i < LIMIT_COUNT; i++) {
		const struct config_key *row = bounds(limit_key((enum limit)i));

		if (is_unset(spec, row->spec))
			o->limit[i] = LIMIT_UNSET;
		else if (is_unlimited(spec, row))
			o->limit[i] = LIMIT_UNLIMITED;
		else if (pool_spec_get_uint(spec, row->spec, row->min, row->max, &o->limit[i]) == 2)
			return row->spec;
	}
	return NULL;
}

/* Return: NULL, or the key whose value is out of its bounds. */
static const char *read_values(const struct pool_spec *spec, struct policy_order *o)
{
	const char *bad_key;
	uint64_t value;

	if (pool_spec_get_uint(spec, SPEC_UID, 0, ID_MAX, &value))
		return SPEC_UID;
	o->uid = (uid_t)value;
	if (pool_spec_get_uint(spec, SPEC_GID, 0, ID_MAX, &value))
		return SPEC_GID;
	o->gid = (gid_t)value;
	bad_key = read_numbers(spec, o);
	if (!bad_key)
		bad_key = read_signed_numbers(spec, o);
	return bad_key ? bad_key : read_limits(spec, o);
}

/* The same two at the end of the longer type. */
static uint64_t widen(uint32_t value)
{
	return value >= CONFIG_UNSET_32 ? UINT64_MAX - (UINT32_MAX - value) : value;
}

static void fill_defaults(const struct config *c, struct policy_order *o)
{
	const struct config_pool_defaults *d = &c->defaults;

	*o = (struct policy_order){
		.name = "-",
		.path = d->path,
		.children = d->children,
		.max_idle_s = d->max_idle_s,
		.max_reqs = d->max_reqs,
		.max_process_time_s = d->max_process_time_s,
		.has_accept_notify = true,
		.has_connection_pool = d->has_connection_pool,
		.nice = d->nice,
		.oom_score_adj = d->oom_score_adj,
		.limit = {
			[LIMIT_AS] = d->limit_as,
			[LIMIT_CORE] = d->limit_core,
			[LIMIT_CPU] = widen(d->limit_cpu_s),
			[LIMIT_DATA] = d->limit_data,
			[LIMIT_FSIZE] = d->limit_fsize,
			[LIMIT_MEMLOCK] = d->limit_memlock,
			[LIMIT_NOFILE] = widen(d->limit_nofile),
			[LIMIT_NPROC] = widen(d->limit_nproc),
			[LIMIT_STACK] = d->limit_stack,
		},
	};
}

static void fill_texts(const struct pool_spec *spec, struct policy_order *o)
{
	const char *name = pool_spec_get(spec, SPEC_NAME);
	const char *path = pool_spec_get(spec, SPEC_PATH);
	const char *own_log = pool_spec_get(spec, SPEC_OWN_LOG);
	const char *criu = pool_spec_get(spec, SPEC_CRIU);

	if (name)
		o->name = name;
	o->has_own_log = own_log && strcmp(own_log, "off") != 0;
	o->may_freeze = criu && strcmp(criu, "off") != 0;
	if (path)
		o->path = path;
	o->docroot = pool_spec_get(spec, SPEC_DOCROOT);
	o->phprc = pool_spec_get(spec, SPEC_PHPRC);
	if (o->phprc && !*o->phprc)
		o->phprc = NULL; /* taken away by a pool file */
	o->group = pool_spec_get(spec, SPEC_GROUP);
	if (o->group && !*o->group)
		o->group = NULL;
}

/* Return: @out: who says so, if it is not Apache */
static const char *group_text(const struct policy_order *o, char out[96])
{
	out[0] = '\0';
	if (o->group)
		(void)snprintf(out, 96, " (group %.60s)", o->group);
	return out;
}

enum reason policy_check_identity(const struct config *c, const struct policy_host *host,
	const struct policy_order *o, char *ret_text, size_t size)
{
	char group[96];

	(void)group_text(o, group);
	ret_text[0] = '\0';
	if (!host->is_privileged) {
		if (o->uid == host->own_uid && o->gid == host->own_gid)
			return REASON_NONE;
		(void)snprintf(ret_text, size, "uid %u gid %u%s, not %u and %u", o->uid, o->gid,
			group, host->own_uid, host->own_gid);
		return REASON_USER_FOREIGN;
	}
	/* root is refused whatever the floors say */
	if (o->uid == 0 || o->gid == 0) {
		(void)snprintf(ret_text, size, "uid %u gid %u%s", o->uid, o->gid, group);
		return o->uid == 0 ? REASON_UID_FLOOR : REASON_GID_FLOOR;
	}
	if (host->has_apache && o->uid == host->apache_uid && o->gid == host->apache_gid)
		return REASON_NONE;
	if (o->uid < c->uid_min) {
		(void)snprintf(ret_text, size, "uid %u, uid_min %u", o->uid, c->uid_min);
		return REASON_UID_FLOOR;
	}
	if (o->gid < c->gid_min) {
		(void)snprintf(ret_text, size, "gid %u%s, gid_min %u", o->gid, group, c->gid_min);
		return REASON_GID_FLOOR;
	}
	return REASON_NONE;
}

enum reason policy_check(const struct config *c, const struct pool_spec *spec,
	struct policy_order *ret_order, char *ret_text, size_t size)
{
	struct policy_order o;
	const char *bad_key = check_shape(spec);
	const char *handler;

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
	*ret_order = o;
	return REASON_NONE;
}
