/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/amount.h"

#include <string.h>

#include "tests/support/t.h"

static void each__rows__few_letters(void **state)
{
	static const struct {
		double s;
		const char *age, *time;
	} times[] = {
		{ 0, "0.0s", "0.00" },
		{ 12.34, "12.3s", "12.34" },
		{ 59.996, "60.0s", "1:00.00" },
		{ 300, "5m", "5:00.00" },
		{ 7200, "2h", "2:00:00" },
		{ 864000, "10d", "240:00:00" },
	};
	static const struct {
		uint64_t kib;
		const char *text;
	} sizes[] = { { 0, "0K" }, { 999, "999K" }, { 1536, "1.5M" }, { 4718592, "4.5G" } };
	char out[AMOUNT_SIZE];

	(void)state;
	for (size_t i = 0; i < T_COUNT(times); i++) {
		T_ASSERT_ROW(times[i].age, strcmp(amount_age(times[i].s, out), times[i].age) == 0);
		T_ASSERT_ROW(
			times[i].time, strcmp(amount_time(times[i].s, out), times[i].time) == 0);
	}
	for (size_t i = 0; i < T_COUNT(sizes); i++)
		T_ASSERT_ROW(
			sizes[i].text, strcmp(amount_kib(sizes[i].kib, out), sizes[i].text) == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each__rows__few_letters),
	};

	return cmocka_run_group_tests_name("amount", tests, NULL, NULL);
}
