/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/arguments.h"

#include <string.h>

#include "daemon/base/str.h"

#define BIT(op) (1U << (op))

enum argument_type {
	ARGUMENT_OP,
	ARGUMENT_TEXT,
	ARGUMENT_PATH,
	ARGUMENT_NUMBER,
	ARGUMENT_DIR, /* this and the next one may come again */
	ARGUMENT_WATCH
};

struct argument {
	const char *key;
	enum argument_type type;
	unsigned needed; /* by these operations */
	size_t at;       /* in struct arguments */
	uint64_t min;
	uint64_t max;
};

#define AT(member) .at = offsetof(struct arguments, member)
#define RUNS_CRIU  (BIT(ARGUMENTS_CHECK) | BIT(ARGUMENTS_FREEZE) | BIT(ARGUMENTS_RESTORE))
#define HAS_POOL   (BIT(ARGUMENTS_FREEZE) | BIT(ARGUMENTS_RESTORE))
#define ALL_OPS    (BIT(ARGUMENTS_OP_COUNT) - 1U)

static const char *const op_names[] = {
	[ARGUMENTS_CHECK] = "check",
	[ARGUMENTS_FREEZE] = "freeze",
	[ARGUMENTS_LIST] = "list",
	[ARGUMENTS_RESET] = "reset",
	[ARGUMENTS_RESTORE] = "restore",
	[ARGUMENTS_SWEEP] = "sweep",
};

_Static_assert(sizeof(op_names) / sizeof(op_names[0]) == ARGUMENTS_OP_COUNT, "a name for each");

static const struct argument table[] = {
	{ JOB_OP, ARGUMENT_OP, AT(op), .needed = ALL_OPS },
	{ JOB_PROGRAM, ARGUMENT_PATH, AT(program), .needed = RUNS_CRIU },
	{ JOB_DIR, ARGUMENT_DIR, AT(dir), .needed = ALL_OPS & ~BIT(ARGUMENTS_CHECK) },
	{ JOB_POOL, ARGUMENT_TEXT, AT(pool), .needed = HAS_POOL },
	/* root's PHP is not started, so its image is not written */
	{ JOB_UID, ARGUMENT_NUMBER, AT(uid), .needed = HAS_POOL, .min = 1, .max = UINT32_MAX - 1 },
	{ JOB_GID, ARGUMENT_NUMBER, AT(gid), .needed = HAS_POOL, .min = 1, .max = UINT32_MAX - 1 },
	{ JOB_PID, ARGUMENT_NUMBER, AT(pid), .needed = BIT(ARGUMENTS_FREEZE), .min = 2,
		.max = INT32_MAX },
	{ JOB_HOME, ARGUMENT_PATH, AT(home) },
	{ JOB_SERVER, ARGUMENT_TEXT, AT(server) },
	{ JOB_LIMIT_MS, ARGUMENT_NUMBER, AT(limit_ms), .min = 1, .max = UINT32_MAX },
	{ JOB_DEBUG, ARGUMENT_NUMBER, AT(is_debug), .max = 1 },
	{ JOB_MAX_BYTES, ARGUMENT_NUMBER, AT(max_bytes), .max = UINT64_MAX },
	{ JOB_MAX_AGE_S, ARGUMENT_NUMBER, AT(max_age_s), .max = UINT64_MAX },
	{ JOB_COLD_MS, ARGUMENT_NUMBER, AT(cold_ms), .max = UINT32_MAX },
	{ JOB_WATCH, ARGUMENT_WATCH, AT(watch) },
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

_Static_assert(TABLE_COUNT <= 32, "a bit for each in what was seen");

static bool parse_op(const char *text, struct arguments *a)
{
	size_t i;

	for (i = 0; i < ARGUMENTS_OP_COUNT; i++) {
		if (strcmp(op_names[i], text) == 0) {
			a->op = (enum arguments_op)i;
			return true;
		}
	}
	return false;
}

static bool add_watch(const char *text, struct arguments *a)
{
	if (text[0] != '/' || a->watch_count == ARGUMENTS_MAX_WATCH)
		return false;
	a->watch[a->watch_count++] = text;
	return true;
}

static bool add_dir(const char *text, struct arguments *a)
{
	if (text[0] != '/' || a->dir_count == ARGUMENTS_MAX_DIRS)
		return false;
	a->dir[a->dir_count++] = text;
	return true;
}

static bool take_text(const struct argument *row, const char *text, struct arguments *a)
{
	memcpy((char *)a + row->at, &text, sizeof(text));
	return true;
}

static bool parse_value(const struct argument *row, const char *text, struct arguments *a)
{
	uint64_t number;

	switch (row->type) {
	case ARGUMENT_OP:
		return parse_op(text, a);
	case ARGUMENT_TEXT:
		return text[0] && take_text(row, text, a);
	case ARGUMENT_PATH:
		return text[0] == '/' && take_text(row, text, a);
	case ARGUMENT_NUMBER:
		if (!str_parse_uint(text, row->min, row->max, &number))
			return false;
		memcpy((char *)a + row->at, &number, sizeof(number));
		return true;
	case ARGUMENT_DIR:
		return add_dir(text, a);
	case ARGUMENT_WATCH:
		return add_watch(text, a);
	}
	return false;
}

/* Return: row of the table; TABLE_COUNT if there is none. */
static size_t find_row(const char *word, const char **ret_value)
{
	const char *equals = strchr(word, '=');
	size_t size = equals ? (size_t)(equals - word) : 0;
	size_t i;

	if (!equals)
		return TABLE_COUNT;
	for (i = 0; i < TABLE_COUNT; i++) {
		if (strlen(table[i].key) == size && memcmp(table[i].key, word, size) == 0)
			break;
	}
	*ret_value = equals + 1;
	return i;
}

static int parse_word(const char *word, unsigned *seen, struct arguments *a, struct why *reterr)
{
	const char *value = "";
	size_t i = find_row(word, &value);

	if (i == TABLE_COUNT) {
		why_set(reterr, "argument \"%.60s\": unknown", word);
		return 1;
	}
	if ((*seen & BIT(i)) && table[i].type < ARGUMENT_DIR) {
		why_set(reterr, "argument \"%.60s\": twice", word);
		return 1;
	}
	*seen |= BIT(i);
	if (!parse_value(&table[i], value, a)) {
		why_set(reterr, "argument \"%.60s\": malformed", word);
		return 1;
	}
	return 0;
}

int arguments_parse(
	int count, char *const words[], struct arguments *ret_arguments, struct why *reterr)
{
	/* until the operation is known, it is one that needs no less than all */
	struct arguments a = { .op = ARGUMENTS_OP_COUNT };
	unsigned seen = 0;
	size_t row;
	int i;

	for (i = 0; i < count; i++) {
		if (parse_word(words[i], &seen, &a, reterr))
			return 1;
	}
	for (row = 0; row < TABLE_COUNT; row++) {
		bool is_needed = table[row].type == ARGUMENT_OP || (table[row].needed & BIT(a.op));

		if (is_needed && !(seen & BIT(row))) {
			why_set(reterr, "argument \"%s\" is missing", table[row].key);
			return 1;
		}
	}
	if ((BIT(a.op) & HAS_POOL) && a.dir_count > 1) {
		why_set(reterr, "argument \"" JOB_DIR "\" is there twice");
		return 1;
	}
	*ret_arguments = a;
	return 0;
}
