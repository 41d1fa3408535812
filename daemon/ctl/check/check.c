/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/printable.h"

static const char *const severity_names[] = {
	[CHECK_OK] = "ok",
	[CHECK_SKIPPED] = "skipped",
	[CHECK_NOTE] = "note",
	[CHECK_WARNING] = "warning",
	[CHECK_PROBLEM] = "problem",
};

_Static_assert(sizeof(severity_names) / sizeof(severity_names[0]) == CHECK_SEVERITY_COUNT, "each");

const char *check_severity_name(enum check_severity severity)
{
	return severity_names[severity];
}

/* --- findings ----------------------------------------------------------------------------- */

static char *copy_printable(struct check *c, const char *text)
{
	char shown[2048];
	char *copy;

	printable_copy(shown, sizeof(shown), text);
	copy = strdup(shown);
	c->is_out_of_memory = c->is_out_of_memory || !copy;
	return copy;
}

static struct check_finding *next_finding(struct check *c)
{
	struct check_finding *more;
	size_t room = c->room ? 2 * c->room : 64;

	c->of_row++;
	if (c->count == CHECK_MAX_FINDINGS || c->of_row > CHECK_MAX_OF_ROW) {
		c->untold++;
		return NULL;
	}
	if (c->count == c->room) {
		more = reallocarray(c->finding, room, sizeof(*more));
		if (!more) {
			c->is_out_of_memory = true;
			return NULL;
		}
		c->finding = more;
		c->room = room;
	}
	return &c->finding[c->count++];
}

void check_add(
	struct check *c, enum check_severity severity, const char *where, const char *format, ...)
{
	struct check_finding *f = next_finding(c);
	char text[2048];
	va_list args;

	if (!f)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*f = (struct check_finding){
		.row = c->row,
		.severity = severity,
		.what = copy_printable(c, text),
		.where = copy_printable(c, where ? where : ""),
		.remedy = copy_printable(c, ""),
	};
}

void check_remedy(struct check *c, const char *format, ...)
{
	struct check_finding *f = c->count ? &c->finding[c->count - 1] : NULL;
	char text[2048];
	va_list args;

	/* the finding that it is for may have been left out */
	if (!f || f->row != c->row || c->of_row > CHECK_MAX_OF_ROW)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(f->remedy);
	f->remedy = copy_printable(c, text);
}

bool check_path(struct check *c, enum check_severity severity, const char *path, int kind)
{
	struct path_check_fault *fault = calloc(1, sizeof(*fault));
	struct config_problem problem;
	int fd = -1;
	int r;

	if (!fault) {
		c->is_out_of_memory = true;
		return false;
	}
	r = path_check_open(path, (enum path_check_kind)kind, c->own_uid, &fd, fault);
	if (r) {
		(void)config_problem_set_path(&problem, path, r, fault);
		check_add(c, severity, path, "%s", problem.what);
		check_remedy(c, "%s", problem.remedy);
	} else {
		(void)fd_close(fd);
	}
	free(fault);
	return r == 0;
}

void check_deinit(struct check *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->finding[i].what);
		free(c->finding[i].where);
		free(c->finding[i].remedy);
	}
	free(c->finding);
	c->finding = NULL;
	c->count = c->room = 0;
}

enum check_severity check_worst(const struct check *c)
{
	enum check_severity worst = CHECK_OK;

	for (size_t i = 0; i < c->count; i++)
		if (c->finding[i].severity > worst)
			worst = c->finding[i].severity;
	return worst;
}

/* --- the run ------------------------------------------------------------------------------ */

/* Return: what is missing for the row; NULL: nothing */
static const char *find_missing(const struct check *c, const struct check_row *row)
{
	if (row->needs & CHECK_NEEDS_HERE && c->is_elsewhere)
		return "of a system that runs, not of files below --root";
	if (row->needs & CHECK_NEEDS_ROOT && !c->is_root)
		return "only root can look at it";
	if (row->needs & CHECK_NEEDS_CONFIG && !c->config)
		return "lsapid.conf can not be read";
	if (row->needs & CHECK_NEEDS_DAEMON && !c->status)
		return "lsapid does not answer";
	if (row->needs & CHECK_NEEDS_APACHE && !c->apache)
		return "no configuration of Apache was found";
	return NULL;
}

void check_run(struct check *c)
{
	size_t count;
	const struct check_row *table = check_table(&count);

	for (size_t i = 0; i < count; i++) {
		const char *missing = find_missing(c, &table[i]);

		c->row = &table[i];
		c->of_row = 0;
		if (missing)
			check_add(c, CHECK_SKIPPED, NULL, "%s", missing);
		else
			table[i].run(c);
		if (c->of_row == 0)
			check_add(c, CHECK_OK, NULL, "%s", table[i].title);
	}
}
