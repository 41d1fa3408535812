/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "daemon/base/heap.h"
#include "tests/support/t.h"

#define THINGS 500
#define STEPS  200000

struct thing {
	struct heap_node node;
	unsigned key;
};

static bool less(struct heap_node *a, struct heap_node *b)
{
	return HEAP_OWNER(a, struct thing, node)->key < HEAP_OWNER(b, struct thing, node)->key;
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245U + 12345U;
	return *state >> 8;
}

static void heap_first__empty__null(void **state)
{
	struct heap h;
	struct thing t = { .key = 1 };

	(void)state;
	heap_init(&h, less);
	assert_null(heap_first(&h));
	heap_remove(&h, &t.node);
	assert_true(heap_is_empty(&h));
}

static void heap_first__in_any_order__sorted(void **state)
{
	static struct thing things[THINGS];
	unsigned random = 1, last = 0;
	struct heap h;

	(void)state;
	heap_init(&h, less);
	for (size_t i = 0; i < THINGS; i++) {
		things[i].key = next_random(&random) % 100;
		heap_insert(&h, &things[i].node);
	}
	assert_int_equal(h.count, THINGS);
	for (size_t i = 0; i < THINGS; i++) {
		struct thing *t = HEAP_OWNER(heap_first(&h), struct thing, node);

		assert_true(t->key >= last);
		last = t->key;
		heap_remove(&h, &t->node);
		assert_false(heap_node_is_in(&t->node));
	}
	assert_true(heap_is_empty(&h));
}

/* Whatever is put in and taken out where, the first one is the least: against a plain walk. */
static void heap_remove__anywhere__the_first_is_the_least(void **state)
{
	static struct thing things[40];
	unsigned random = 7;
	struct heap h;

	(void)state;
	heap_init(&h, less);
	for (unsigned step = 0; step < STEPS; step++) {
		struct thing *t = &things[next_random(&random) % T_COUNT(things)];
		const struct thing *least = NULL;
		size_t count = 0;

		if (heap_node_is_in(&t->node)) {
			heap_remove(&h, &t->node);
		} else {
			t->key = next_random(&random) % 1000;
			heap_insert(&h, &t->node);
		}
		for (size_t i = 0; i < T_COUNT(things); i++) {
			if (!heap_node_is_in(&things[i].node))
				continue;
			count++;
			if (!least || things[i].key < least->key)
				least = &things[i];
		}
		assert_int_equal(h.count, count);
		if (least)
			assert_int_equal(
				HEAP_OWNER(heap_first(&h), struct thing, node)->key, least->key);
		else
			assert_null(heap_first(&h));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap_first__empty__null),
		cmocka_unit_test(heap_first__in_any_order__sorted),
		cmocka_unit_test(heap_remove__anywhere__the_first_is_the_least),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
