/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/change_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/ctl/host/run.h"

#define JOURNAL CHANGE_PLACE "/journal"

void change_tell(const struct change *c, enum change_word word, const char *format, ...)
{
	char text[RUN_OUTPUT_SIZE + PATH_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	c->tell(c->tell_data, word, text);
}

/* Return: @r */
int change_fail(const struct change *c, const char *path, int r)
{
	const char *remedy =
		r == -EPERM
			? "it, or a directory above it, belongs to somebody else, or others may write to it"
		: r == -EMLINK ? "it has another name, too: remove its hard links"
			       : strerrordesc_np(-r);

	change_tell(c, CHANGE_PROBLEM, "%s%s: %s", c->tree->path, path, remedy);
	return r;
}

void change_store_path(char out[PATH_MAX], unsigned number, const char *which)
{
	(void)snprintf(out, PATH_MAX, CHANGE_PLACE "/%u.%s", number, which);
}

int change_store_journal(const struct change *c)
{
	const struct journal_state state = { .kind = JOURNAL_FILE, .mode = 0600 };
	char *text = journal_encode(&c->journal);
	int r = text ? tree_write(c->tree, JOURNAL, &state, text) : -ENOMEM;

	free(text);
	return r < 0 ? change_fail(c, JOURNAL, r) : 0;
}

int change_store_copy(const struct change *c, unsigned number, const char *which, const char *text)
{
	const struct journal_state state = { .kind = JOURNAL_FILE, .mode = 0600 };
	char path[PATH_MAX];
	int r;

	if (!text)
		return 0;
	change_store_path(path, number, which);
	r = tree_write(c->tree, path, &state, text);
	return r < 0 ? change_fail(c, path, r) : 0;
}

void change_store_drop(const struct change *c, unsigned number)
{
	char path[PATH_MAX];

	change_store_path(path, number, "before");
	(void)tree_remove(c->tree, path);
	change_store_path(path, number, "after");
	(void)tree_remove(c->tree, path);
}

void change_store_end(const struct change *c)
{
	(void)tree_remove(c->tree, JOURNAL);
	/* copies that somebody was told of keep the directory */
	(void)tree_remove(c->tree, CHANGE_PLACE);
}

static int make_state(const struct change *c)
{
	int r = tree_mkdir(c->tree, LSAPID_STATEDIR, 0755);

	return r == -EEXIST ? 0 : r;
}

int change_store_make(const struct change *c)
{
	int r = tree_mkdir(c->tree, CHANGE_PLACE, 0700);

	return r < 0 && r != -EEXIST ? change_fail(c, CHANGE_PLACE, r) : 0;
}

int change_store_read(const struct change *c, unsigned number, const char *which, char **ret)
{
	char path[PATH_MAX];
	int r;

	change_store_path(path, number, which);
	r = tree_read(c->tree, path, ret);
	return r < 0 ? change_fail(c, path, r) : 0;
}

/* Copies that were kept for somebody, beside the journal's own: no number is used twice. */
static void skip_numbers(struct change *c)
{
	struct tree_names names;

	if (tree_list(c->tree, CHANGE_PLACE, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		unsigned long number = strtoul(names.name[i], NULL, 10);

		if (number > c->journal.last_number && number < INT32_MAX)
			c->journal.last_number = (unsigned)number;
	}
	tree_names_deinit(&names);
}

/* One that changes a host at a time. Return: 0; -errno, and it was told */
static int lock(struct change *c)
{
	int r = make_state(c);

	if (r == 0)
		r = tree_lock(c->tree, LSAPID_STATEDIR, &c->lock);
	if (r == -EWOULDBLOCK)
		change_tell(
			c, CHANGE_PROBLEM, "somebody else is changing this host; try again later");
	else if (r < 0)
		(void)change_fail(c, LSAPID_STATEDIR, r);
	return r;
}

int change_open(struct change *c)
{
	char *text = NULL;
	int r;

	c->lock = -1;
	r = c->is_looking || c->is_dry ? 0 : lock(c);
	if (r < 0)
		return r;
	r = tree_read(c->tree, JOURNAL, &text);
	c->journal = (struct journal){ .count = 0 };
	if (r == 0) {
		r = journal_decode(&c->journal, text, strlen(text));
		free(text);
	}
	skip_numbers(c);
	c->before = c->journal.count;
	return r < 0 && r != -ENOENT ? change_fail(c, JOURNAL, r) : 0;
}

void change_close(struct change *c)
{
	journal_deinit(&c->journal);
	c->lock = fd_close(c->lock);
}
