/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "daemon/ctl/cmd.h"

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? s : "-";
}

static bool is_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static double megabytes(const json_t *o)
{
	return (double)number(o, "bytes") / 1048576.0;
}

static void print_works(const json_t *o)
{
	if (is_true(o, "is_done")) {
		(void)printf("CRIU works: %s\n", text(o, "detail"));
		return;
	}
	(void)printf("CRIU does not work (%s): %s\nprogram: %s\nremedy: %s\n", text(o, "state"),
		text(o, "detail"), text(o, "program"), text(o, "remedy"));
}

static const char *day(const json_t *o, const char *key, char *out, size_t size)
{
	time_t s = (time_t)number(o, key);
	struct tm tm;

	if (!s || !localtime_r(&s, &tm))
		return "-";
	(void)strftime(out, size, "%Y-%m-%d %H:%M", &tm);
	return out;
}

static void print_image(const json_t *o)
{
	char created[64], used[64];

	(void)printf("%-28s %6lld  %-10s %7.1f  %-16s  %-16s %8lld %7lld %7lld\n", text(o, "pool"),
		number(o, "uid"), text(o, "handler"), megabytes(o),
		day(o, "created", created, sizeof(created)),
		day(o, "last_used", used, sizeof(used)), number(o, "restores"),
		number(o, "cold_ms"), number(o, "restore_ms"));
	if (!is_true(o, "is_valid"))
		(void)printf("    not valid any more (%s): %s\n", text(o, "directory"),
			text(o, "problem"));
}

static void print_list(const json_t *o)
{
	const json_t *answer = json_object_get(o, "answer");
	const json_t *images = json_object_get(answer, "images");
	size_t count = json_array_size(images);

	(void)printf("%-28s %6s  %-10s %7s  %-16s  %-16s %8s %7s %7s\n", "POOL", "UID", "HANDLER",
		"MIB", "WRITTEN", "USED", "RESTORES", "COLD MS", "CRIU MS");
	for (size_t i = 0; i < count; i++)
		print_image(json_array_get(images, i));
	(void)printf("%zu images, %.1f MiB\n", count, megabytes(answer));
}

static void print_done(enum control_criu_what what, const json_t *o)
{
	if (what == CONTROL_CRIU_LIST)
		print_list(o);
	else if (what == CONTROL_CRIU_FREEZE)
		(void)printf("pool %lld %s: frozen in %lld ms, %.1f MiB\n", number(o, "pool"),
			text(o, "name"), number(o, "ms"), megabytes(o));
	else
		(void)puts("images removed");
}

int print_criu(enum control_criu_what what, const char *json)
{
	json_error_t error;
	json_t *root = json_loads(json, 0, &error);

	if (!root) {
		(void)fprintf(
			stderr, "lsapidctl: the daemon's answer is no JSON: %s\n", error.text);
		return CTL_FAILED;
	}
	if (what == CONTROL_CRIU_CHECK)
		print_works(root);
	else if (is_true(root, "is_done"))
		print_done(what, root);
	else
		(void)fprintf(stderr, "lsapidctl: criu: %s\n", text(root, "detail"));
	json_decref(root);
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}
