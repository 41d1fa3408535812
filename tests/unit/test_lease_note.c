/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/t.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lease_note.h"

#define MS 1000000ULL

static const struct lease_request plain = {
	.vhost = "one.example",
	.method = "POST",
	.uri = "/cart?item=1",
	.script = "/home/one/public_html/cart.php",
};

static void expect_request(
	const struct lease_note *n, const char *vhost, const char *uri, const char *script)
{
	struct lease_request_copy copy;

	assert_true(lease_note_read(n, &copy));
	assert_string_equal(copy.request.vhost, vhost);
	assert_string_equal(copy.request.uri, uri);
	assert_string_equal(copy.request.script, script);
}

static void note_write__new_and_older__last_one_is_read(void **state)
{
	struct lease_request_copy copy;
	struct lease_note n = { 0 };
	struct lease_request none = { .method = "GET" };

	(void)state;
	assert_false(lease_note_read(&n, &copy));
	lease_note_write(&n, &plain);
	expect_request(&n, plain.vhost, plain.uri, plain.script);
	assert_true(lease_note_read(&n, &copy));
	assert_string_equal(copy.request.method, "POST");
	lease_note_write(&n, &none);
	expect_request(&n, "", "", "");
	lease_note_clear(&n);
	assert_false(lease_note_read(&n, &copy));
}

static char *long_text(const char *head, char fill, const char *tail)
{
	char *text = malloc(4001);

	assert_non_null(text);
	memset(text, fill, 4000);
	for (size_t i = 0; head[i]; i++)
		text[i] = head[i];
	(void)snprintf(text + 4000 - strlen(tail), strlen(tail) + 1, "%s", tail);
	return text;
}

static void note_write__too_long__cut_where_it_tells_least(void **state)
{
	char *vhost = long_text("www.", 'v', ".test"), *uri = long_text("/a?", 'u', "z");
	char *script = long_text("/home", 's', "/last.php"), *method = long_text("X", 'M', "Y");
	const struct lease_request all = { vhost, method, uri, script };
	struct lease_note n = { 0 };
	struct lease_request_copy copy;

	(void)state;
	lease_note_write(&n, &all);
	assert_true(lease_note_read(&n, &copy));
	assert_int_equal(strlen(copy.request.vhost), LEASE_NOTE_VHOST - 1);
	assert_int_equal(strlen(copy.request.method), LEASE_NOTE_METHOD - 1);
	assert_int_equal(strlen(copy.request.script), LEASE_NOTE_SCRIPT - 1);
	assert_memory_equal(copy.request.vhost, "www.v", 5);
	assert_string_equal(copy.request.vhost + LEASE_NOTE_VHOST - 5, "v...");
	assert_memory_equal(copy.request.script, "...s", 4);
	assert_string_equal(copy.request.script + LEASE_NOTE_SCRIPT - 10, "/last.php");
	assert_memory_equal(copy.request.uri, "/a?u", 4);
	assert_string_equal(copy.request.uri + strlen(copy.request.uri) - 4, "u...");
	free(vhost);
	free(uri);
	free(script);
	free(method);
}

/* Each at its limit, where nothing has to be cut, and one more, where it has. */
static void note_write__at_the_limit__whole(void **state)
{
	char text[LEASE_NOTE_VHOST + 1];
	const struct lease_request r = { .vhost = text };
	struct lease_note n = { 0 };

	(void)state;
	memset(text, 'v', sizeof(text));
	text[LEASE_NOTE_VHOST - 1] = '\0';
	lease_note_write(&n, &r);
	expect_request(&n, text, "", "");
	memset(text, 'v', sizeof(text));
	text[LEASE_NOTE_VHOST] = '\0';
	lease_note_write(&n, &r);
	(void)snprintf(text + LEASE_NOTE_VHOST - 4, 4, "...");
	expect_request(&n, text, "", "");
}

static void note_parse__what_is_no_four_strings__refused(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		bool is_good;
	} rows[] = {
		{ "", 0, false },
		{ "a\0b\0c\0d\0", 8, true },
		{ "\0\0\0\0", 4, true },
		{ "a\0b\0c\0d", 7, false },
		{ "a\0b\0c\0", 6, false },
		{ "a\0b\0c\0d\0e\0", 10, false },
		{ "", LEASE_NOTE_TEXT + 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lease_request_copy copy;

		memset(copy.data, 'x', sizeof(copy.data));
		if (rows[i].size <= sizeof(copy.data))
			memcpy(copy.data, rows[i].data, rows[i].size);
		if (lease_note_parse(&copy, rows[i].size) != rows[i].is_good)
			fail_msg("row %zu", i);
	}
}

