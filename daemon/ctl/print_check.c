/* SPDX-License-Identifier: Apache-2.0 */

#include <jansson.h>
#include <stdio.h>

#include "daemon/ctl/cmd.h"
#include "daemon/ctl/print.h"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? s : "-";
}

static void print_config(const json_t *config)
{
	const json_t *problems = json_object_get(config, "problems");
	size_t count = json_array_size(problems);

	for (size_t i = 0; i < count; i++) {
		const json_t *p = json_array_get(problems, i);

		(void)printf("%s:%lld: %s\n    remedy: %s\n", text(p, "file"),
			(long long)json_integer_value(json_object_get(p, "line")), text(p, "what"),
			text(p, "remedy"));
	}
	if (!count)
		(void)printf("configuration: %s is good\n", text(config, "file"));
}

/* Without CRIU everything works, only slower: that is no problem. */
static void print_freezing(const json_t *criu)
{
	if (json_is_true(json_object_get(criu, "is_done")))
		(void)printf("CRIU: works, version %s\n", text(criu, "detail"));
	else
		(void)printf("CRIU: %s, PHP is always started: %s\n    remedy: %s\n",
			text(criu, "state"), text(criu, "detail"), text(criu, "remedy"));
}

int print_check(const char *status_json, const char *criu_json, bool is_json)
{
	json_error_t error;
	json_t *status = json_loads(status_json, 0, &error);
	json_t *criu = json_loads(criu_json, 0, &error);
	json_t *config = json_object_get(status, "config");
	json_t *both = json_object();
	size_t problems = json_array_size(json_object_get(config, "problems"));

	if (!status || !criu || !both) {
		(void)fprintf(stderr, "lsapidctl: the daemon's answer is no JSON\n");
		problems = 1;
	} else if (is_json) {
		(void)json_object_set(both, "config", config);
		(void)json_object_set(both, "criu", criu);
		(void)json_dumpf(both, stdout, JSON_INDENT(2));
		(void)putchar('\n');
	} else {
		print_config(config);
		print_freezing(criu);
	}
	json_decref(both);
	json_decref(criu);
	json_decref(status);
	return problems || fflush(stdout) != 0 ? CTL_FAILED : CTL_OK;
}
