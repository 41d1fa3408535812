/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_spec.h"

#include <string.h>

#include "tests/support/t.h"

static const struct shim_spec_env env[] = {
	{ "ZED", "last" },
	{ "ALPHA", "a=b c" },
};

/* Of the cases with a path, and of the others. */
static const char *const words[SHIM_WORD_COUNT] = { [SHIM_WORD_ENV_PATH] = "/opt/bin:/bin" };
static const char *const images[SHIM_WORD_COUNT] = { [SHIM_WORD_CRIU_IMGS_DIR_PATH] = "/run/i" };
static const char *const no_words[SHIM_WORD_COUNT];

/** Settings that were written; the rest is unset. */
struct setting {
	enum shim_setting which;
	int value;
};

struct spec_case {
	const char *name;
	struct shim_spec_facts facts;
	struct setting set[6];
	size_t set_count;
	const char *expected; /* entries, a blank between two; '+' stands for a blank in a value */
};

static const struct spec_case cases[] = {
	{ "nothing written: no number, the daemon has the defaults",
		{ .handler = "h", .uid = 1001, .gid = 1002, .host = "a.test", .docroot = "/srv/a" },
		{ { 0 } }, 0,
		"docroot=/srv/a gid=1002 handler=h name=a.test scope=vhost uid=1001" },
	{ "per user: no virtual host, no document root",
		{ .handler = "h",
			.uid = 1,
			.gid = 2,
			.is_per_user = true,
			.host = "a.test",
			.docroot = "/srv/a" },
		{ { 0 } }, 0, "gid=2 handler=h scope=user uid=1" },
	{ "a host that is not the virtual host's name",
		{ .handler = "h", .host = "b.test", .server = "a.test" }, { { 0 } }, 0,
		"gid=0 handler=h log_name=a.test name=b.test scope=vhost uid=0" },
	{ "a host that is", { .handler = "h", .host = "a.test", .server = "a.test" }, { { 0 } }, 0,
		"gid=0 handler=h name=a.test scope=vhost uid=0" },
	{ "no host, no absolute document root", { .handler = "h", .docroot = "" }, { { 0 } }, 0,
		"gid=0 handler=h scope=vhost uid=0" },
	{ "what was written, also where it is the default or 0", { .handler = "h" },
		{ { SHIM_CHILDREN, 20 }, { SHIM_PGRP_MAX_IDLE_S, 0 }, { SHIM_ACCEPT_NOTIFY, 0 } },
		3,
		"accept_notify=0 children=20 gid=0 handler=h pgrp_max_idle=0 scope=vhost uid=0" },
	{ "processes, also below zero", { .handler = "h" },
		{ { SHIM_COREDUMP, 1 }, { SHIM_CONNECTION_POOL, 0 }, { SHIM_OOM_SCORE_ADJ, -17 },
			{ SHIM_MAX_CONNECTION, 4 }, { SHIM_PGRP_MAX_REQS, 9 },
			{ SHIM_PGRP_MAX_CRASHES, 2 } },
		6,
		"connection_pool=0 coredump=1 gid=0 handler=h max_connections=4 oom_score_adj=-17 "
		"pgrp_max_crashes=2 pgrp_max_reqs=9 scope=vhost uid=0" },
	{ "a log of each virtual host", { .handler = "h" }, { { SHIM_USE_OWN_LOG, 1 } }, 1,
		"gid=0 handler=h own_log=vhost scope=vhost uid=0" },
	{ "a common log", { .handler = "h" },
		{ { SHIM_USE_OWN_LOG, 1 }, { SHIM_COMMON_OWN_LOG, 1 } }, 2,
		"gid=0 handler=h own_log=common scope=vhost uid=0" },
	{ "no log, said in so many words", { .handler = "h" },
		{ { SHIM_USE_OWN_LOG, 0 }, { SHIM_COMMON_OWN_LOG, 1 } }, 2,
		"gid=0 handler=h own_log=off scope=vhost uid=0" },
	{ "settings of the request path are none of the pool", { .handler = "h" },
		{ { SHIM_POLL_TIMEOUT_S, 5 }, { SHIM_ENGINE, 1 }, { SHIM_MAX_RESEND_KIB, 1 } }, 3,
		"gid=0 handler=h scope=vhost uid=0" },
	{ "frozen PHP: On is always", { .handler = "h", .word = images },
		{ { SHIM_CRIU, 1 }, { SHIM_INITIAL_START, 0 }, { SHIM_RESET_CRIU, 1 },
			{ SHIM_CRIU_DEBUG, 0 } },
		4,
		"criu=on criu_debug=0 criu_images_dir=/run/i criu_reset_on_restart=1 gid=0 "
		"handler=h initial_start=0 scope=vhost uid=0" },
	{ "frozen PHP: Off is never, and not what lsapid does by itself", { .handler = "h" },
		{ { SHIM_CRIU, 0 } }, 1, "criu=off gid=0 handler=h scope=vhost uid=0" },
	{ "where php.ini is: none is something, too", { .handler = "h", .phprc = "" },
		{ { SHIM_ENABLE_USER_INI, 1 }, { SHIM_USER_INI_HOMEDIR, 0 } }, 2,
		"gid=0 handler=h phprc= scope=vhost uid=0 user_ini=1 user_ini_home=0" },
	{ "a list of places of php.ini", { .handler = "h", .phprc = "/srv/a:~" }, { { 0 } }, 0,
		"gid=0 handler=h phprc=/srv/a:~ scope=vhost uid=0" },
	{ "environment and path, sorted",
		{ .handler = "h", .word = words, .env = env, .env_count = T_COUNT(env) },
		{ { SHIM_MAX_REQS, 7 } }, 1,
		"env.ALPHA=a=b+c env.ZED=last gid=0 handler=h max_reqs=7 path=/opt/bin:/bin "
		"scope=vhost uid=0" },
};

