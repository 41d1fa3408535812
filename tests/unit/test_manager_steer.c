/* SPDX-License-Identifier: Apache-2.0 */

/* Orders of an administrator, between a supervisor and a shim: what a reload would do, and kill. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/config/config_bundle.h"
#include "tests/support/fake_bundle.h"
#include "tests/support/manager_world.h"
#include "tests/support/t.h"

#define SITE    "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
#define CONFIG  "stop_grace = 2s\ndefaults { children = 6 queue_length = 5 }"
#define WAIT_MS 20000

static int world_setup(void **state)
{
	static struct world w;

	world_start(&w, CONFIG, 0);
	*state = &w;
	return 0;
}

static int frozen_setup(void **state)
{
	static struct world w;

	world_start_frozen(&w, 0);
	*state = &w;
	return 0;
}

static void order(struct fake_shim *s, enum control_steer_action action, const char *pool)
{
	const struct control_steer m = {
		.action = action,
		.kind = pool ? CONTROL_STEER_POOL : CONTROL_STEER_NOBODY,
		.wait_ms = pool ? WAIT_MS : 0,
		.text = { (const uint8_t *)pool, pool ? strlen(pool) : 0 },
	};
	uint8_t data[CONTROL_MAX_MESSAGE];

	fake_shim_send(s, data, control_encode_steer(data, sizeof(data), ++s->sequence, &m));
}

/* --- reload --dry-run --------------------------------------------------------------------- */

/* @config: NULL: it can not be used; @problems consumed */
static void tell_tried(struct world *w, int problems_fd, const char *config)
{
	const struct priv_message m = { .type = PRIV_TRIED, .status = !config };
	struct fdpass_set fds = { .count = 2 };

	fds.fd[0] = problems_fd;
	fds.fd[1] = config ? fake_bundle(w->sv.dir, config) : fd_memfd("none", "", 0);
	fake_supervisor_send(&w->sv, &m, &fds);
}

static int problems_fd(const char *what)
{
	struct config_problems list = { .item = NULL };
	struct config_problem p = { .file = "/etc/x", .line = 7, .remedy = "mend it" };
	struct config_bundle packed;
	int fd;

	(void)str_copy(p.what, sizeof(p.what), what);
	if (*what)
		config_problems_add(&list, &p);
	assert_int_equal(config_problems_pack(&list, &packed), 0);
	fd = fd_memfd("problems", packed.data, packed.size);
	assert_true(fd >= 0);
	free(packed.data);
	config_problems_deinit(&list);
	return fd;
}

static void try_config(struct world *w, const char *config, uint32_t error, const char *part)
{
	uint32_t tries = w->sv.tries;

	order(&w->admin, CONTROL_STEER_TRY, NULL);
	fake_supervisor_until(&w->sv.tries, tries + 1);
	tell_tried(w, problems_fd(config ? "" : "wrong"), config);
	world_expect_answer(w, error, part);
}

static void dry_run__each_change__told_and_not_done(void **state)
{
	static const struct {
		const char *config, *part;
	} rows[] = {
		{ CONFIG, "\"running\":1,\"same\":1,\"changed\":0,\"replaced\":0,\"kept\":0,"
			  "\"host\":[],\"pools\":[]" },
		{ "stop_grace = 2s\ndefaults { children = 7 queue_length = 5 }",
			"\"fate\":\"replaced\",\"detail\":\"\",\"settings\":[{\"key\":\"children\","
			"\"old\":\"6\",\"new\":\"7\",\"old_from\":\"defaults, lsapid.conf:" },
		{ "stop_grace = 2s\ndefaults { children = 6 queue_length = 9 }",
			"\"fate\":\"changed\",\"detail\":\"\",\"settings\":[{\"key\":\"queue_length\","
			"\"old\":\"5\",\"new\":\"9\"" },
		{ "stop_grace = 2s\nmax_pools = 77\ndefaults { children = 6 queue_length = 5 }",
			"\"same\":1,\"changed\":0,\"replaced\":0,\"kept\":0,\"host\":[{\"key\":"
			"\"max_pools\",\"old\":\"10000\",\"new\":\"77\"}],\"pools\":[]" },
	};
	struct world *w = *state;
	struct fake_lease l;

	w->pool = fake_shim_pool(&w->s, SITE);
	world_serve(w, &l);
	for (size_t i = 0; i < T_COUNT(rows); i++)
		try_config(w, rows[i].config, 0, rows[i].part);
	assert_true(world_has_status(w, "\"reloads\":0"));
	assert_true(world_has_status(w, "\"children\":6"));
	assert_int_equal(w->sv.retires + w->sv.exits, 0);
}

