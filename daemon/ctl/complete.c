/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/complete.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/cmd.h"

/** Where in the line we are. */
struct walk {
	const struct cmd *cmd;
	const struct args_option *open; /* an option whose argument comes next; NULL: none */
	bool is_operand;                /* after --: no option any more */
};

/** To whom candidates go. */
struct sink {
	const struct complete *line;
	complete_add_fn add;
	void *data;
};

static const struct args_option *find_in(const struct args_option *o, const char *word)
{
	size_t size = strcspn(word, "=");

	for (; o && o->name; o++) {
		if (strncmp(word, "--", 2) == 0 && strlen(o->name) == size - 2 &&
			memcmp(o->name, word + 2, size - 2) == 0)
			return o;
		/* the last of -jr */
		if (o->letter && word[0] == '-' && word[1] != '-' &&
			word[strlen(word) - 1] == o->letter)
			return o;
	}
	return NULL;
}

static const struct args_option *find_option(const struct cmd *cmd, const char *word)
{
	const struct args_option *o = find_in(cmd->options, word);

	return o ? o : find_in(cmd_globals(), word);
}

static void take_word(struct walk *w, const char *word)
{
	for (size_t i = 0; w->cmd->words && w->cmd->words[i]; i++) {
		if (strcmp(w->cmd->words[i]->name, word) == 0) {
			w->cmd = w->cmd->words[i];
			return;
		}
	}
}

/* A word before the last. Return: what it says of the socket; NULL: nothing */
static const char *step(struct walk *w, const char *word)
{
	const struct args_option *open = w->open;

	w->open = NULL;
	if (open && strcmp(word, "=") == 0) {
		w->open = open;
		return NULL;
	}
	if (open)
		return strcmp(open->name, "socket") == 0 ? word : NULL;
	if (w->is_operand || word[0] != '-' || !word[1]) {
		take_word(w, word);
		return NULL;
	}
	w->is_operand = strcmp(word, "--") == 0;
	open = w->is_operand ? NULL : find_option(w->cmd, word);
	if (open && open->argument && open->argument[0] != '[' && !strchr(word, '='))
		w->open = open;
	return NULL;
}

static void offer(const struct sink *s, const char *word, size_t size, const char *help)
{
	char whole[128];

	if (size < sizeof(whole) - sizeof(s->line->before) && strlen(s->line->prefix) <= size &&
		memcmp(word, s->line->prefix, strlen(s->line->prefix)) == 0) {
		(void)snprintf(whole, sizeof(whole), "%s%.*s", s->line->before, (int)size, word);
		s->add(whole, help, s->data);
	}
}

/* "[a|b|c]": its words; a single word in capitals is the name of something. */
static enum complete_kind offer_noun(const struct sink *s, const char *noun)
{
	if (!noun)
		return COMPLETE_NOTHING;
	if (strstr(noun, "POOL") || strstr(noun, "PATTERN"))
		return COMPLETE_POOL;
	if (strstr(noun, "USER"))
		return COMPLETE_USER;
	if (!strchr(noun, '|'))
		return COMPLETE_NOTHING;
	noun += strspn(noun, "[");
	while (*noun && *noun != ']') {
		size_t n = strcspn(noun, "|]");

		offer(s, noun, n, "");
		noun += n + (noun[n] == '|');
	}
	return COMPLETE_WORDS;
}

static void offer_options(const struct sink *s, const struct args_option *o)
{
	char word[64];

	for (; o && o->name; o++) {
		(void)snprintf(word, sizeof(word), "--%s", o->name);
		offer(s, word, strlen(word), o->help);
	}
}

static enum complete_kind offer_words(const struct sink *s, const struct cmd *cmd)
{
	for (size_t i = 0; cmd->words[i]; i++)
		offer(s, cmd->words[i]->name, strlen(cmd->words[i]->name), cmd->words[i]->help);
	return COMPLETE_WORDS;
}

/* "--sort=na": the argument of an option, in one word. */
static enum complete_kind offer_value(
	struct sink *s, const struct walk *w, struct complete *line, const char *word)
{
	const struct args_option *o = find_option(w->cmd, word);
	size_t n = strcspn(word, "=") + 1;

	if (!o || !o->argument || n >= sizeof(line->before))
		return COMPLETE_NOTHING;
	(void)snprintf(line->before, sizeof(line->before), "%.*s", (int)n, word);
	line->prefix = word + n;
	return offer_noun(s, o->argument);
}

enum complete_kind complete_line(const struct cmd *root, char *const *words, int count,
	struct complete *ret, complete_add_fn add, void *data)
{
	struct walk w = { .cmd = root };
	struct sink s = { .line = ret, .add = add, .data = data };
	const char *last = count > 0 ? words[count - 1] : "";

	*ret = (struct complete){ .prefix = last };
	for (int i = 0; i < count - 1; i++) {
		const char *socket = step(&w, words[i]);

		/* bash's --watch = 5 */
		if (!w.open && strcmp(words[i + 1], "=") == 0)
			w.open = find_option(w.cmd, words[i]);
		ret->socket = socket ? socket : ret->socket;
	}
	if (w.open && strcmp(last, "=") == 0)
		ret->prefix = "";
	if (w.open)
		return offer_noun(&s, w.open->argument);
	if (!w.is_operand && strncmp(last, "--", 2) == 0 && strchr(last, '='))
		return offer_value(&s, &w, ret, last);
	if (!w.is_operand && last[0] == '-') {
		offer_options(&s, w.cmd->options);
		offer_options(&s, cmd_globals());
		return COMPLETE_WORDS;
	}
	return w.cmd->words ? offer_words(&s, w.cmd) : offer_noun(&s, w.cmd->operands);
}

bool complete_is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._:@%+/-";

	return *word && *word != '-' && word[strspn(word, plain)] == '\0';
}
