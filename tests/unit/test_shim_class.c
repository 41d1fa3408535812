/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_class.h"

#include "proto/reason.h"
#include "tests/support/t.h"

static void shim_class_find__names__in_any_case_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(shim_class_find("SERVER_DOCROOT"), SHIM_CLASS_SERVER_DOCROOT);
	assert_int_equal(shim_class_find("lsapi_conn_acquire"), SHIM_CLASS_CONN_ACQUIRE);
	assert_int_equal(shim_class_find("CLIENT_SETUP"), SHIM_CLASS_CLIENT_SETUP);
	assert_int_equal(shim_class_find("CLIENT"), SHIM_CLASS_NONE);
	assert_int_equal(shim_class_find(""), SHIM_CLASS_NONE);
}

static void shim_class_of_reason__each_reason__has_a_class(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason <= REASON_COUNT; reason++)
		assert_int_not_equal(shim_class_of_reason(reason), SHIM_CLASS_NONE);
	for (unsigned reason = 0; reason < REASON_COUNT; reason++)
		if (reason_is_room(reason))
			assert_int_equal(shim_class_of_reason(reason), SHIM_CLASS_CONN_ACQUIRE);
	assert_int_equal(shim_class_of_reason(REASON_DOCROOT_OWNER), SHIM_CLASS_SERVER_DOCROOT);
	assert_int_equal(shim_class_of_reason(REASON_UID_FLOOR), SHIM_CLASS_SERVER_UID);
	assert_int_equal(shim_class_of_reason(REASON_START_EXITED), SHIM_CLASS_BACKEND_CONNECT);
}

struct class_case {
	const char *name;
	struct shim_class_facts facts;
	enum shim_class expected;
};

static const struct class_case cases[] = {
	{ "nobody there", { .end = SHIM_END_EPIPE }, SHIM_CLASS_BACKEND_SENDREQ },
	{ "reset while it is sent", { .end = SHIM_END_RESET }, SHIM_CLASS_BACKEND_SENDREQ },
	{ "reset before the head", { .end = SHIM_END_RESET, .is_sent = true },
		SHIM_CLASS_BACKEND_RECVHDR },
	{ "end without a word", { .end = SHIM_END_EOF, .is_sent = true },
		SHIM_CLASS_BACKEND_NOHDRS },
	{ "too late", { .end = SHIM_END_TIMEOUT, .is_sent = true }, SHIM_CLASS_BACKEND_RECVHDR },
	{ "no LSAPI", { .end = SHIM_END_PROTOCOL, .is_sent = true }, SHIM_CLASS_BACKEND_ENDHDRS },
	{ "end behind the head", { .end = SHIM_END_EOF, .is_sent = true, .has_head = true },
		SHIM_CLASS_BACKEND_RECVRSP },
	{ "no LSAPI behind the head", { .end = SHIM_END_PROTOCOL, .has_head = true },
		SHIM_CLASS_BACKEND_RECVRSP },
	{ "the client", { .end = SHIM_END_CLIENT }, SHIM_CLASS_CLIENT_SETUP },
	{ "ourselves", { .end = SHIM_END_SERVER }, SHIM_CLASS_LSAPI_INTERNAL },
};

static void shim_class_of_exchange__each_end__as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].name,
			shim_class_of_exchange(&cases[i].facts) == cases[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_class_find__names__in_any_case_and_no_other),
		cmocka_unit_test(shim_class_of_reason__each_reason__has_a_class),
		cmocka_unit_test(shim_class_of_exchange__each_end__as_the_table_says),
	};

	return cmocka_run_group_tests_name("shim_class", tests, NULL, NULL);
}