static void dry_run__not_usable__every_problem(void **state)
{
	struct world *w = *state;

	try_config(w, NULL, EINVAL,
		"\"is_usable\":false,\"errno\":\"EINVAL\",\"detail\":\"the configuration can not be "
		"used: a reload keeps the old one\",\"problems\":[{\"file\":\"/etc/x\",\"line\":7,"
		"\"what\":\"wrong\",\"remedy\":\"mend it\",\"is_kept\":false}]");
	try_config(w, CONFIG, 0, "\"is_usable\":true,\"errno\":\"\"");
}

static void dry_run__two_ask__one_question_and_two_answers(void **state)
{
	struct world *w = *state;
	struct fake_shim other = w->admin;
	uint32_t status;

	order(&w->admin, CONTROL_STEER_TRY, NULL);
	fake_supervisor_until(&w->sv.tries, 1);
	fake_shim_connect(&w->admin);
	order(&w->admin, CONTROL_STEER_TRY, NULL);
	/* what was sent before has been read then */
	free(fake_shim_document(&w->admin, CONTROL_STATUS, &status));
	tell_tried(w, problems_fd(""), CONFIG);
	world_expect_answer(w, 0, "\"is_usable\":true");
	free(fake_shim_take_document(&other, &status));
	assert_int_equal(status, 0);
	assert_int_equal(w->sv.tries, 1);
	fake_shim_bye(&other);
}

static void dry_run__garbage_from_the_supervisor__told_and_over(void **state)
{
	struct world *w = *state;

	order(&w->admin, CONTROL_STEER_TRY, NULL);
	fake_supervisor_until(&w->sv.tries, 1);
	tell_tried(w, fd_memfd("garbage", "\1\0\0\0x", 5), CONFIG);
	world_expect_answer(w, EPROTO, "\"is_usable\":false");
	try_config(w, CONFIG, 0, "\"running\":0,");
}

/* --- restart ------------------------------------------------------------------------------ */

/* The kernel may run PHP, and PHP a request, before it runs the supervisor again. */
static void restart__served_before_spawned__answered_with_its_pid(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	char pid[32];

	w->pool = fake_shim_pool(&w->s, SITE);
	world_serve(w, &l);
	w->sv.holds_spawned = true;
	order(&w->admin, CONTROL_STEER_RESTART, "one.example");
	fake_supervisor_until(&w->sv.spawns, 2);
	world_serve(w, &l);
	world_until_status(w, "\"state\":\"ready\"");
	assert_false(fake_shim_has_message(&w->admin, 200));
	fake_supervisor_send(&w->sv, &w->sv.held, NULL);
	(void)snprintf(pid, sizeof(pid), "\"pid\":%d,", w->sv.last_pid);
	world_expect_answer(w, 0, pid);
}

/* --- kill --------------------------------------------------------------------------------- */

/* Its init is what is killed; what it came from may be the reason, and goes as well. */
static void kill__thawed__with_its_image_and_the_next_start_is_cold(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.thaws = true;
	world_warm_up(w, SITE " criu=on initial_start=2", &l);
	world_until_status(w, "\"started\":\"thawed\"");
	order(&w->admin, CONTROL_STEER_KILL, "one.example");
	world_expect_answer(w, 0, "\"did\":\"killed\"");
	assert_int_equal(w->sv.kills, 1);
	assert_int_equal(w->sv.exits, 1);
	fake_supervisor_until(&w->sv.images, 1);
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_RESET);
	assert_string_equal(w->sv.images_name, "one.example");
	w->sv.thaws = false;
	world_serve(w, &l);
	world_until_status(w, "\"started\":\"cold\"");
	assert_int_equal(w->sv.spawns, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			dry_run__each_change__told_and_not_done, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			dry_run__not_usable__every_problem, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(dry_run__two_ask__one_question_and_two_answers,
			world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(dry_run__garbage_from_the_supervisor__told_and_over,
			world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			restart__served_before_spawned__answered_with_its_pid, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(
			kill__thawed__with_its_image_and_the_next_start_is_cold, frozen_setup,
			world_teardown),
	};

	return cmocka_run_group_tests_name("manager_steer", tests, NULL, NULL);
}