/* A shim may write whatever it likes. */
static void note_read__nonsense__refused(void **state)
{
	struct lease_request_copy copy;
	struct lease_note n = { 0 };

	(void)state;
	lease_note_write(&n, &plain);
	atomic_store(&n.text_size, LEASE_NOTE_TEXT + 8);
	assert_false(lease_note_read(&n, &copy));
	atomic_store(&n.text_size, 7);
	assert_false(lease_note_read(&n, &copy));
	lease_note_write(&n, &plain);
	atomic_store(&n.sequence, 1);
	assert_false(lease_note_read(&n, &copy));
	/* and the next one is a good one again */
	lease_note_write(&n, &plain);
	expect_request(&n, plain.vhost, plain.uri, plain.script);
}

static void note_count__requests__sums_and_buckets(void **state)
{
	struct lease_counts counts = { .requests = 100 };
	struct lease_note n = { 0 };

	(void)state;
	lease_note_count(&n, MS, false);
	lease_note_count(&n, MS + 1, true);
	lease_note_count(&n, 3600 * 1000 * MS, false);
	lease_note_add_counts(&n, &counts);
	assert_int_equal(counts.requests, 103);
	assert_int_equal(counts.errors, 1);
	assert_int_equal(counts.service_ns, 3600 * 1000 * MS + 2 * MS + 1);
	assert_int_equal(counts.bucket[0], 1);
	assert_int_equal(counts.bucket[1], 1);
	assert_int_equal(counts.bucket[LATENCY_BUCKETS - 1], 1);
	lease_note_clear(&n);
	counts = (struct lease_counts){ 0 };
	lease_note_add_counts(&n, &counts);
	assert_int_equal(counts.requests + counts.errors + counts.service_ns + counts.bucket[1], 0);
}

static void latency__bounds__belong_to_their_bucket(void **state)
{
	(void)state;
	for (unsigned i = 0; i + 1 < LATENCY_BUCKETS; i++) {
		uint64_t ns = (uint64_t)latency_bound_us(i) * 1000;

		assert_int_equal(latency_bucket(ns), i);
		assert_int_equal(latency_bucket(ns + 1), i + 1);
	}
	assert_int_equal(latency_bucket(0), 0);
	assert_int_equal(latency_bucket(UINT64_MAX), LATENCY_BUCKETS - 1);
	assert_int_equal(latency_bound_us(LATENCY_BUCKETS - 1), 0);
	assert_int_equal(latency_bound_us(LATENCY_BUCKETS), 0);
}

#define ROUNDS 20000U

/* Two requests in turn, all of whose letters are the same: a mixture would be seen. */
static void *write_in_turn(void *arg)
{
	struct lease_note *n = arg;
	char a[200], b[200];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	a[120] = b[199] = '\0';
	for (unsigned i = 0; i < ROUNDS; i++) {
		const char *text = i % 2 ? a : b;

		lease_note_write(n, &(struct lease_request){ text, text, text, text });
	}
	return NULL;
}

static void expect_pure(const struct lease_request *r)
{
	const char *text[] = { r->vhost, r->script, r->uri };
	const char letter = r->method[0];

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		assert_int_equal(strspn(text[i], (char[]){ letter, '.', '\0' }), strlen(text[i]));
}

static void note_read__while_it_is_written__never_a_mixture(void **state)
{
	struct lease_request_copy copy;
	struct lease_note n = { 0 };
	pthread_t writer;
	unsigned seen = 0;

	(void)state;
	lease_note_write(&n, &plain);
	assert_int_equal(pthread_create(&writer, NULL, write_in_turn, &n), 0);
	while (seen < 1000 && atomic_load(&n.sequence) < 2 * ROUNDS) {
		if (!lease_note_read(&n, &copy) || copy.request.method[0] == 'P')
			continue;
		expect_pure(&copy.request);
		seen++;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_true(lease_note_read(&n, &copy));
	expect_pure(&copy.request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(note_write__new_and_older__last_one_is_read),
		cmocka_unit_test(note_write__too_long__cut_where_it_tells_least),
		cmocka_unit_test(note_write__at_the_limit__whole),
		cmocka_unit_test(note_parse__what_is_no_four_strings__refused),
		cmocka_unit_test(note_read__nonsense__refused),
		cmocka_unit_test(note_count__requests__sums_and_buckets),
		cmocka_unit_test(latency__bounds__belong_to_their_bucket),
		cmocka_unit_test(note_read__while_it_is_written__never_a_mixture),
	};

	return cmocka_run_group_tests_name("lease_note", tests, NULL, NULL);
}