static int build(const struct spec_case *c, char out[POOL_SPEC_MAX_BYTES], size_t *ret_size)
{
	struct shim_spec_facts facts = c->facts;
	char parts[POOL_SPEC_MAX_BYTES];
	int value[SHIM_SETTING_COUNT];

	for (size_t i = 0; i < SHIM_SETTING_COUNT; i++)
		value[i] = SHIM_UNSET;
	for (size_t i = 0; i < c->set_count; i++)
		value[c->set[i].which] = c->set[i].value;
	facts.value = value;
	if (!facts.word)
		facts.word = no_words;
	return shim_spec_build(&facts, parts, out, ret_size);
}

static void build__case__canonical_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct spec_case *c = &cases[i];
		char out[POOL_SPEC_MAX_BYTES];
		struct pool_spec spec;
		size_t size = 0;

		T_ASSERT_ROW(c->name, build(c, out, &size) == 0);
		T_ASSERT_ROW(c->name, pool_spec_parse(out, size, &spec) == 0);
		for (size_t at = 0; at < size; at++)
			out[at] = out[at] == '\0' ? ' ' : (char)(out[at] == ' ' ? '+' : out[at]);
		T_ASSERT_ROW(c->name, size == strlen(c->expected) + 1);
		T_ASSERT_ROW(c->name, memcmp(out, c->expected, size - 1) == 0);
	}
}

static void build__impossible_facts__says_which(void **state)
{
	static char long_path[POOL_SPEC_MAX_VALUE + 2];
	static const struct shim_spec_env bad_env[] = { { "A", "line\nbreak" } };
	const char *large_words[SHIM_WORD_COUNT] = { [SHIM_WORD_ENV_PATH] = long_path };
	struct spec_case large = { .facts = { .handler = "h", .word = large_words } };
	struct spec_case bad = { .facts = { .handler = "h", .env = bad_env, .env_count = 1 } };
	struct spec_case host = { .facts = { .handler = "h", .host = "a\x01" } };
	char out[POOL_SPEC_MAX_BYTES];
	size_t size = 0;

	(void)state;
	memset(long_path, 'a', sizeof(long_path) - 1);
	assert_int_equal(build(&large, out, &size), POOL_SPEC_E_TOO_LARGE);
	assert_int_equal(build(&bad, out, &size), POOL_SPEC_E_BAD_VALUE);
	assert_int_equal(build(&host, out, &size), POOL_SPEC_E_BAD_VALUE);
	assert_int_equal(size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build__case__canonical_entries),
		cmocka_unit_test(build__impossible_facts__says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
