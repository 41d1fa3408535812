/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/base/map.h"
#include "tests/support/t.h"

#define KEYS   64U
#define COPIES 4U /* values of one key */
#define STEPS  20000U

static void find__empty__null(void **state)
{
	struct map m;
	struct map_iter it = { .probed = 0 };

	(void)state;
	map_init(&m);
	assert_null(map_find(&m, 0));
	assert_null(map_find_next(&m, 0, &it));
	map_remove(&m, 0, &m);
	map_deinit(&m);
}

static void put__many__all_found(void **state)
{
	static char values[5000];
	struct map m;

	(void)state;
	map_init(&m);
	for (size_t i = 0; i < sizeof(values); i++)
		assert_int_equal(map_put(&m, i << 32, &values[i]), 0);
	assert_int_equal(m.count, sizeof(values));
	for (size_t i = 0; i < sizeof(values); i++)
		assert_ptr_equal(map_find(&m, i << 32), &values[i]);
	assert_null(map_find(&m, 1));
	map_deinit(&m);
	assert_int_equal(m.count, 0);
	assert_null(map_find(&m, 0));
}

static void remove__other_value_of_the_key__stays(void **state)
{
	struct map m;
	char a;
	char b;

	(void)state;
	map_init(&m);
	assert_int_equal(map_put(&m, 7, &a), 0);
	map_remove(&m, 7, &b);
	map_remove(&m, 8, &a);
	assert_int_equal(m.count, 1);
	assert_ptr_equal(map_find(&m, 7), &a);
	map_remove(&m, 7, &a);
	assert_int_equal(m.count, 0);
	assert_null(map_find(&m, 7));
	map_deinit(&m);
}

/** What the map should hold, in the plainest form. */
struct model {
	bool has[KEYS][COPIES];
	char value[KEYS][COPIES];
	size_t count;
};

static void check_key(const struct map *m, struct model *model, size_t key)
{
	bool seen[COPIES] = { false };
	struct map_iter it = { .probed = 0 };

	for (char *v = map_find_next(m, key, &it); v; v = map_find_next(m, key, &it)) {
		ptrdiff_t copy = v - model->value[key];

		assert_true(copy >= 0 && copy < (ptrdiff_t)COPIES);
		assert_false(seen[copy]);
		seen[copy] = true;
	}
	assert_memory_equal(seen, model->has[key], sizeof(seen));
}

/* Few slots and many collisions: each removal has to keep the chains of all others whole. */
static void put_and_remove__random__as_the_model(void **state)
{
	static struct model model;
	uint64_t random = 88172645463325252ULL;
	struct map m;

	(void)state;
	map_init(&m);
	for (unsigned step = 0; step < STEPS; step++) {
		size_t key;
		size_t copy;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		key = random % KEYS;
		copy = random / KEYS % COPIES;
		if (model.has[key][copy]) {
			map_remove(&m, key, &model.value[key][copy]);
			model.count--;
		} else {
			assert_int_equal(map_put(&m, key, &model.value[key][copy]), 0);
			model.count++;
		}
		model.has[key][copy] = !model.has[key][copy];
		assert_int_equal(m.count, model.count);
		check_key(&m, &model, key);
		check_key(&m, &model, random / KEYS / COPIES % KEYS);
	}
	for (size_t key = 0; key < KEYS; key++)
		check_key(&m, &model, key);
	/* 256 pairs at most were in it: it does not grow by being used */
	assert_true(m.capacity <= 512);
	map_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__empty__null),
		cmocka_unit_test(put__many__all_found),
		cmocka_unit_test(remove__other_value_of_the_key__stays),
		cmocka_unit_test(put_and_remove__random__as_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
