/* SPDX-License-Identifier: Apache-2.0 */

/* Who misbehaves on the control socket is dropped, and nobody else notices. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "proto/fdpass.h"
#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define SITE "handler=php name=one.example uid=1001 gid=1001 scope=vhost"

struct world {
	struct fake_supervisor sv;
	struct fake_shim good, bad;
};

static int world_setup(void **state)
{
	static struct world w;

	fake_supervisor_start(&w.sv, "max_pools = 3");
	fake_shim_hello(&w.good, w.sv.key);
	*state = &w;
	return 0;
}

/* In every case: the one that behaved is served. */
static int world_teardown(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	fake_shim_lease(&w->good, fake_shim_pool(&w->good, SITE), &l);
	assert_true(fake_shim_get(&w->good, &l, "x"));
	fake_shim_bye(&w->good);
	fake_supervisor_end(&w->sv);
	return 0;
}

static void hello__wrong_key__denied_and_closed(void **state)
{
	struct world *w = *state;
	struct control_hello hello = { .version = CONTROL_VERSION };
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_denied denied;
	ssize_t n;

	fake_shim_connect(&w->bad);
	memcpy(hello.key, w->sv.key, sizeof(hello.key));
	hello.key[CONTROL_KEY_SIZE - 1] ^= 1;
	fake_shim_send(&w->bad, data, control_encode_hello(data, sizeof(data), 5, &hello));
	n = recv(w->bad.sock, data, sizeof(data), 0);
	assert_true(n > 0);
	assert_int_equal(control_decode_denied(data, (size_t)n, &denied), 0);
	assert_int_equal(denied.reason, REASON_BAD_KEY);
	assert_true(fake_shim_is_dropped(&w->bad));
	fake_shim_bye(&w->bad);
}

static void lease__without_hello__denied_and_closed(void **state)
{
	struct world *w = *state;
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_denied denied;
	ssize_t n;

	fake_shim_connect(&w->bad);
	fake_shim_ask(&w->bad, 1, 0);
	n = recv(w->bad.sock, data, sizeof(data), 0);
	assert_true(n > 0);
	assert_int_equal(control_decode_denied(data, (size_t)n, &denied), 0);
	assert_int_equal(denied.reason, REASON_NOT_AUTHORIZED);
	assert_true(fake_shim_is_dropped(&w->bad));
	fake_shim_bye(&w->bad);
}

static void hello__twice__dropped(void **state)
{
	struct world *w = *state;
	struct control_hello hello = { .version = CONTROL_VERSION };
	uint8_t data[CONTROL_MAX_MESSAGE];

	fake_shim_hello(&w->bad, w->sv.key);
	memcpy(hello.key, w->sv.key, sizeof(hello.key));
	fake_shim_send(&w->bad, data, control_encode_hello(data, sizeof(data), 5, &hello));
	assert_true(fake_shim_is_dropped(&w->bad));
	fake_shim_bye(&w->bad);
}

static void any_message__garbage__dropped(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		uint8_t data[24];
	} rows[] = {
		{ "one byte", 1, { 0 } },
		{ "zeros", 24, { 0 } },
		{ "unknown type", 12, { 200, 0, 2, 0, 12 } },
		{ "an answer", 12, { CONTROL_GRANT, 0, 2, 0, 12 } },
		{ "length beyond the datagram", 12, { CONTROL_LEASE, 0, 2, 0, 20 } },
		{ "LEASE without a body", 12, { CONTROL_LEASE, 0, 2, 0, 12 } },
		{ "STATUS with a body", 16, { CONTROL_STATUS, 0, 2, 0, 16 } },
		{ "CLOSE cut short", 24, { CONTROL_CLOSE, 0, 2, 0, 24 } },
	};
	struct world *w = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		fake_shim_hello(&w->bad, w->sv.key);
		fake_shim_send(&w->bad, rows[i].data, rows[i].size);
		T_ASSERT_ROW(rows[i].name, fake_shim_is_dropped(&w->bad));
		fake_shim_bye(&w->bad);
	}
}

static void any_message__with_a_descriptor__dropped(void **state)
{
	struct world *w = *state;
	struct fdpass_set fds = { .fd = { STDIN_FILENO }, .count = 1 };
	uint8_t data[64];
	size_t size = control_encode_bare(data, sizeof(data), 1, CONTROL_STATUS);

	fake_shim_hello(&w->bad, w->sv.key);
	assert_int_equal(fdpass_send(w->bad.sock, data, size, &fds, 0), 0);
	assert_true(fake_shim_is_dropped(&w->bad));
	fake_shim_bye(&w->bad);
}

