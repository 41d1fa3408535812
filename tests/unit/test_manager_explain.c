/* SPDX-License-Identifier: Apache-2.0 */

/* SHOW between a supervisor and an administrator that the test plays. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/manager/explain.h"
#include "proto/pool_spec.h"
#include "tests/support/manager_world.h"
#include "tests/support/t.h"

#define SITE   "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
#define CONFIG "stop_grace = 2s\ndefaults { children = 6 user_file = on }"

static int setup(void **state)
{
	static struct world w;

	world_start(&w, CONFIG, 1);
	w.pool = fake_shim_pool(&w.s, SITE);
	*state = &w;
	return 0;
}

static void send_show(struct fake_shim *s, const char *key, const char *value)
{
	char in[POOL_SPEC_MAX_BYTES], text[POOL_SPEC_MAX_BYTES];
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct pool_spec_builder b;
	struct pool_spec spec;
	struct control_show m;

	pool_spec_builder_init(&b, in, sizeof(in));
	pool_spec_add(&b, key, value);
	assert_int_equal(pool_spec_finish(&b, text, sizeof(text), &spec), 0);
	m.query = (struct wire_bytes){ (const uint8_t *)spec.data, spec.size };
	fake_shim_send(s, data, control_encode_show(data, sizeof(data), ++s->sequence, &m));
}

/* The answer has to have @part, and @error as its status. */
static void expect(struct fake_shim *s, uint32_t error, const char *part)
{
	uint32_t status;
	char *json = fake_shim_take_document(s, &status);

	if (status != error || !strstr(json, part))
		fail_msg("%u, not %u with %s: %s", status, error, part, json);
	free(json);
}

static void show__known_pool__judged_and_not_started(void **state)
{
	struct world *w = *state;

	w->sv.user_file = "children = 3\n";
	send_show(&w->admin, CONTROL_SHOW_POOL, "one.*");
	expect(&w->admin, 0, "\"start\":{\"is_refused\":false}");
	send_show(&w->admin, CONTROL_SHOW_POOL, "ONE.example");
	expect(&w->admin, 0, "\"value\":\"3\",\"unit\":\"\",\"default\":\"120\"");
	w->sv.refuse = REASON_DOCROOT_OWNER;
	send_show(&w->admin, CONTROL_SHOW_POOL, "1");
	expect(&w->admin, 0, "\"reason\":\"docroot-owner\"");
	assert_int_equal(w->sv.readings, 3);
	assert_int_equal(w->sv.spawns, 0);
	/* the pool itself has not changed by it */
	assert_true(world_has_status(w, "\"state\":\"cold\""));
	assert_true(world_has_status(w, "\"children\":6"));
	send_show(&w->admin, CONTROL_SHOW_POOL, "two.example");
	expect(&w->admin, ENOENT, "no pool has this");
	send_show(&w->admin, CONTROL_SHOW_USER, "no-such-user");
	expect(&w->admin, ENOENT, "no such user");
}

static void show__user_file_broken__without_it_and_told(void **state)
{
	struct world *w = *state;

	w->sv.user_file = "children = many\n";
	send_show(&w->admin, CONTROL_SHOW_POOL, "1");
	expect(&w->admin, 0, "children is 'many'");
}

/* What was answered has its place until it is judged too. */
static void until_free(struct fake_shim *s)
{
	uint32_t status = EBUSY;

	for (int ms = 0; status == EBUSY; ms += 5) {
		assert_true(ms < 5000);
		(void)poll(NULL, 0, ms ? 5 : 0);
		send_show(s, CONTROL_SHOW_POOL, "1");
		free(fake_shim_take_document(s, &status));
	}
}

/* Whoever asks may leave, and a home that does not answer keeps those that ask for more away. */
static void show__home_hangs__bounded_and_nobody_else_waits(void **state)
{
	struct world *w = *state;

	w->sv.is_reader_mute = true;
	for (unsigned i = 0; i < EXPLAIN_MAX; i++)
		send_show(&w->admin, CONTROL_SHOW_POOL, "1");
	send_show(&w->admin, CONTROL_SHOW_POOL, "1");
	expect(&w->admin, EBUSY, "too many");
	fake_shim_bye(&w->admin);
	assert_true(world_has_status(w, "\"one.example\""));
	fake_supervisor_answer_user_file(&w->sv);
	w->sv.is_reader_mute = false;
	fake_shim_connect(&w->admin);
	until_free(&w->admin);
	send_show(&w->admin, CONTROL_SHOW_POOL, "1");
	expect(&w->admin, 0, "\"is_refused\":false");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			show__known_pool__judged_and_not_started, setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			show__user_file_broken__without_it_and_told, setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			show__home_hangs__bounded_and_nobody_else_waits, setup, world_teardown),
	};

	return cmocka_run_group_tests_name("manager_explain", tests, NULL, NULL);
}
