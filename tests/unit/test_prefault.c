/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "lsphp/prefault.h"
#include "tests/support/t.h"

#define PIECES     768
#define PIECE_SIZE 2000
#ifdef __SANITIZE_ADDRESS__
#define FAULTS_MAX LONG_MAX /* another malloc(): it is enough that nothing breaks */
#else
#define FAULTS_MAX (PIECES * PIECE_SIZE / 4096 / 4)
#endif

static long page_faults(void)
{
	struct rusage used;

	assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
	return used.ru_minflt;
}

/** Return: page faults of 1.5 MiB in small pieces. */
static long use_memory(void)
{
	static char *piece[PIECES];
	long before = page_faults();

	for (int i = 0; i < PIECES; i++) {
		piece[i] = malloc(PIECE_SIZE);
		assert_non_null(piece[i]);
		memset(piece[i], i, PIECE_SIZE);
	}
	long faults = page_faults() - before;
	for (int i = 0; i < PIECES; i++) {
		assert_int_equal(piece[i][PIECE_SIZE - 1], (char)i);
		free(piece[i]);
	}
	return faults;
}

static void prefault_heap__memory_is_used__without_page_faults(void **state)
{
	(void)state;
	if (madvise(NULL, 0, MADV_POPULATE_WRITE) != 0)
		skip(); /* before Linux 5.14 */
	prefault_heap();
	assert_true(use_memory() < FAULTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefault_heap__memory_is_used__without_page_faults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
