/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/manager/weight.h"
#include "tests/support/t.h"

#define MIB (1024ULL * 1024)

static void parse__texts__own_pages(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		uint64_t bytes;
	} cases[] = {
		{ "59135 4381 2012 3 0 1311 0\n", true, (4381 - 2012) * 4096 },
		{ "1 0 0 0 0 0 0\n", true, 0 },
		/* not read at one moment */
		{ "100 40 41 3 0 0 0\n", true, 0 },
		{ "", false, 0 },
		{ "59135", false, 0 },
		{ "59135 4381", false, 0 },
		{ "59135 4381 2012", false, 0 },
		{ "59135 -4381 2012 3 0 0 0", false, 0 },
		{ "59135  4381 2012 3 0 0 0", false, 0 },
		{ "59135 4381x 2012 3 0 0 0", false, 0 },
		{ "1 99999999999999999999 0 3 0 0 0", false, 0 },
		{ "1 18446744073709551615 0 3 0 0 0", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		uint64_t bytes = 77;

		T_ASSERT_ROW(cases[i].text,
			weight_parse(cases[i].text, 4096, &bytes) == cases[i].is_good);
		T_ASSERT_ROW(cases[i].text, bytes == (cases[i].is_good ? cases[i].bytes : 77));
	}
}

static void read__memory_that_is_written__counts(void **state)
{
	uint64_t before = 0, after = 0;
	volatile char *memory;
	void *block;

	(void)state;
	assert_int_equal(weight_read(getpid(), &before), 0);
	block = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(block != MAP_FAILED);
	memory = block;
	for (size_t i = 0; i < 64 * MIB; i += 1024)
		memory[i] = 1;
	assert_int_equal(weight_read(getpid(), &after), 0);
	assert_int_equal(munmap(block, 64 * MIB), 0);
	/* the kernel counts in batches, per thread */
	assert_in_range(after - before, 62 * MIB, 72 * MIB);
}

static void read__process_that_has_ended__gone(void **state)
{
	uint64_t bytes = 0;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(weight_read(pid, &bytes), WEIGHT_E_GONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__texts__own_pages),
		cmocka_unit_test(read__memory_that_is_written__counts),
		cmocka_unit_test(read__process_that_has_ended__gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
