/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/config/config_load.h"
#include "proto/wire.h"

/*
 * The bundle: magic, count of files, then per file its path and its bytes. Written and read by the
 * same build only, the two processes of one daemon.
 */
#define BUNDLE_MAGIC    0x4243534cU /* "LSCB" */
#define BUNDLE_MAX_PATH 4096U
/* lsapid.conf is written by hand: some KiB; more is a mistake such as the wrong file */
#define BUNDLE_MAX_FILE (1024U * 1024U)

int config_problem_set(
	struct config_problem *p, const char *file, int line, const char *what, const char *remedy)
{
	(void)str_copy(p->file, sizeof(p->file), file);
	p->line = line;
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

/* Line of the first byte that a text file cannot have; 0 if there is none. */
static int find_nul(const char *data, size_t size)
{
	const char *nul = memchr(data, '\0', size);
	const char *c;
	int line = 1;

	if (!nul)
		return 0;
	for (c = data; c < nul; c++)
		line += *c == '\n';
	return line;
}

static int bundle_make(
	const char *path, const char *text, size_t size, char **ret_data, size_t *ret_size)
{
	size_t capacity = size + strlen(path) + 16;
	char *data = malloc(capacity);
	struct wire_writer w;

	if (!data)
		return -ENOMEM;
	wire_writer_init(&w, data, capacity);
	wire_put_u32(&w, BUNDLE_MAGIC);
	wire_put_u32(&w, 1);
	wire_put_blob(&w, path, strlen(path));
	wire_put_blob(&w, text, size);
	if (w.has_failed) {
		free(data);
		return -EOVERFLOW;
	}
	*ret_data = data;
	*ret_size = w.used;
	return 0;
}

int config_bundle_read(
	const char *path, char **ret_data, size_t *ret_size, struct config_problem *ret_problem)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct path_check_fault *fault = malloc(sizeof(*fault));
	char *text = NULL;
	size_t size = 0;
	int line;
	int r;

	if (!fault)
		return -ENOMEM;
	r = path_check_open(path, PATH_CHECK_FILE, geteuid(), &fd, fault);
	if (r)
		r = config_problem_set_path(ret_problem, path, r, fault);
	free(fault);
	if (r)
		return r;
	r = fd_read_all(fd, BUNDLE_MAX_FILE, &text, &size);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return config_problem_set(ret_problem, path, 0,
			r == -EFBIG ? "is larger than 1 MiB" : strerrordesc_np(-r),
			"check that this is lsapid.conf");
	line = find_nul(text, size);
	if (line)
		r = config_problem_set(
			ret_problem, path, line, "has a zero byte", "this is not a text file");
	else
		r = bundle_make(path, text, size, ret_data, ret_size);
	free(text);
	return r;
}

static char *copy_text(struct wire_bytes b)
{
	char *text = malloc(b.size + 1);

	if (!text)
		return NULL;
	if (b.size)
		memcpy(text, b.data, b.size);
	text[b.size] = '\0';
	return text;
}

int config_parse(const char *data, size_t size, struct config **ret_config,
	struct config_problem *ret_problem)
{
	struct wire_reader r;
	struct wire_bytes path;
	struct wire_bytes bytes;
	struct config *c = NULL;
	char *file;
	char *text;
	uint32_t magic;
	uint32_t count;
	int result = -ENOMEM;

	wire_reader_init(&r, data, size);
	magic = wire_get_u32(&r);
	count = wire_get_u32(&r);
	path = wire_get_blob(&r, BUNDLE_MAX_PATH);
	bytes = wire_get_blob(&r, BUNDLE_MAX_FILE);
	if (!wire_reader_is_done(&r) || magic != BUNDLE_MAGIC || count != 1 ||
		(bytes.size && memchr(bytes.data, '\0', bytes.size)))
		return config_problem_set(ret_problem, "-", 0,
			"this is no bundle of configuration files",
			"manager and supervisor must be of the same version");
	file = copy_text(path);
	text = copy_text(bytes);
	c = calloc(1, sizeof(*c));
	if (file && text && c)
		result = config_load(c, file, text, ret_problem);
	free(file);
	free(text);
	if (result) {
		config_free(c);
		return result;
	}
	*ret_config = c;
	return 0;
}

static void handler_deinit(struct config_handler *h)
{
	size_t i;

	for (i = 0; i < h->env_count; i++) {
		free(h->env[i].name);
		free(h->env[i].value);
	}
	free(h->env);
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
	free(c->defaults.path);
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
