/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/change.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/host/change_store.h"
#include "daemon/ctl/host/run.h"

/* --- doing --------------------------------------------------------------------------------- */

/* One path: what is there, and what is to be. */
struct step {
	const char *path;
	struct journal_state before; /* owned */
	struct journal_state after;
	char *old_text;       /* owned; of a file */
	const char *new_text; /* of a file */
};

static int step_init(const struct change *c, struct step *s, const char *path)
{
	int r = tree_state(c->tree, path, &s->before);

	s->path = path;
	s->old_text = NULL;
	if (r == 0 && s->before.kind == JOURNAL_FILE)
		r = tree_read(c->tree, path, &s->old_text);
	return r < 0 ? change_fail(c, path, r) : 0;
}

static void step_deinit(struct step *s)
{
	journal_state_deinit(&s->before);
	free(s->old_text);
}

static bool same_state(const struct journal_state *a, const struct journal_state *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == JOURNAL_LINK)
		return strcmp(a->target, b->target) == 0;
	return a->kind == JOURNAL_NONE ||
	       (a->mode == b->mode && a->uid == b->uid && a->gid == b->gid);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Makes @path be as @state says. */
static int put(const struct change *c, const char *path, const struct journal_state *state,
	const char *text)
{
	switch (state->kind) {
	case JOURNAL_NONE:
		return tree_remove(c->tree, path);
	case JOURNAL_FILE:
		return tree_write(c->tree, path, state, text);
	case JOURNAL_LINK:
		return tree_link(c->tree, path, state->target);
	case JOURNAL_DIRECTORY:
		return tree_mkdir(c->tree, path, state->mode);
	}
	return -EINVAL;
}

static const char *verb_of(const struct step *s)
{
	if (s->after.kind == JOURNAL_NONE)
		return "remove";
	if (s->after.kind == JOURNAL_LINK)
		return "link";
	if (s->after.kind == JOURNAL_DIRECTORY)
		return "make directory";
	return s->before.kind == JOURNAL_NONE ? "write" : "change";
}

/* First the journal and the copies, then the change. */
static int step_do(struct change *c, const struct step *s)
{
	int number;
	int r;

	if (same_state(&s->before, &s->after) && same_text(s->old_text, s->new_text))
		return 0;
	c->count++;
	change_tell(c, CHANGE_STEP, "%s%s %s%s", c->is_dry ? "would " : "", verb_of(s),
		c->tree->path, s->path);
	if (c->is_dry)
		return 0;
	r = tree_may_change(c->tree, s->path);
	if (r < 0)
		return change_fail(c, s->path, r);
	r = change_store_make(c);
	if (r < 0)
		return r;
	number = journal_add_path(&c->journal, c->group, s->path, &s->before, &s->after);
	if (number < 0)
		return change_fail(c, CHANGE_PLACE, number);
	r = change_store_copy(c, (unsigned)number, "before", s->old_text);
	r = r == 0 ? change_store_copy(c, (unsigned)number, "after", s->new_text) : r;
	r = r == 0 ? change_store_journal(c) : r;
	if (r < 0)
		return r;
	r = put(c, s->path, &s->after, s->new_text);
	return r < 0 ? change_fail(c, s->path, r) : 0;
}

/* Of what is made anew: root's; without privilege ours. */
static struct journal_state made_state(
	const struct change *c, enum journal_state_kind kind, mode_t mode)
{
	return (struct journal_state){ .kind = kind,
		.mode = mode,
		.uid = c->tree->own_uid,
		.gid = c->tree->own_uid ? getegid() : 0 };
}

int change_write(struct change *c, const char *path, const char *text)
{
	struct step s;
	int r = step_init(c, &s, path);

	if (r < 0)
		return r;
	s.after = s.before.kind == JOURNAL_FILE ? s.before : made_state(c, JOURNAL_FILE, 0644);
	s.new_text = text;
	r = step_do(c, &s);
	step_deinit(&s);
	return r;
}

