/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/php_binary.h"

#include <errno.h>
#include <string.h>

#include "daemon/ctl/host/php_probe.h"
#include "daemon/ctl/host/php_words.h"
#include "tests/support/t.h"

static void match__each_name__its_version_or_not(void **state)
{
	static const struct {
		const struct php_place *place;
		const char *name;
		const char *digits; /* NULL: none */
	} rows[] = {
		{ &php_place_alt, "php74", "74" },
		{ &php_place_alt, "php56", "56" },
		{ &php_place_alt, "php", NULL },
		{ &php_place_alt, "php7", NULL },
		{ &php_place_alt, "php-internal", NULL },
		{ &php_place_alt, "php74x", NULL },
		{ &php_place_alt, "php123456789", NULL },
		{ &php_place_alt, "ea-php74", NULL },
		{ &php_place_ea, "ea-php81", "81" },
		{ &php_place_ea, "ea-php81/..", NULL },
		{ &php_place_plesk, "8.2", "82" },
		{ &php_place_plesk, "8..2", NULL },
		{ &php_place_plesk, ".82", NULL },
		{ &php_place_plesk, "8.10", "810" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char digits[PHP_BINARY_VERSION] = "";
		bool is_one = php_binary_match(rows[i].place, rows[i].name, digits);

		T_ASSERT_ROW(rows[i].name, is_one == (rows[i].digits != NULL));
		T_ASSERT_ROW(rows[i].name, !is_one || strcmp(digits, rows[i].digits) == 0);
	}
}

static void probe__each_answer__what_it_says(void **state)
{
	static const struct {
		const char *text;
		const char *version;
		bool is_lsapi;
		bool has_opcache;
	} rows[] = {
		{ "PHP 8.1.27 (litespeed) (built: Dec 20 2023)\nCopyright (c) The PHP Group\n"
		  "Zend Engine v4.1.27\n    with Zend OPcache v8.1.27\n",
			"8.1.27", true, true },
		{ "lsphp (lsapid) 0.1.0, built with PHP 8.2.36, SAPI litespeed\n", "8.2.36", true,
			false },
		{ "PHP 7.4.33 (cgi-fcgi) (built: x)\n", "7.4.33", false, false },
		{ "PHP 8.4.0RC1 (litespeed)\n", "8.4.0RC1", true, false },
		{ "PHP Warning:  no\nPHP 5.6.40 (litespeed)", "5.6.40", true, false },
		{ "PHP ", "", false, false },
		{ "not found", "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct php_probe p = { .version = "" };

		php_probe_version(rows[i].text, &p);
		T_ASSERT_ROW(rows[i].text, strcmp(p.version, rows[i].version) == 0);
		T_ASSERT_ROW(rows[i].text, p.is_lsapi == rows[i].is_lsapi);
		T_ASSERT_ROW(rows[i].text, p.has_opcache == rows[i].has_opcache);
	}
}

static void info__text_or_html__its_php_ini(void **state)
{
	static const struct {
		const char *text;
		const char *ini;
	} rows[] = {
		{ "x\nLoaded Configuration File => /etc/php.ini\ny\n", "/etc/php.ini" },
		{ "<td class=\"e\">Loaded Configuration File </td><td class=\"v\">/opt/a b/php.ini "
		  "</td></tr>\n",
			"/opt/a b/php.ini" },
		{ "Loaded Configuration File => (none)\n", "" },
		{ "Loaded Configuration File", "" },
		{ "nothing", "" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct php_probe p = { .ini = "" };

		php_probe_info(rows[i].text, &p);
		T_ASSERT_ROW(p.ini, strcmp(p.ini, rows[i].ini) == 0);
	}
}

static void words__options_of_php_config__those_of_lsphp(void **state)
{
	static const char *const expected[] = { "/src/configure", "--prefix=/usr/local",
		"--with-a=b c", "--with-litespeed", "--enable-litespeed", NULL };
	struct php_words w;

	(void)state;
	assert_int_equal(php_words_configure(&w, "/src/configure",
				 " '--prefix=/usr/local' '--with-apxs2=/x' --enable-fpm\t"
				 "'--with-a=b c'\n"),
		0);
	for (size_t i = 0; i < T_COUNT(expected); i++)
		assert_true(expected[i] ? w.argv[i] && strcmp(w.argv[i], expected[i]) == 0
					: !w.argv[i]);
	php_words_deinit(&w);
	assert_int_equal(php_words_configure(&w, "/c", "'--a"), -EINVAL);
	assert_null(w.text);
}

static void words__too_many__refused(void **state)
{
	char text[2 * PHP_WORDS_MAX + 3];
	struct php_words w;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? ' ' : 'a';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(php_words_configure(&w, "/c", text), -E2BIG);
	text[2 * PHP_WORDS_MAX - 1] = '\0';
	assert_int_equal(php_words_configure(&w, "/c", text), 0);
	assert_null(w.argv[PHP_WORDS_MAX + 3]);
	php_words_deinit(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(match__each_name__its_version_or_not),
		cmocka_unit_test(probe__each_answer__what_it_says),
		cmocka_unit_test(info__text_or_html__its_php_ini),
		cmocka_unit_test(words__options_of_php_config__those_of_lsphp),
		cmocka_unit_test(words__too_many__refused),
	};

	return cmocka_run_group_tests_name("php_binary", tests, NULL, NULL);
}
