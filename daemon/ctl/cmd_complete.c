/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/complete.h"

static void print(const char *word, const char *help, void *data)
{
	(void)data;
	(void)printf("%s\t%s\n", word, help);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each name once. Those that a shell would have to quote are left out. */
static void print_names(const json_t *answer, const char *key, const struct complete *line)
{
	const json_t *pools = json_object_get(answer, "pools");
	size_t count = json_array_size(pools), used = 0;
	const char **names = calloc(count ? count : 1, sizeof(*names));

	for (size_t i = 0; names && i < count; i++) {
		const char *name = answer_text(json_array_get(pools, i), key);

		if (complete_is_plain(name) &&
			strncmp(name, line->prefix, strlen(line->prefix)) == 0)
			names[used++] = name;
	}
	if (used)
		qsort(names, used, sizeof(*names), by_text);
	for (size_t i = 0; i < used; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			(void)printf("%s%s\t\n", line->before, names[i]);
	free(names);
}

/* Without a daemon there are none to offer: silence, as in the middle of a line. */
static void ask_names(const struct ctl *ctl, const char *key, const struct complete *line)
{
	const struct client_question question = { .type = CONTROL_STATUS };
	struct ctl there = *ctl;
	char why[ANSWER_WHY_SIZE];
	json_t *answer = NULL;
	uint32_t ignored;

	if (line->socket)
		there.socket_path = line->socket;
	if (answer_try(&there, &question, &answer, &ignored, why) != CTL_OK)
		return;
	print_names(answer, key, line);
	json_decref(answer);
}

static int run(const struct ctl *ctl, const struct args *args)
{
	struct complete line;

	switch (complete_line(
		&cmd_lsapidctl, args->operand, args->operand_count, &line, print, NULL)) {
	case COMPLETE_POOL:
		ask_names(ctl, "name", &line);
		break;
	case COMPLETE_USER:
		ask_names(ctl, "user", &line);
		break;
	case COMPLETE_NOTHING:
	case COMPLETE_WORDS:
		break;
	}
	return CTL_OK;
}

const struct cmd cmd_complete = {
	.name = "complete",
	.operands = "[WORD]...",
	.max_operands = 1000,
	.help = "for shells: what the last WORD of a command line may become",
	.more = "WORDs are those after lsapidctl, and stand after --. Each line of the answer is a word,\n"
		"a tab, and its help.",
	.is_alone = true,
	.run = run,
};