static void any_message__other_version__told_and_closed(void **state)
{
	static const uint8_t future[12] = { CONTROL_HELLO, 0, 9, 0, 12 };
	struct world *w = *state;
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_denied denied;
	ssize_t n;

	fake_shim_connect(&w->bad);
	fake_shim_send(&w->bad, future, sizeof(future));
	n = recv(w->bad.sock, data, sizeof(data), 0);
	assert_true(n > 0);
	assert_int_equal(control_decode_denied(data, (size_t)n, &denied), 0);
	assert_int_equal(denied.reason, REASON_BAD_VERSION);
	assert_true(fake_shim_is_dropped(&w->bad));
	fake_shim_bye(&w->bad);
}

static void answers__never_read__dropped(void **state)
{
	struct world *w = *state;
	const struct control_lease m = { .pool = 99 };
	uint8_t data[64];
	size_t size = control_encode_lease(data, sizeof(data), 1, &m);

	fake_shim_hello(&w->bad, w->sv.key);
	while (fdpass_send(w->bad.sock, data, size, NULL, 0) == 0)
		continue;
	fake_shim_bye(&w->bad);
}

static void session_lost__many_at_once__good_one_goes_on(void **state)
{
	struct world *w = *state;
	struct fake_shim many[30];
	struct fake_lease l[30];

	for (size_t i = 0; i < T_COUNT(many); i++) {
		fake_shim_hello(&many[i], w->sv.key);
		fake_shim_lease(&many[i], fake_shim_pool(&many[i], SITE " children=50"), &l[i]);
	}
	for (size_t i = 0; i < T_COUNT(many); i++) {
		fake_shim_bye(&many[i]);
		(void)close(l[i].fd);
	}
}

/* Descriptors run short: who is there goes on, who comes waits, and is served when there are some.
 */
static void accept__no_descriptors_left__waits_and_is_resumed(void **state)
{
	const struct rlimit limit = { .rlim_cur = 40, .rlim_max = 40 };
	struct world *w = *state;
	struct control_hello hello = { .version = CONTROL_VERSION };
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct fake_shim many[50];
	struct fake_lease l;
	uint32_t pool = fake_shim_pool(&w->good, SITE);

	fake_shim_lease(&w->good, pool, &l);
	assert_true(fake_shim_get(&w->good, &l, "before"));
	assert_int_equal(prlimit(w->sv.manager, RLIMIT_NOFILE, &limit, NULL), 0);
	for (size_t i = 0; i < T_COUNT(many); i++)
		fake_shim_connect(&many[i]);
	fake_shim_connect(&w->bad);
	memcpy(hello.key, w->sv.key, sizeof(hello.key));
	fake_shim_send(&w->bad, data, control_encode_hello(data, sizeof(data), 1, &hello));
	assert_false(fake_shim_has_message(&w->bad, 300));
	/* what needs no new descriptor works as ever */
	assert_int_equal(fake_shim_pool(&w->good, SITE), pool);
	assert_true(fake_shim_done(&w->good, &l));
	assert_true(fake_shim_take(&w->good, &l));
	assert_true(fake_shim_get(&w->good, &l, "during"));
	assert_false(fake_shim_has_message(&w->bad, 0));
	for (size_t i = 0; i < T_COUNT(many); i++)
		fake_shim_bye(&many[i]);
	assert_true(fake_shim_has_message(&w->bad, 5000));
	assert_true(recv(w->bad.sock, data, sizeof(data), 0) > CONTROL_HEADER_SIZE);
	assert_int_equal(data[0], CONTROL_WELCOME);
	fake_shim_bye(&w->bad);
}

static void pool__bad_specification__denied_and_goes_on(void **state)
{
	struct world *w = *state;

	assert_int_equal(fake_shim_denied(&w->good, "handler=php uid=1 name=x"), REASON_BAD_SPEC);
	assert_int_equal(fake_shim_denied(&w->good, "handler=php uid=x gid=1"), REASON_BAD_SPEC);
	assert_int_equal(
		fake_shim_denied(&w->good, "handler=perl uid=1 gid=1"), REASON_HANDLER_UNKNOWN);
	assert_int_equal(fake_shim_denied(&w->good, "name=x"), REASON_BAD_SPEC);
}

static void pool__too_many__denied(void **state)
{
	struct world *w = *state;
	uint32_t one = fake_shim_pool(&w->good, SITE);
	uint32_t two = fake_shim_pool(&w->good, SITE " children=5");

	assert_int_not_equal(one, two);
	(void)fake_shim_pool(&w->good, SITE " children=6");
	assert_int_equal(fake_shim_denied(&w->good, SITE " children=7"), REASON_POOLS_FULL);
	assert_int_equal(fake_shim_pool(&w->good, SITE), one);
}

