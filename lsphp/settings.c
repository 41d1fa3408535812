/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/settings.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DEFAULT_MAX_IDLE_S         300
#define DEFAULT_MAX_PROCESS_TIME_S 3600

/** Like atoi(), without its undefined overflow; negative values become @negative. */
static uint32_t number(const char *name, int64_t absent, uint32_t negative)
{
	/* Nothing else runs yet: the environment cannot change under us. */
	const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
	long value = text ? strtol(text, NULL, 10) : (long)absent;
	if (value < 0)
		return negative;
	return value > INT_MAX ? (uint32_t)INT_MAX : (uint32_t)value;
}

static bool is_present(const char *name)
{
	return getenv(name) != NULL; /* NOLINT(concurrency-mt-unsafe) */
}

static char *copy_of(const char *name)
{
	const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
	return text && text[0] ? strdup(text) : NULL;
}

static uint32_t number_or(const char *first, const char *second, int64_t absent)
{
	return number(is_present(first) ? first : second, absent, 0);
}

static void read_children(struct settings *s)
{
	s->children = number_or("PHP_LSAPI_CHILDREN", "LSAPI_CHILDREN", 0);
	if (s->children > SETTINGS_CHILDREN_MAX)
		s->children = SETTINGS_CHILDREN_MAX;

	/* A suffix (free memory floor) may follow in LSAPI_AVOID_FORK: only the number counts. */
	bool avoids_fork = number("LSAPI_AVOID_FORK", 0, 1) != 0;
	uint32_t third = s->children / 3;
	s->keep_listen = number("LSAPI_KEEP_LISTEN", avoids_fork ? 2 : 1, 0);
	if (avoids_fork)
		s->keep_listen = 2;

	uint32_t extra = avoids_fork ? 0 : third;
	s->extra_children = number("LSAPI_EXTRA_CHILDREN", extra, extra);
	if (s->extra_children > SETTINGS_CHILDREN_MAX)
		s->extra_children = SETTINGS_CHILDREN_MAX;

	s->max_idle_children = number("LSAPI_MAX_IDLE_CHILDREN", 0, 0);
	if (s->max_idle_children == 0)
		s->max_idle_children = avoids_fork ? s->children + 1 : (third ? third : 1);
}

void settings_read(struct settings *ret_settings)
{
	struct settings s = { 0 };
	read_children(&s);
	s.max_requests = number_or("PHP_LSAPI_MAX_REQUESTS", "LSAPI_MAX_REQS", 0);
	s.max_idle_s = number("LSAPI_MAX_IDLE", DEFAULT_MAX_IDLE_S, 0);
	s.pgrp_max_idle_s = number("LSAPI_PGRP_MAX_IDLE", 0, 0);
	s.max_process_time_s = number("LSAPI_MAX_PROCESS_TIME", 0, 0);
	if (s.max_process_time_s == 0)
		s.max_process_time_s = DEFAULT_MAX_PROCESS_TIME_S;
	s.slow_request_ms = number("LSAPI_SLOW_REQ_MSECS", 0, 0);
	s.max_busy_workers = number("LSAPI_MAX_BUSY_WORKER", 0, 0);
	s.is_accept_notified = number("LSAPI_ACCEPT_NOTIFY", 0, 1) != 0;
	s.is_core_dump_allowed = is_present("LSAPI_ALLOW_CORE_DUMP");
	s.is_log_on_stderr = is_present("LSAPI_LOG_STDERR");
	s.is_parent_ignored =
		is_present("LSAPI_PPID_NO_CHECK") || is_present("LSAPI_MAX_BUSY_WORKER");
	s.is_root_allowed = number("LSAPI_ALLOW_ROOT", 0, 0) != 0;
	s.stderr_log = copy_of("LSAPI_STDERR_LOG");
	s.ini_path = copy_of("LSPHPRC");

	const char *user_ini = getenv("LSPHP_ENABLE_USER_INI"); /* NOLINT(concurrency-mt-unsafe) */
	s.has_user_ini = user_ini && strcasecmp(user_ini, "on") == 0;
	s.user_ini_home = s.has_user_ini ? copy_of("LSAPI_USER_INI_HOME") : NULL;
	*ret_settings = s;
}

static bool is_ours(const char *entry)
{
	static const char *const prefix[] = {
		"LSAPI_",
		"PHP_LSAPI_",
		"LSPHP_ENABLE_USER_INI=",
		"HTTP_PROXY=",
	};
	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
		if (strncmp(entry, prefix[i], strlen(prefix[i])) == 0)
			return true;
	return false;
}

int settings_clean_environ(void)
{
	size_t count = 0;
	while (environ[count])
		count++;
	char **copy = calloc(count + 1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_ours(environ[i]))
			continue;
		copy[used] = strdup(environ[i]);
		if (!copy[used])
			goto fail;
		used++;
	}
	environ = copy; /* owned by libc's environment from here on, until the process ends */
	return 0;

fail:
	while (used > 0)
		free(copy[--used]);
	free(copy);
	return -ENOMEM;
}