int change_link(struct change *c, const char *path, const char *target)
{
	struct step s;
	int r = step_init(c, &s, path);

	if (r < 0)
		return r;
	s.after = (struct journal_state){ .kind = JOURNAL_LINK };
	s.after.target = strdup(target);
	s.new_text = NULL;
	r = s.after.target ? step_do(c, &s) : change_fail(c, path, -ENOMEM);
	journal_state_deinit(&s.after);
	step_deinit(&s);
	return r;
}

int change_remove(struct change *c, const char *path)
{
	struct step s;
	int r = step_init(c, &s, path);

	if (r < 0)
		return r;
	s.after = (struct journal_state){ .kind = JOURNAL_NONE };
	s.new_text = NULL;
	r = step_do(c, &s);
	step_deinit(&s);
	return r;
}

static int make_one(struct change *c, const char *path)
{
	struct step s;
	int r;

	if (tree_is_directory(c->tree, path))
		return 0;
	r = step_init(c, &s, path);
	if (r < 0)
		return r;
	s.after = made_state(c, JOURNAL_DIRECTORY, 0755);
	s.new_text = NULL;
	r = step_do(c, &s);
	step_deinit(&s);
	return r;
}

int change_mkdir(struct change *c, const char *path)
{
	char prefix[PATH_MAX];
	int r = 0;

	for (const char *slash = path; r == 0 && slash;) {
		slash = strchr(slash + 1, '/');
		(void)snprintf(prefix, sizeof(prefix), "%.*s",
			(int)(slash ? (size_t)(slash - path) : strlen(path)), path);
		r = make_one(c, prefix);
	}
	return r;
}

int change_undo_by(struct change *c, const char *const *argv)
{
	int number;
	int r;

	if (c->is_dry)
		return 0;
	r = change_store_make(c);
	if (r < 0)
		return r;
	number = journal_add_run(&c->journal, c->group, argv);
	return number < 0 ? change_fail(c, CHANGE_PLACE, number) : change_store_journal(c);
}

/* Return: 0; -errno, and it was told. */
static int run_told(const struct change *c, const char *const *argv)
{
	struct run_output output;
	char line[1024];
	int r;

	(void)run_join(argv, line, sizeof(line));
	if (c->is_dry || c->tree->path[0]) {
		change_tell(c, c->is_dry ? CHANGE_STEP : CHANGE_TO_DO, "%s: %s",
			c->is_dry ? "would run" : "to be run in there", line);
		return 0;
	}
	change_tell(c, CHANGE_STEP, "run %s", line);
	r = run_program(argv, RUN_LIMIT_S, &output);
	if (r == 0 && run_has_worked(&output))
		return 0;
	if (r < 0)
		change_tell(c, CHANGE_PROBLEM, "%s: %s", line, strerrordesc_np(-r));
	else
		change_tell(c, CHANGE_PROBLEM, "%s has failed: %s", line, output.text);
	return r < 0 ? r : -EIO;
}

int change_run(struct change *c, const char *const *argv)
{
	return run_told(c, argv);
}

int change_do(struct change *c, const char *const *argv, const char *const *undo)
{
	int saved;
	int r = change_undo_by(c, undo);

	if (r < 0)
		return r;
	c->count++;
	r = run_told(c, argv);
	if (r == 0 || c->is_dry)
		return r;
	journal_remove(&c->journal, c->journal.count - 1);
	saved = change_store_journal(c);
	return saved < 0 ? saved : r;
}

