/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/facts.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/config/config_table.h"
#include "tests/support/t.h"

static const char SPEC[] =
	"handler=php\0ini.memory_limit=64M\0name=a.test\0queue_length=7\0scope=vhost";

struct world {
	struct launch launch;
	struct config_handler handler;
	gid_t groups[2];
};

static void world_init(struct world *w)
{
	static char binary[] = "/usr/libexec/lsapid/lsphp";

	memset(w, 0, sizeof(*w));
	launch_init(&w->launch);
	assert_int_equal(pool_spec_parse(SPEC, sizeof(SPEC), &w->launch.spec), 0);
	w->handler.binary = binary;
	w->launch.order = (struct policy_order){
		.handler = &w->handler, .name = "a.test", .nice = CONFIG_UNSET_INT
	};
	for (unsigned i = 0; i < LIMIT_COUNT; i++)
		w->launch.order.limit[i] = LIMIT_UNSET;
	w->groups[0] = 7;
	w->groups[1] = 8;
	w->launch.ident = (struct ident){ .uid = 5, .gid = 6 };
	environ_set(&w->launch.env, "PATH", "/bin");
}

/* Return: what is in it, to be freed */
static char *facts_of(struct launch *l, size_t *ret_size)
{
	int fd = facts_memfd(l);
	char *text = NULL;

	assert_true(fd >= 0);
	assert_true(fd_is_sealed(fd));
	assert_int_equal(fd_read_all(fd, 1U << 20, &text, ret_size), 0);
	(void)fd_close(fd);
	return text;
}

static bool has(struct launch *l, const char *entry)
{
	size_t size = 0;
	char *text = facts_of(l, &size);
	bool is_there = false;

	for (const char *at = text; at < text + size; at += strlen(at) + 1)
		is_there = is_there || strcmp(at, entry) == 0;
	free(text);
	return is_there;
}

static void facts_memfd__a_launch__all_that_it_gives(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_true(has(&w.launch, "binary=/usr/libexec/lsapid/lsphp"));
	assert_true(has(&w.launch, "uid=5"));
	assert_true(has(&w.launch, "gid=6"));
	assert_true(has(&w.launch, "spec.handler=php"));
	assert_true(has(&w.launch, "spec.name=a.test"));
	assert_true(has(&w.launch, "ini.memory_limit=64M"));
	assert_true(has(&w.launch, "env.PATH=/bin"));
	/* the manager's alone: PHP is the same with another one */
	assert_false(has(&w.launch, "spec.queue_length=7"));
	launch_deinit(&w.launch);
}

static void facts_memfd__whatever_it_gives_is_another__differs(void **state)
{
	struct world w;
	size_t size = 0, other_size = 0;
	char *text, *other;

	(void)state;
	for (int change = 0; change < 6; change++) {
		world_init(&w);
		text = facts_of(&w.launch, &size);
		switch (change) {
		case 0:
			w.launch.order.limit[LIMIT_NOFILE] = 99;
			break;
		case 1:
			w.launch.order.nice = 3;
			break;
		case 2:
			w.launch.ident.groups = w.groups;
			w.launch.ident.group_count = 2;
			break;
		case 3:
			environ_set(&w.launch.env, "PATH", "/usr/bin");
			break;
		case 4:
			w.launch.order.has_coredump = true;
			break;
		default:
			w.launch.has_oom_score_adj = true;
			w.launch.oom_score_adj = 100;
			break;
		}
		other = facts_of(&w.launch, &other_size);
		assert_true(size != other_size || memcmp(text, other, size) != 0);
		free(text);
		free(other);
		w.launch.ident.groups = NULL;
		launch_deinit(&w.launch);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_memfd__a_launch__all_that_it_gives),
		cmocka_unit_test(facts_memfd__whatever_it_gives_is_another__differs),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