static void lease__id_of_another_session__unknown(void **state)
{
	struct world *w = *state;
	uint32_t pool = fake_shim_pool(&w->good, SITE);

	fake_shim_hello(&w->bad, w->sv.key);
	fake_shim_ask(&w->bad, pool, 0);
	assert_int_equal(fake_shim_take_reject(&w->bad, NULL), REASON_POOL_UNKNOWN);
	fake_shim_bye(&w->bad);
}

static void session__every_slot_taken__rejected_as_such(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	uint32_t pool;

	fake_shim_hello(&w->bad, w->sv.key);
	pool = fake_shim_pool(&w->bad, SITE " children=2000");
	for (unsigned i = 0; i < LEASE_TABLE_SLOTS; i++) {
		fake_shim_lease(&w->bad, pool, &l);
		assert_int_equal(l.slot, i);
		(void)close(l.fd);
	}
	fake_shim_ask(&w->bad, pool, 0);
	assert_int_equal(fake_shim_take_reject(&w->bad, NULL), REASON_SESSION_FULL);
	fake_shim_bye(&w->bad);
}

static void status__asked__json_with_all_parts(void **state)
{
	static const char *const parts[] = { "\"daemon\":", "\"totals\":", "\"pools\":",
		"\"sessions\":", "\"name\":\"one.example\"", "\"server\":\"test\"",
		"\"state\":\"cold\"", "\"children=5\"" };
	struct world *w = *state;
	uint32_t status = 99;
	char *json;

	(void)fake_shim_pool(&w->good, SITE " children=5");
	fake_shim_connect(&w->bad);
	json = fake_shim_document(&w->bad, CONTROL_STATUS, &status);
	assert_int_equal(status, 0);
	for (size_t i = 0; i < T_COUNT(parts); i++)
		T_ASSERT_ROW(parts[i], strstr(json, parts[i]) != NULL);
	free(json);
	fake_shim_bye(&w->bad);
}

static void reload__supervisor_refuses__told_at_once_and_why(void **state)
{
	struct world *w = *state;
	uint64_t begin_ns = clock_now_ns();
	uint32_t status = 0;
	char *json;

	w->sv.reload_problem = "/etc/x.conf:7: \"colour\" is no setting; remove it";
	fake_shim_connect(&w->bad);
	json = fake_shim_document(&w->bad, CONTROL_RELOAD, &status);
	assert_int_equal(status, EINVAL);
	assert_non_null(strstr(json, "/etc/x.conf:7: \\\"colour\\\" is no setting; remove it"));
	assert_non_null(strstr(json, "\"is_reloaded\":false"));
	assert_in_range(clock_since_ns(begin_ns, clock_now_ns()) / NS_PER_MS, 0, 2000);
	free(json);
	fake_shim_bye(&w->bad);
}

static void reload__supervisor_is_silent__answered_after_a_while(void **state)
{
	struct world *w = *state;
	uint32_t status = 0;
	char *json;

	fake_shim_connect(&w->bad);
	json = fake_shim_document(&w->bad, CONTROL_RELOAD, &status);
	assert_int_equal(status, ETIMEDOUT);
	assert_non_null(strstr(json, "\"is_reloaded\":false"));
	assert_int_equal(w->sv.reload_requests, 1);
	free(json);
	fake_shim_bye(&w->bad);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(hello__wrong_key__denied_and_closed),
		CASE(lease__without_hello__denied_and_closed),
		CASE(hello__twice__dropped),
		CASE(any_message__garbage__dropped),
		CASE(any_message__with_a_descriptor__dropped),
		CASE(any_message__other_version__told_and_closed),
		CASE(answers__never_read__dropped),
		CASE(session_lost__many_at_once__good_one_goes_on),
		CASE(accept__no_descriptors_left__waits_and_is_resumed),
		CASE(pool__bad_specification__denied_and_goes_on),
		CASE(pool__too_many__denied),
		CASE(lease__id_of_another_session__unknown),
		CASE(session__every_slot_taken__rejected_as_such),
		CASE(status__asked__json_with_all_parts),
		CASE(reload__supervisor_refuses__told_at_once_and_why),
		CASE(reload__supervisor_is_silent__answered_after_a_while),
	};

	return cmocka_run_group_tests_name("manager_peer", tests, NULL, NULL);
}
