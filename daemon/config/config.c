/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/config/config_pool.h"
#include "daemon/config/config_watch.h"

int config_problem_set(
	struct config_problem *p, const char *file, int line, const char *what, const char *remedy)
{
	(void)str_copy(p->file, sizeof(p->file), file);
	p->line = line;
	p->is_kept = false;
	(void)str_copy(p->what, sizeof(p->what), what);
	(void)str_copy(p->remedy, sizeof(p->remedy), remedy);
	return 1;
}

size_t config_problem_format(const struct config_problem *p, char out[CONFIG_PROBLEM_TEXT])
{
	int size;

	if (p->line)
		size = snprintf(out, CONFIG_PROBLEM_TEXT, "%s:%d: %s; %s", p->file, p->line,
			p->what, p->remedy);
	else
		size = snprintf(
			out, CONFIG_PROBLEM_TEXT, "%s: %s; %s", p->file, p->what, p->remedy);
	return size < 0 ? 0 : (size_t)size;
}

int config_problem_set_path(
	struct config_problem *p, const char *file, int error, const struct path_check_fault *fault)
{
	char what[sizeof(p->what)];
	const char *why = "";

	/* strerrordesc_np() has no state, unlike strerror() */
	if (error == PATH_CHECK_E_UNREADABLE)
		why = strerrordesc_np(fault->system_errno);
	(void)snprintf(what, sizeof(what), "%.180s %s%s%s", fault->at, path_check_text(error),
		*why ? ": " : "", why);
	return config_problem_set(p, file, 0, what, path_check_remedy(error));
}

void config_problems_add(struct config_problems *list, const struct config_problem *p)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 4;
	struct config_problem *item;

	if (list->count >= CONFIG_MAX_PROBLEMS)
		return;
	if (list->count == list->capacity) {
		item = realloc(list->item, capacity * sizeof(*item));
		if (!item)
			return;
		list->item = item;
		list->capacity = capacity;
	}
	list->item[list->count++] = *p;
}

void config_problems_deinit(struct config_problems *list)
{
	free(list->item);
	*list = (struct config_problems){ .item = NULL };
}

static void handler_deinit(struct config_handler *h)
{
	size_t i;

	for (i = 0; i < h->env_count; i++) {
		free(h->env[i].name);
		free(h->env[i].value);
	}
	free(h->env);
	config_watch_clear(h);
	free(h->name);
	free(h->binary);
}

struct config *config_free(struct config *c)
{
	size_t i;

	if (!c)
		return NULL;
	for (i = 0; i < c->handler_count; i++)
		handler_deinit(&c->handlers[i]);
	free(c->handlers);
	free(c->control_socket);
	free(c->runtime_dir);
	free(c->key_file);
	free(c->manager_user);
	free(c->apache_user);
	free(c->apache_group);
	config_names_clear(&c->shim_users);
	free(c->admin_group);
	free(c->admin_socket);
	free(c->metrics);
	free(c->defaults.path);
	free(c->defaults.phprc);
	free(c->defaults.criu_images_dir);
	free(c->criu_program);
	config_pool_truncate(c, 0);
	free(c->pools);
	for (i = 0; i < c->pool_file_count; i++)
		free(c->pool_files[i]);
	free(c->pool_files);
	map_deinit(&c->claims);
	config_problems_deinit(&c->problems);
	free(c->pools_dir);
	free(c->handler_map);
	free(c->log_target);
	free(c->log_dir);
	free(c->cgroup_root);
	free(c->file);
	free(c);
	return NULL;
}

const struct config_handler *config_find_handler(const struct config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->handler_count; i++) {
		if (strcmp(c->handlers[i].name, name) == 0)
			return &c->handlers[i];
	}
	return NULL;
}
