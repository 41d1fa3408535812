/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"

int print_failure(int error, const char *why)
{
	(void)fprintf(stderr, "lsapidctl: %s\n", why);
	if (error == CLIENT_E_CONNECT)
		return CTL_NO_DAEMON;
	return error == CLIENT_E_DENIED ? CTL_NOT_ALLOWED : CTL_FAILED;
}

int print_json(const char *json)
{
	return puts(json) < 0 ? CTL_FAILED : CTL_OK;
}

static json_t *load(const char *json)
{
	json_error_t error;
	json_t *o = json_loads(json, 0, &error);

	if (!o)
		(void)fprintf(
			stderr, "lsapidctl: the daemon's answer is no JSON: %s\n", error.text);
	return o;
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "-";
}

/* "12.3s", "5m", "3h", "2d": enough to see what is old */
static const char *age(const json_t *o, const char *key, char *out, size_t size)
{
	double s = json_number_value(json_object_get(o, key));

	if (s < 100)
		(void)snprintf(out, size, "%.1fs", s);
	else if (s < 6000)
		(void)snprintf(out, size, "%.0fm", s / 60);
	else if (s < 172800)
		(void)snprintf(out, size, "%.0fh", s / 3600);
	else
		(void)snprintf(out, size, "%.0fd", s / 86400);
	return out;
}

static void print_daemon(const json_t *root)
{
	const json_t *daemon = json_object_get(root, "daemon");
	const json_t *totals = json_object_get(root, "totals");
	char up[32];

	(void)printf("lsapid %s, manager pid %lld, up %s%s\n", text(daemon, "version"),
		number(daemon, "manager_pid"), age(daemon, "uptime_s", up, sizeof(up)),
		json_is_true(json_object_get(daemon, "is_stopping")) ? ", STOPPING" : "");
	(void)printf("%lld pools, %lld connections of at most %lld, %lld Apache processes\n",
		number(totals, "pools"), number(totals, "connections"),
		number(daemon, "max_children_total"), number(totals, "sessions"));
	(void)printf(
		"leases %lld (idle %lld, revoked %lld, connected %lld, started %lld, queued %lld)\n",
		number(totals, "leases"), number(totals, "granted_idle"),
		number(totals, "granted_revoked"), number(totals, "granted_connected"),
		number(totals, "granted_started"), number(totals, "queued"));
}

/* Where it is off, nobody need read of it each time. */
static void print_criu_state(const json_t *criu)
{
	const char *state = text(criu, "state");

	if (strcmp(state, "works") == 0)
		(void)printf("criu: works, %s\n", text(criu, "version"));
	else if (strcmp(state, "off") != 0)
		(void)printf("criu: %s%s%s\n", state, *text(criu, "reason") ? ", " : "",
			text(criu, "reason"));
}

/* "rejects: busy 12, backoff 3": only what there was */
static void print_counts(const char *title, json_t *counts)
{
	const char *separator = "";
	const char *key;
	json_t *value;

	if (json_object_size(counts) == 0)
		return;
	(void)printf("%s: ", title);
	json_object_foreach(counts, key, value)
	{
		(void)printf("%s%s %lld", separator, key, (long long)json_integer_value(value));
		separator = ", ";
	}
	(void)printf("\n");
}

/* Of a pool that was frozen, or thawed, or could have been. */
static void print_pool_criu(const json_t *criu)
{
	const char *problem = text(criu, "problem"), *dropped = text(criu, "image_dropped");

	if (!number(criu, "freezes") && !number(criu, "thawed_ms") && !number(criu, "failures") &&
		!*dropped && strcmp(text(criu, "started"), "thawed") != 0)
		return;
	(void)printf("       criu %s: ", text(criu, "mode"));
	if (*text(criu, "started"))
		(void)printf("%s start; ", text(criu, "started"));
	if (number(criu, "cold_ms"))
		(void)printf("cold %lld ms; ", number(criu, "cold_ms"));
	if (number(criu, "thawed_ms"))
		(void)printf("thawed %lld ms; ", number(criu, "thawed_ms"));
	if (number(criu, "image_bytes"))
		(void)printf("image %.1f MiB in %lld ms; ",
			(double)number(criu, "image_bytes") / 1048576.0, number(criu, "freeze_ms"));
	(void)printf("%s\n", text(criu, "why_not_text"));
	if (number(criu, "failures"))
		(void)printf("       freezing failed: %s\n", problem);
	if (*dropped)
		(void)printf("       image not used: %s\n", dropped);
}