int change_settle(struct change *c)
{
	for (size_t i = c->before; i < c->journal.count; i++) {
		const struct journal_entry *e = &c->journal.entry[i];
		char *text = NULL;
		int r;

		if (e->is_command || e->after.kind != JOURNAL_FILE)
			continue;
		r = tree_read(c->tree, e->path, &text);
		r = r == 0 ? change_store_copy(c, e->number, "after", text) : 0;
		free(text);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- undoing ------------------------------------------------------------------------------- */

/* Is it as @state and the copy say? Owner and mode may be another: only what it says counts. */
static bool is_as(const struct step *now, const struct journal_state *state, const char *text)
{
	if (now->before.kind != state->kind)
		return false;
	if (state->kind == JOURNAL_LINK)
		return strcmp(now->before.target, state->target) == 0;
	return state->kind != JOURNAL_FILE || same_text(now->old_text, text);
}

/* Return: 1: it is as it was before; 0: somebody has changed it; -errno */
static int undo_path(struct change *c, const struct journal_entry *e, const struct step *now,
	const char *before, const char *after)
{
	char backup[PATH_MAX];
	int r;

	if (is_as(now, &e->before, before) && !is_as(now, &e->after, after))
		return 1;
	change_store_path(backup, e->number, "before");
	if (!is_as(now, &e->after, after)) {
		change_tell(c, CHANGE_PROBLEM,
			"%s%s was changed by somebody else since, and stays as it is%s%s%s",
			c->tree->path, e->path, before ? "; before us it was as " : "",
			before ? c->tree->path : "", before ? backup : "");
		return 0;
	}
	change_tell(c, CHANGE_STEP, "restore %s%s", c->tree->path, e->path);
	r = c->is_dry ? 0 : put(c, e->path, &e->before, before);
	if (r == -ENOTEMPTY) {
		change_tell(c, CHANGE_STEP, "%s%s is in use, and stays", c->tree->path, e->path);
		return 1;
	}
	return r < 0 ? change_fail(c, e->path, r) : 1;
}

static int undo_entry(struct change *c, const struct journal_entry *e)
{
	struct step now;
	char *before = NULL;
	char *after = NULL;
	int r;

	if (e->is_command) {
		r = run_told(c, (const char *const *)(const void *)e->argv);
		return r < 0 ? r : 1;
	}
	r = e->before.kind == JOURNAL_FILE ? change_store_read(c, e->number, "before", &before) : 0;
	if (r == 0 && e->after.kind == JOURNAL_FILE)
		r = change_store_read(c, e->number, "after", &after);
	if (r == 0)
		r = step_init(c, &now, e->path);
	if (r == 0) {
		r = undo_path(c, e, &now, before, after);
		step_deinit(&now);
	}
	free(before);
	free(after);
	return r;
}

/* When nothing is left to undo, nothing of ours is left. */
static int save_rest(struct change *c)
{
	if (c->journal.count || c->is_dry)
		return c->is_dry ? 0 : change_store_journal(c);
	change_store_end(c);
	return 0;
}

/* One entry, and then it is gone from the journal; a dry one stays. Return: undone? -errno */
static int undo_at(struct change *c, size_t index)
{
	unsigned number = c->journal.entry[index].number;
	int done = undo_entry(c, &c->journal.entry[index]);
	int r;

	if (done < 0 || c->is_dry)
		return done < 0 ? done : 1;
	journal_remove(&c->journal, index);
	r = save_rest(c);
	if (r < 0)
		return r;
	c->left += done == 0;
	if (done)
		change_store_drop(c, number);
	return 1;
}

static int undo_from(struct change *c, size_t first, const char *group)
{
	int failed = 0;
	int undone = 0;

	for (size_t i = c->journal.count; i > first; i--) {
		int r;

		if (strncmp(c->journal.entry[i - 1].group, group, strlen(group)) != 0)
			continue;
		r = undo_at(c, i - 1);
		failed = r < 0 ? r : failed;
		undone += r > 0;
	}
	if (!c->is_dry && c->journal.count == 0)
		change_store_end(c);
	return failed ? failed : undone;
}

int change_roll_back(struct change *c)
{
	return undo_from(c, c->before, "");
}

int change_undo(struct change *c, const char *group)
{
	return undo_from(c, 0, group);
}

bool change_has(const struct change *c, const char *group)
{
	for (size_t i = 0; i < c->journal.count; i++) {
		if (strncmp(c->journal.entry[i].group, group, strlen(group)) == 0)
			return true;
	}
	return false;
}
