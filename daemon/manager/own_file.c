/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/own_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/config/config_load.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_user.h"
#include "daemon/manager/manager.h"

/** Of the answer: a path, and the bytes of a file or what is wrong with it. */
#define ANSWER_MAX (PATH_MAX + CONFIG_USER_MAX_BYTES)

struct own_file *own_file_free(struct own_file *f)
{
	if (!f)
		return NULL;
	(void)config_free(f->config);
	free(f->path);
	free(f->problem);
	free(f);
	return NULL;
}

bool own_file_is_wanted(struct pool *p)
{
	return config_user_is_on(p->manager->config, pool_find_file(p->manager, &p->spec));
}

int own_file_ask(struct pool *p)
{
	const struct priv_message msg = { .type = PRIV_USER_FILE, .id = p->parent.spawn_id };
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec;
	int r;

	if (pool_complete_spec(p, data, &spec))
		return err_origin(-E2BIG);
	fds.fd[0] = fd_memfd("lsapid-spec", spec.data, spec.size);
	if (fds.fd[0] < 0)
		return fds.fd[0];
	fds.count = 1;
	r = supervisor_link_send(&p->manager->link, &msg, &fds);
	fdpass_close(&fds);
	return r;
}

const struct config_pool *own_file_section(const struct pool *p)
{
	if (!p->own_file || !p->own_file->config)
		return NULL;
	return config_find_pool_of(p->own_file->config, &p->spec, "");
}

/* --- what has come ------------------------------------------------------------------------ */

/* Told once, not at each start; in status for as long as it lasts. */
static void set_problem(struct pool *p, const struct config_problem *problem)
{
	struct own_file *f = p->own_file;
	char text[CONFIG_PROBLEM_TEXT];

	(void)config_problem_format(problem, text);
	if (f->problem && strcmp(f->problem, text) == 0)
		return;
	free(f->problem);
	f->problem = strdup(text);
	log_warn("user_file.problem", F_POOL(p), F_STR("file", problem->file),
		F_INT("line", problem->line), F_STR("what", problem->what),
		F_STR("remedy", problem->remedy),
		F_STR("outcome", f->config ? "kept" : "left-out"));
}

void own_file_drop(struct pool *p, const char *what)
{
	struct config_problem problem;

	(void)config_problem_set(&problem, p->own_file->path, 0, what, "write less into it");
	p->own_file->config = config_free(p->own_file->config);
	set_problem(p, &problem);
}

/* The string at @at in an answer of @size bytes that ends with a NUL; "" behind its end. */
static const char *part(const char *data, size_t size, size_t *at)
{
	const char *text = *at < size ? data + *at : "";

	*at += strlen(text) + 1;
	return text;
}

static void take_bad(struct pool *p, const char *data, size_t size, size_t at)
{
	struct config_problem problem;
	const char *what = part(data, size, &at);

	(void)config_problem_set(&problem, p->own_file->path, 0, what, part(data, size, &at));
	set_problem(p, &problem);
}

static void take_text(struct pool *p, const char *text)
{
	struct own_file *f = p->own_file;
	struct config_problems problems = { .item = NULL };
	struct config_problem problem;
	struct config *fresh = calloc(1, sizeof(*fresh));
	int r = fresh ? config_load_user(fresh, f->path, text, &problems) : -ENOMEM;

	if (r == 0) {
		(void)config_free(f->config);
		f->config = fresh;
		free(f->problem);
		f->problem = NULL;
		config_problems_deinit(&problems);
		return;
	}
	(void)config_free(fresh);
	(void)config_problem_set(&problem, f->path, 0, err_name(r < 0 ? r : -EINVAL),
		"try again when there is room");
	set_problem(p, problems.count ? &problems.item[0] : &problem);
	config_problems_deinit(&problems);
}

/* Return: false: no memory */
static bool take_path(struct pool *p, const char *path)
{
	char *copy = strdup(path);

	if (copy && !p->own_file)
		p->own_file = calloc(1, sizeof(*p->own_file));
	if (!copy || !p->own_file) {
		free(copy);
		return false;
	}
	free(p->own_file->path);
	p->own_file->path = copy;
	return true;
}

static void take(struct pool *p, enum priv_user_file found, int fd)
{
	char *data = NULL;
	size_t size = 0;
	size_t at = 0;
	int r = found == PRIV_USER_FILE_ABSENT ? 0 : fd_read_all(fd, ANSWER_MAX, &data, &size);

	if (found == PRIV_USER_FILE_ABSENT) {
		p->own_file = own_file_free(p->own_file);
	} else if (r < 0 || !take_path(p, part(data, size, &at))) {
		/* as it was at the start before */
		log_error("user_file.error", F_POOL(p), F_ERRNO(r < 0 ? r : -ENOMEM));
	} else if (found == PRIV_USER_FILE_FOUND) {
		take_text(p, part(data, size, &at));
	} else {
		take_bad(p, data, size, at);
	}
	free(data);
}

/* More than the user wants now: those that are accepted first are given up when they are done. */
static void shed(struct pool *p)
{
	struct list_node *n, *tmp;
	uint32_t excess;

	while (pool_connections(p) > p->children && (n = list_last(&p->unheld)))
		backend_close(LIST_OWNER(n, struct backend, node));
	excess = pool_connections(p) > p->children ? pool_connections(p) - p->children : 0;
	LIST_FOREACH (&p->held, n, tmp) {
		if (!excess--)
			return;
		/* so that it comes back (lease.c) and is closed then (ops_shim.c) */
		LIST_OWNER(n, struct backend, node)->is_doubtful = true;
	}
}

void own_file_take(struct pool *p, enum priv_user_file found, int fd)
{
	take(p, found, fd);
	(void)pool_apply_config(p); /* nothing runs that could be outdated */
	shed(p);
}
