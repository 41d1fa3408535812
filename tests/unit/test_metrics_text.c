/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/t.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/manager/metrics_text.h"

static const struct metrics_family times = { "x_seconds", "histogram", "seconds", "Times." };

/* Return: free() it */
static char *text_of(struct evbuffer *b)
{
	size_t size = evbuffer_get_length(b);
	char *text = calloc(1, size + 1);

	assert_non_null(text);
	(void)evbuffer_remove(b, text, size);
	evbuffer_free(b);
	return text;
}

static void labels__hostile_values__escaped(void **state)
{
	struct metrics_labels l = { .used = 0 };

	(void)state;
	metrics_labels_add(&l, "a", "plain");
	metrics_labels_add(&l, "b", "q\"u\\o\nt\xff");
	assert_string_equal(l.text, "a=\"plain\",b=\"q\\\"u\\\\o\\\\nt\\\\xff\"");
}

/* A label that does not fit is left out whole: the text stays one that can be read. */
static void labels__too_many__left_out(void **state)
{
	struct metrics_labels l = { .used = 0 };
	char value[400];
	size_t used = 0;

	(void)state;
	memset(value, '"', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		metrics_labels_add(&l, "n", value);
		assert_true(l.used < sizeof(l.text) && strlen(l.text) == l.used);
		assert_int_equal(l.text[l.used - 1], '"');
		if (l.used == used)
			return;
		used = l.used;
	}
	fail_msg("all of it fitted");
}

static void times__a_few__cumulative_buckets(void **state)
{
	struct figures_times t = { 0 };
	struct evbuffer *b = evbuffer_new();
	char *text;

	(void)state;
	figures_times_add(&t, 1500000);       /* 1.5 ms */
	figures_times_add(&t, 1000000000);    /* 1 s */
	figures_times_add(&t, 3600000000000); /* an hour */
	metrics_begin(b, &times);
	metrics_times(b, &times, "pool=\"a\"", &t);
	text = text_of(b);
	assert_true(strstr(text, "# TYPE x_seconds histogram\n# UNIT x_seconds seconds\n"
				 "# HELP x_seconds Times.\n"
				 "x_seconds_bucket{pool=\"a\",le=\"0.001\"} 0\n"
				 "x_seconds_bucket{pool=\"a\",le=\"0.0025\"} 1\n") == text);
	assert_non_null(strstr(text, "x_seconds_bucket{pool=\"a\",le=\"1.0\"} 2\n"));
	assert_non_null(strstr(text, "x_seconds_bucket{pool=\"a\",le=\"30.0\"} 2\n"));
	assert_non_null(strstr(text, "x_seconds_bucket{pool=\"a\",le=\"+Inf\"} 3\n"
				     "x_seconds_count{pool=\"a\"} 3\n"
				     "x_seconds_sum{pool=\"a\"} 3601.001500000\n"));
	free(text);
}

static void sample__without_labels__no_braces(void **state)
{
	static const struct metrics_family f = { "y", "counter", NULL, "Why." };
	struct evbuffer *b = evbuffer_new();
	char *text;

	(void)state;
	metrics_begin(b, &f);
	metrics_uint(b, &f, "_total", NULL, UINT64_MAX);
	metrics_end(b);
	text = text_of(b);
	assert_string_equal(
		text, "# TYPE y counter\n# HELP y Why.\ny_total 18446744073709551615\n# EOF\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels__hostile_values__escaped),
		cmocka_unit_test(labels__too_many__left_out),
		cmocka_unit_test(times__a_few__cumulative_buckets),
		cmocka_unit_test(sample__without_labels__no_braces),
	};

	return cmocka_run_group_tests_name("metrics_text", tests, NULL, NULL);
}