static void print_pool(const json_t *pool)
{
	const json_t *failure = json_object_get(pool, "failure");
	char since[32];

	(void)printf("%5lld  %-28s %6lld  %-8s %6s %7lld %4lld %4lld %8lld %4lld %9lld %7lld\n",
		number(pool, "id"), text(pool, "name"), number(pool, "uid"), text(pool, "state"),
		age(pool, "state_s", since, sizeof(since)), number(pool, "pid"),
		number(pool, "busy"), number(pool, "idle"), number(pool, "children"),
		number(pool, "waiting"), number(pool, "leases"), number(pool, "rejects"));
	print_pool_criu(json_object_get(pool, "criu"));
	if (*text(pool, "user_file_problem"))
		(void)printf("       user file: %s\n", text(pool, "user_file_problem"));
	if (json_is_true(json_object_get(pool, "has_uid_limit_warning")))
		(void)printf("       uid limit warning: children should be < NPROC: %lld children "
			     "(%s), %s is %lld\n",
			number(pool, "children"), text(pool, "children_from"),
			text(pool, "process_limit_from"), number(pool, "process_limit"));
	if (failure)
		(void)printf("       %s %s: %s\n       remedy: %s\n", text(failure, "reason"),
			text(failure, "detail"), text(failure, "text"), text(failure, "remedy"));
}

static void print_pools(const json_t *pools)
{
	size_t i;
	json_t *pool;

	if (json_array_size(pools) == 0)
		return;
	(void)printf("\n%5s  %-28s %6s  %-8s %6s %7s %4s %4s %8s %4s %9s %7s\n", "POOL", "NAME",
		"UID", "STATE", "SINCE", "PID", "BUSY", "IDLE", "CHILDREN", "WAIT", "LEASES",
		"REJECTS");
	json_array_foreach(pools, i, pool) print_pool(pool);
}

static void print_sessions(const json_t *sessions)
{
	size_t i;
	json_t *s;
	char since[32];

	if (json_array_size(sessions) == 0)
		return;
	(void)printf("\n%7s  %-28s %7s %6s %6s %6s %4s %4s\n", "SESSION", "SERVER", "PID", "UID",
		"AGE", "LEASES", "BUSY", "WAIT");
	json_array_foreach(sessions, i, s)(void)
		printf("%7lld  %-28s %7lld %6lld %6s %6lld %4lld %4lld\n", number(s, "id"),
			text(s, "server"), number(s, "pid"), number(s, "uid"),
			age(s, "age_s", since, sizeof(since)), number(s, "leases"),
			number(s, "busy"), number(s, "waiting"));
}

static void print_problems(const json_t *problems)
{
	size_t i;
	json_t *p;

	json_array_foreach(problems, i, p)(void) printf("problem: %s:%lld: %s, %s (%s)\n",
		text(p, "file"), number(p, "line"), text(p, "what"), text(p, "remedy"),
		json_is_true(json_object_get(p, "is_kept")) ? "its last good version goes on"
							    : "left out");
}

static void print_replacing(const json_t *r)
{
	if (number(r, "waiting") || number(r, "draining"))
		(void)printf("replacing: %lld of %lld pools done, as %s has changed\n",
			number(r, "done"), number(r, "pools"), text(r, "path"));
}

int print_status(const char *json)
{
	json_t *root = load(json);
	const json_t *totals;

	if (!root)
		return CTL_FAILED;
	totals = json_object_get(root, "totals");
	print_daemon(root);
	print_criu_state(json_object_get(json_object_get(root, "daemon"), "criu"));
	print_counts("rejects", json_object_get(totals, "rejects"));
	print_problems(json_object_get(json_object_get(root, "config"), "problems"));
	print_replacing(json_object_get(root, "replacing"));
	print_counts("denials", json_object_get(totals, "denials"));
	print_pools(json_object_get(root, "pools"));
	print_sessions(json_object_get(root, "sessions"));
	json_decref(root);
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

int print_reload(const char *json)
{
	json_t *root = load(json);

	if (!root)
		return CTL_FAILED;
	(void)printf("%s\n", text(root, "detail"));
	json_decref(root);
	return CTL_OK;
}
