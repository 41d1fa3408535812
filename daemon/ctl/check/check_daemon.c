/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "build_config.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/check/check.h"
#include "proto/reason.h"

void check_daemon_running(struct check *c)
{
	if (c->status) {
		check_add(c, CHECK_OK, c->socket_path, "lsapid %s answers",
			answer_or_dash(json_object_get(c->status, "daemon"), "version"));
		return;
	}
	check_add(c, CHECK_PROBLEM, NULL, "%s", c->silence); /* which names the socket */
	if (c->is_denied)
		check_remedy(c, "run lsapidctl as root, or as a member of admin_group");
	else
		check_remedy(c, "systemctl start lsapid; if it does not stay: lsapid -t, and "
				"journalctl -u lsapid");
}

void check_daemon_version(struct check *c)
{
	const char *version = answer_text(json_object_get(c->status, "daemon"), "version");

	if (strcmp(version, LSAPID_VERSION) == 0)
		return;
	check_add(c, CHECK_WARNING, NULL, "lsapid has version %s, lsapidctl " LSAPID_VERSION,
		*version ? version : "?");
	check_remedy(c, "systemctl restart lsapid: no request is lost");
}

static void say_problem(struct check *c, const struct config_problem *p)
{
	char where[sizeof(p->file) + 16];

	(void)snprintf(where, sizeof(where), p->line ? "%s:%d" : "%s", p->file, p->line);
	check_add(c, CHECK_PROBLEM, where, "%s%s", p->what,
		p->is_kept ? "; its last good version goes on" : "");
	check_remedy(c, "%s", p->remedy);
}

/* As the files are now; who can not read them is told what the daemon has found. */
void check_daemon_config(struct check *c)
{
	const json_t *problems = json_object_get(json_object_get(c->status, "config"), "problems");
	size_t i;
	const json_t *p;

	for (i = 0; c->problems && i < c->problems->count; i++)
		say_problem(c, &c->problems->item[i]);
	if (c->problems)
		return;
	json_array_foreach(problems, i, p)
	{
		char where[512];

		(void)snprintf(where, sizeof(where), "%s:%lld", answer_or_dash(p, "file"),
			answer_number(p, "line"));
		check_add(c, CHECK_PROBLEM, where, "%s", answer_or_dash(p, "what"));
		check_remedy(c, "%s", answer_or_dash(p, "remedy"));
	}
	if (!c->status) {
		check_add(c, CHECK_SKIPPED, c->config_path, "only root can read it");
		check_remedy(c, "run lsapidctl check as root");
	}
}

/* Since when there is an Apache process, of the youngest; 0: there is none */
static long long youngest_session_ms(const json_t *sessions)
{
	struct timespec now;
	long long youngest = 0;
	size_t i;
	const json_t *s;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	json_array_foreach(sessions, i, s)
	{
		long long age_ms = (long long)(answer_real(s, "age_s") * 1000.0);
		long long since_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000 - age_ms;

		youngest = since_ms > youngest ? since_ms : youngest;
	}
	return youngest;
}

/* The last refusal for @reason. Return: when; 0: none is remembered */
static long long last_refusal_ms(const json_t *why, enum reason reason)
{
	const json_t *refusals = json_object_get(json_object_get(why, "host"), "refusals");
	size_t i;
	const json_t *f;

	json_array_foreach(
		refusals, i, f) if (strcmp(answer_text(f, "reason"), reason_name(reason)) ==
				    0) return answer_number(f, "time_ms");
	return 0;
}

static void judge_refusals(
	struct check *c, enum reason reason, const char *what, const char *remedy)
{
	const json_t *denials = json_object_get(json_object_get(c->status, "totals"), "denials");
	const json_t *sessions = json_object_get(c->status, "sessions");
	long long last_ms = last_refusal_ms(c->why, reason);

	/* an Apache that was restarted since then is not among those any more */
	if (!last_ms || youngest_session_ms(sessions) > last_ms)
		return;
	check_add(c, json_array_size(sessions) ? CHECK_WARNING : CHECK_PROBLEM, NULL,
		"%s: %lld times; %zu processes of Apache are connected", what,
		answer_number(denials, reason_name(reason)), json_array_size(sessions));
	check_remedy(c, "%s", remedy);
}

/* An Apache that was started before the key was made anew asks in vain until it is restarted. */
void check_daemon_key(struct check *c)
{
	judge_refusals(c, REASON_BAD_KEY, "Apache came with a wrong key",
		"restart Apache: it reads the key (lsapi_daemon_key) when root starts it");
	judge_refusals(c, REASON_BAD_VERSION, "mod_lsapi came with another version of the protocol",
		"restart Apache, which loads the mod_lsapi.so that is installed");
}

void check_daemon_pools(struct check *c)
{
	size_t i;
	const json_t *p;

	json_array_foreach(json_object_get(c->status, "pools"), i, p)
	{
		const json_t *failure = json_object_get(p, "failure");

		if (!failure)
			continue;
		check_add(c, CHECK_PROBLEM, NULL, "pool %lld %s: %s: %s", answer_number(p, "id"),
			answer_or_dash(p, "name"), answer_or_dash(failure, "text"),
			answer_or_dash(failure, "detail"));
		check_remedy(c, "%s", answer_or_dash(failure, "remedy"));
	}
}
