/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/t.h"
#include "daemon/base/list.h"

struct item {
	char name;
	struct list_node node;
};

struct fixture {
	struct list list;
	struct item item[4]; /* a, b, c, d */
};

static int setup(void **state)
{
	static struct fixture f;

	list_init(&f.list);
	for (size_t i = 0; i < T_COUNT(f.item); i++)
		f.item[i] = (struct item){ .name = (char)('a' + i) };
	*state = &f;
	return 0;
}

/* The names in order, and the same backwards from the last one. */
static void check_order(const struct list *l, const char *expected)
{
	struct list_node *n;
	struct list_node *tmp;
	size_t count = 0;

	LIST_FOREACH (l, n, tmp) {
		assert_int_equal(LIST_OWNER(n, struct item, node)->name, expected[count]);
		assert_ptr_equal(n->list, l);
		count++;
	}
	assert_int_equal(expected[count], '\0');
	assert_int_equal(l->count, count);
	assert_int_equal(list_is_empty(l), !count);
	n = list_last(l);
	while (count) {
		assert_int_equal(LIST_OWNER(n, struct item, node)->name, expected[--count]);
		n = n->prev;
	}
}

static void push__both_ends__order(void **state)
{
	struct fixture *f = *state;

	check_order(&f->list, "");
	assert_null(list_first(&f->list));
	assert_null(list_last(&f->list));
	assert_null(list_pop_front(&f->list));
	list_push_back(&f->list, &f->item[1].node);
	check_order(&f->list, "b");
	list_push_back(&f->list, &f->item[2].node);
	list_push_front(&f->list, &f->item[0].node);
	check_order(&f->list, "abc");
	assert_ptr_equal(list_first(&f->list), &f->item[0].node);
	assert_ptr_equal(list_last(&f->list), &f->item[2].node);
	assert_null(list_next(&f->list, &f->item[2].node));
}

static void remove__each_place__rest_stays(void **state)
{
	static const char *const expected[] = { "bcd", "acd", "abd", "abc" };
	struct fixture *f = *state;

	for (size_t gone = 0; gone < T_COUNT(f->item); gone++) {
		(void)setup(state);
		for (size_t i = 0; i < T_COUNT(f->item); i++)
			list_push_back(&f->list, &f->item[i].node);
		list_remove(&f->item[gone].node);
		check_order(&f->list, expected[gone]);
		assert_null(f->item[gone].node.list);
		list_remove(&f->item[gone].node); /* in no list: nothing happens */
		check_order(&f->list, expected[gone]);
	}
}

static void pop_front__until_empty__in_order(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(f->item); i++)
		list_push_back(&f->list, &f->item[i].node);
	for (size_t i = 0; i < T_COUNT(f->item); i++)
		assert_ptr_equal(list_pop_front(&f->list), &f->item[i].node);
	assert_null(list_pop_front(&f->list));
	check_order(&f->list, "");
}

static void foreach__removing_in_the_body__visits_all(void **state)
{
	struct fixture *f = *state;
	struct list other;
	struct list_node *n;
	struct list_node *tmp;

	list_init(&other);
	for (size_t i = 0; i < T_COUNT(f->item); i++)
		list_push_back(&f->list, &f->item[i].node);
	LIST_FOREACH (&f->list, n, tmp) {
		list_remove(n);
		list_push_front(&other, n);
	}
	check_order(&f->list, "");
	check_order(&other, "dcba");
}

#define list_test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		list_test(push__both_ends__order),
		list_test(remove__each_place__rest_stays),
		list_test(pop_front__until_empty__in_order),
		list_test(foreach__removing_in_the_body__visits_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
