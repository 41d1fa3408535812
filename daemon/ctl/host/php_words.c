/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/php_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

void php_words_deinit(struct php_words *w)
{
	free(w->text);
	*w = (struct php_words){ .text = NULL };
}

/* Its name before PHP 7.4 and since; a configure says what it does not know, and goes on. */
static const char *const own[] = { "--with-litespeed", "--enable-litespeed" };

static bool is_other_sapi(const char *word)
{
	static const char *const prefixes[] = { "--with-apxs", "--enable-fpm", "--with-fpm",
		"--with-litespeed", "--enable-litespeed", "--enable-embed", "--enable-cgi" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

/* One word of @at, in place. Return: what follows; NULL: a quote has no end */
static char *take_word(char *at, const char **ret)
{
	char *put = at;
	bool is_quoted = false;

	*ret = at;
	for (; *at && (is_quoted || !strchr(BLANKS, *at)); at++) {
		if (*at == '\'')
			is_quoted = !is_quoted;
		else
			*put++ = *at;
	}
	if (is_quoted)
		return NULL;
	at += *at != '\0';
	*put = '\0';
	return at;
}

int php_words_configure(struct php_words *w, const char *configure, const char *options)
{
	size_t count = 0;
	char *at;

	*w = (struct php_words){ .text = strdup(options) };
	if (!w->text)
		return -ENOMEM;
	w->argv[count++] = configure;
	for (at = w->text + strspn(w->text, BLANKS); *at; at += strspn(at, BLANKS)) {
		const char *word;

		at = take_word(at, &word);
		if (!at || count > PHP_WORDS_MAX) {
			php_words_deinit(w);
			return at ? -E2BIG : -EINVAL;
		}
		if (!is_other_sapi(word))
			w->argv[count++] = word;
	}
	w->argv[count++] = own[0];
	w->argv[count++] = own[1];
	return 0;
}
