/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/args.h"

#include <assert.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/** getopt's number of the first row; letters are below it. */
#define FIRST 256

/** What getopt is told: both tables in one, @own first. */
struct joined {
	struct option option[2 * ARGS_MAX + 1];
	const struct args_option *row[2 * ARGS_MAX];
	const char **value[2 * ARGS_MAX];
	size_t count;
	char letters[2 + 6 * ARGS_MAX + 1];
};

static void join_letter(struct joined *j, const struct args_option *o)
{
	char *end = j->letters + strlen(j->letters);

	if (!o->letter || strchr(j->letters, o->letter))
		return;
	*end++ = o->letter;
	if (o->argument)
		*end++ = ':';
	if (o->argument && o->argument[0] == '[')
		*end++ = ':';
	*end = '\0';
}

static void join(struct joined *j, const struct args_table *t)
{
	for (size_t i = 0; t->options && t->options[i].name; i++) {
		const struct args_option *o = &t->options[i];

		assert(i < ARGS_MAX);
		j->option[j->count] = (struct option){
			.name = o->name,
			.has_arg = !o->argument            ? no_argument
				   : o->argument[0] == '[' ? optional_argument
							   : required_argument,
			.val = FIRST + (int)j->count,
		};
		j->row[j->count] = o;
		j->value[j->count] = &t->args->value[i];
		j->count++;
		join_letter(j, o);
	}
}

/* Return: the row; SIZE_MAX: none */
static size_t find_row(const struct joined *j, int c)
{
	if (c >= FIRST)
		return (size_t)(c - FIRST);
	for (size_t i = 0; c && i < j->count; i++)
		if (j->row[i]->letter == c)
			return i;
	return SIZE_MAX;
}

bool args_is_word(const char *words, const char *text, size_t size)
{
	for (;;) {
		size_t n = strcspn(words, "|");

		if (n == size && memcmp(words, text, n) == 0)
			return true;
		if (!words[n])
			return false;
		words += n + 1;
	}
}

static bool refuse(const struct joined *j, int c, const char *word, char *reterr_why)
{
	size_t row = find_row(j, optopt);

	if (c == ':')
		(void)snprintf(reterr_why, ARGS_WHY_SIZE, "%.100s needs %s", word,
			row < j->count ? j->row[row]->argument : "an argument");
	else if (row < j->count)
		(void)snprintf(
			reterr_why, ARGS_WHY_SIZE, "--%s takes no argument", j->row[row]->name);
	else if (optopt)
		(void)snprintf(reterr_why, ARGS_WHY_SIZE, "no such option: -%c", optopt);
	else
		(void)snprintf(reterr_why, ARGS_WHY_SIZE, "no such option: %.100s", word);
	return false;
}

static bool take(const struct joined *j, size_t row, const char *value, char *reterr_why)
{
	const char *words = j->row[row]->argument;

	if (words && strchr(words, '|') && !args_is_word(words, value, strlen(value))) {
		(void)snprintf(reterr_why, ARGS_WHY_SIZE, "--%s: \"%.60s\" is none of %s",
			j->row[row]->name, value, words);
		return false;
	}
	*j->value[row] = value;
	return true;
}

bool args_parse(int argc, char **argv, const struct args_table *own,
	const struct args_table *global, bool is_prefix, char *reterr_why)
{
	struct joined j = { .count = 0 };
	int c;

	(void)snprintf(j.letters, sizeof(j.letters), "%s:", is_prefix ? "+" : "");
	join(&j, own);
	join(&j, global);
	opterr = 0;
	optind = 0; /* glibc: begin anew */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((c = getopt_long(argc, argv, j.letters, j.option, NULL)) != -1) {
		size_t row = c == '?' || c == ':' ? SIZE_MAX : find_row(&j, c);

		if (row >= j.count)
			return refuse(&j, c, argv[optind - 1], reterr_why);
		if (!take(&j, row, optarg ? optarg : "", reterr_why))
			return false;
	}
	own->args->operand = argv + optind;
	own->args->operand_count = argc - optind;
	return true;
}
