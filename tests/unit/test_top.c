/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/top.h"

#include <string.h>

#include "tests/support/t.h"

static const char document[] =
	"{\"pools\":[{\"name\":\"a.test\",\"processes\":[{\"pid\":7,\"cpu_s\":1.5,\"rss_kib\":10}],"
	"\"backends\":["
	"{\"state\":\"busy\",\"pid\":7,\"state_s\":1.0,\"request\":{\"vhost\":\"v\",\"uri\":\"/a\"}},"
	"{\"state\":\"idle\",\"pid\":8,\"state_s\":9.0},"
	"{\"state\":\"busy\",\"pid\":0,\"state_s\":5.0}]}]}";

static void requests__of_backends__longest_first(void **state)
{
	json_t *answer = json_loads(document, 0, NULL);
	json_t *requests = top_requests(answer), *first, *second;

	(void)state;
	assert_int_equal(json_array_size(requests), 2);
	first = json_array_get(requests, 0);
	second = json_array_get(requests, 1);
	/* of a request that nobody has noted its pool is known, and of no process its figures */
	assert_string_equal(answer_text(first, "vhost"), "a.test");
	assert_null(json_object_get(first, "cpu_s"));
	assert_string_equal(answer_text(second, "vhost"), "v");
	assert_string_equal(answer_text(second, "uri"), "/a");
	assert_int_equal(answer_number(second, "rss_kib"), 10);
	json_decref(requests);
	/* what the answer says of requests is as it was */
	assert_null(json_object_get(
		json_object_get(
			json_array_get(
				json_object_get(json_array_get(json_object_get(answer, "pools"), 0),
					"backends"),
				0),
			"request"),
		"pid"));
	json_decref(answer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests__of_backends__longest_first),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
