/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/lsapi.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

/* The order of the header index, written down a second time: it is the wire format. */
static const char *const names[] = { "Accept", "Accept-Charset", "Accept-Encoding",
	"Accept-Language", "Authorization", "Connection", "Content-Type", "Content-Length",
	"Cookie", "Cookie2", "Host", "Pragma", "Referer", "User-Agent", "Cache-Control",
	"If-Modified-Since", "If-Match", "If-None-Match", "If-Range", "If-Unmodified-Since",
	"Keep-Alive", "Range", "X-Forwarded-For", "Via", "Transfer-Encoding" };

#define NAME_SIZE 64U

/* The name ends at a fence, so that reading past it is seen. */
static int find(const char *name, size_t size)
{
	struct guard g;

	guard_init(&g, NAME_SIZE);
	int index = lsapi_header_find((const char *)guard_copy(&g, name, size), size);
	guard_deinit(&g);
	return index;
}

static void change_case(const char *name, int (*change)(int), char *ret_name)
{
	for (size_t i = 0; i <= strlen(name); i++)
		ret_name[i] = (char)change(name[i]);
}

static void header_find__known_in_any_case__its_index(void **state)
{
	(void)state;
	assert_int_equal(T_COUNT(names), LSAPI_KNOWN_HEADERS);
	for (size_t i = 0; i < T_COUNT(names); i++) {
		size_t size = strlen(names[i]);
		char lower[NAME_SIZE];
		char upper[NAME_SIZE];

		change_case(names[i], tolower, lower);
		change_case(names[i], toupper, upper);
		assert_int_equal(find(names[i], size), i);
		assert_int_equal(find(lower, size), i);
		assert_int_equal(find(upper, size), i);
	}
}

/* Each name with one bit of one letter turned; the bit of the case is the only harmless one. */
static void header_find__one_bit_off__unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(names); i++) {
		size_t size = strlen(names[i]);

		for (size_t bit = 0; bit < 8 * size; bit++) {
			char name[NAME_SIZE];
			memcpy(name, names[i], size);
			name[bit / 8] = (char)(name[bit / 8] ^ (1 << bit % 8));
			if (bit % 8 == 5 && isalpha(names[i][bit / 8]))
				continue;
			T_ASSERT_ROW(names[i], find(name, size) == -1);
		}
	}
}

static void header_find__other_names__unknown(void **state)
{
	static const char *const others[] = { "", "X", "Te", "Vi", "Hosts", "Cookie3", "Accept-",
		"Accept_Charset", "Proxy", "Upgrade", "Content-Typ", "X-Forwarded-Fo",
		"X-Forwarded-Host", "If-Unmodified-Since-", "Access-Control-Request-Headers" };

	(void)state;
	for (size_t i = 0; i < T_COUNT(others); i++)
		T_ASSERT_ROW(others[i], find(others[i], strlen(others[i])) == -1);
}

/* HTTP_ and the name in capitals; the two headers of CGI itself have no HTTP_. */
static void make_cgi_name(unsigned index, char *ret_name, size_t size)
{
	bool is_cgi = index == LSAPI_H_CONTENT_TYPE || index == LSAPI_H_CONTENT_LENGTH;

	(void)snprintf(ret_name, size, "%s%s", is_cgi ? "" : "HTTP_", names[index]);
	for (char *p = ret_name; *p; p++)
		*p = *p == '-' ? '_' : (char)toupper(*p);
}

static void header_name__index__both_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LSAPI_KNOWN_HEADERS; i++) {
		char cgi_name[NAME_SIZE];

		make_cgi_name(i, cgi_name, sizeof(cgi_name));
		assert_string_equal(lsapi_header_name(i), names[i]);
		assert_string_equal(lsapi_header_cgi_name(i), cgi_name);
	}
	assert_null(lsapi_header_name(LSAPI_KNOWN_HEADERS));
	assert_null(lsapi_header_cgi_name(LSAPI_KNOWN_HEADERS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_find__known_in_any_case__its_index),
		cmocka_unit_test(header_find__one_bit_off__unknown),
		cmocka_unit_test(header_find__other_names__unknown),
		cmocka_unit_test(header_name__index__both_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
