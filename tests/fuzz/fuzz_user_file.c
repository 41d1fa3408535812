/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The text of a user's own file, a stranger's. What is taken of it makes no value looser than the
 * administrator's, sets no key that he alone may set, and no variable that he has set.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_load.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_user.h"
#include "tests/fuzz/fuzz.h"

/* In canonical form: sorted by key. */
static const char given[] =
	"children=9\0env.A=1\0gid=1\0handler=php\0max_idle=50\0max_process_time=70\0"
	"max_reqs=600\0name=a.test\0pgrp_max_idle=0\0scope=vhost\0uid=2\0user_ini=1";

static uint64_t number(const struct pool_spec *spec, const char *key)
{
	uint64_t value = 0;

	assert(pool_spec_get_uint(spec, key, 0, UINT64_MAX, &value) == 0);
	return value;
}

static void check_keys(const struct pool_spec *merged, const struct pool_spec *without)
{
	size_t prefix = strlen(SPEC_ENV_PREFIX);

	for (const char *e = pool_spec_next(merged, NULL); e; e = pool_spec_next(merged, e)) {
		char key[POOL_SPEC_MAX_KEY + 1] = { 0 };

		memcpy(key, e, strcspn(e, "="));
		if (strncmp(key, SPEC_ENV_PREFIX, prefix) == 0)
			assert(strcmp(key, "env.A") == 0 ||
				!config_user_env_is_forbidden(key + prefix, strlen(key) - prefix));
		else
			assert(pool_spec_get(without, key) || strcmp(key, SPEC_NICE) == 0);
	}
	assert(strcmp(pool_spec_get(merged, "env.A"), "1") == 0);
	assert(strcmp(pool_spec_get(merged, SPEC_HANDLER), "php") == 0);
	assert(number(merged, SPEC_UID) == 2 && number(merged, SPEC_GID) == 1);
}

static void check_merge(const struct config *own)
{
	struct config c = { .defaults = { .has_user_file = true, .path = (char[]){ "/bin" } } };
	char data[sizeof(given)];
	char out[POOL_SPEC_MAX_BYTES];
	char plain[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec;
	struct pool_spec merged;
	struct pool_spec without;
	uint64_t stay;

	memcpy(data, given, sizeof(given));
	assert(pool_spec_parse(data, sizeof(given), &spec) == 0);
	assert(config_merge(&c, NULL, NULL, &spec, plain, &without) == 0);
	if (config_merge(&c, NULL, config_find_pool_of(own, &spec, ""), &spec, out, &merged))
		return; /* too much */
	check_keys(&merged, &without);
	assert(number(&merged, SPEC_CHILDREN) <= 9 && number(&merged, SPEC_CHILDREN) >= 2);
	assert(number(&merged, SPEC_MAX_REQS) <= 600 && number(&merged, SPEC_MAX_REQS) > 0);
	assert(number(&merged, SPEC_MAX_PROCESS_TIME) <= 70);
	assert(number(&merged, SPEC_USER_INI) <= 1);
	stay = number(&merged, SPEC_MAX_IDLE);
	assert(stay > 0 && stay <= 50);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_problems problems = { .item = NULL };
	struct config *own;
	char *text;
	int r;

	if (size > CONFIG_USER_MAX_BYTES || (size && memchr(data, '\0', size)))
		return 0;
	own = calloc(1, sizeof(*own));
	text = calloc(1, size + 1);
	assert(own && text);
	if (size)
		memcpy(text, data, size);
	r = config_load_user(own, "/h/.lsapid.conf", text, &problems);
	assert(r == 0 || r == 1 || r == -ENOMEM);
	assert((r == 1) == (problems.count > 0));
	if (r == 0)
		check_merge(own);
	else
		assert(own->pool_count == 0);
	config_problems_deinit(&problems);
	(void)config_free(own);
	free(text);
	return 0;
}
