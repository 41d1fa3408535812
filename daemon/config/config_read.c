/* SPDX-License-Identifier: Apache-2.0 */

/* The files as they lie on the disk: who may have written them, and which are good. */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/base/fd.h"
#include "daemon/base/map.h"
#include "daemon/base/path_check.h"
#include "daemon/config/config_bundle.h"
#include "daemon/config/config_handlers.h"
#include "daemon/config/config_load.h"

/* A pool file has some hundred bytes; thousands of them have to fit into one bundle. */
#define READ_MAX_POOL_FILE (64U * 1024U)
#define SUFFIX             ".conf"
#define FNV_BASIS          0xcbf29ce484222325ULL
#define FNV_PRIME          0x100000001b3ULL

/* One reading of all files. */
struct reading {
	struct config *config;
	struct config_pieces pieces;
	struct config_pieces last; /* pool files of the reading before */
	struct map last_by_path;
	struct path_check_fault *fault;
	int dir; /* owned: pools_dir */
};

static uint64_t hash_path(const char *path)
{
	uint64_t hash = FNV_BASIS;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * FNV_PRIME;
	return hash;
}

/* --- the reading before ------------------------------------------------------------------- */

static int remember_last(struct reading *r, const struct config_bundle *last)
{
	struct config_bundle_reader reader;
	struct wire_bytes path;
	struct wire_bytes text;
	size_t i;

	if (!last || !config_bundle_open(&reader, last->data, last->size))
		return 0;
	while (config_bundle_next(&reader, &path, &text)) {
		int result = config_pieces_add(&r->last,
			strndup((const char *)path.data, path.size),
			strndup(text.size ? (const char *)text.data : "", text.size), text.size);

		if (result)
			return result;
	}
	/* the first is lsapid.conf, which has to be good by itself */
	for (i = 1; i < r->last.count; i++) {
		if (map_put(&r->last_by_path, hash_path(r->last.item[i].path), &r->last.item[i]))
			return -ENOMEM;
	}
	return 0;
}

static const struct config_piece *find_last(const struct reading *r, const char *path)
{
	struct map_iter it = { .probed = 0 };
	const struct config_piece *p;

	while ((p = map_find_next(&r->last_by_path, hash_path(path), &it))) {
		if (strcmp(p->path, path) == 0)
			return p;
	}
	return NULL;
}

/* --- one file ----------------------------------------------------------------------------- */

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

/* Return: 0; 1 and a problem; -errno. @fd is consumed. */
static int read_text(int fd, const char *path, size_t max, struct config_piece *ret,
	struct config_problems *problems)
{
	struct config_problem problem = { .line = 0 };
	char *text = NULL;
	char what[64];
	size_t size = 0;
	int line;
	int r = fd_read_all(fd, max, &text, &size);

	(void)fd_close(fd);
	if (r == -ENOMEM)
		return r;
	(void)snprintf(what, sizeof(what), "is larger than %zu KiB", max / 1024);
	line = r == 0 ? find_nul(text, size) : 0;
	if (r == 0 && line == 0) {
		*ret = (struct config_piece){ .path = strdup(path), .text = text, .size = size };
		return 0;
	}
	free(text);
	if (line)
		(void)config_problem_set(
			&problem, path, line, "has a zero byte", "this is not a text file");
	else
		(void)config_problem_set(&problem, path, 0,
			r == -EFBIG ? what : strerrordesc_np(-r),
			"check that this is a file of lsapid's configuration");
	config_problems_add(problems, &problem);
	return 1;
}

static int fail_path(
	struct reading *r, const char *path, int error, struct config_problems *problems)
{
	struct config_problem problem = { .line = 0 };

	(void)config_problem_set_path(&problem, path, error, r->fault);
	config_problems_add(problems, &problem);
	return 1;
}

static int read_main(struct reading *r, const char *path, struct config_problems *problems)
{
	struct config_piece piece = { .path = NULL };
	int fd = -1;
	int result = path_check_open(path, PATH_CHECK_FILE, geteuid(), &fd, r->fault);

	if (result)
		return fail_path(r, path, result, problems);
	result = read_text(fd, path, CONFIG_BUNDLE_MAX_FILE, &piece, problems);
	if (result)
		return result;
	result = config_pieces_add(&r->pieces, piece.path, piece.text, piece.size);
	return result ? result : config_load(r->config, path, piece.text, problems);
}

static int read_handler_map(struct reading *r, struct config_problems *problems)
{
	const char *path = r->config->handler_map;
	struct config_piece piece = { .path = NULL };
	char *text;
	int fd = -1;
	int result;

	if (!*path)
		return 0;
	result = path_check_open(path, PATH_CHECK_FILE, geteuid(), &fd, r->fault);
	if (result)
		return fail_path(r, path, result, problems);
	result = read_text(fd, path, CONFIG_BUNDLE_MAX_FILE, &piece, problems);
	if (result)
		return result;
	text = strdup(piece.text); /* taken apart by who reads it */
	result = config_pieces_add(&r->pieces, piece.path, piece.text, piece.size);
	if (result == 0)
		result = text ? config_load_handlers(r->config, path, text, problems) : -ENOMEM;
	free(text);
	return result;
}

/* Return: 0: its pools are in force; 1 and problems; -errno. */
static int read_pool_file(struct reading *r, const char *path, struct config_problems *problems)
{
	struct config_piece piece = { .path = NULL };
	int fd = -1;
	int result = path_check_open_in(r->dir, path, geteuid(), &fd, r->fault);

	if (result == PATH_CHECK_E_MISSING)
		return 0; /* removed since the directory was listed */
	if (result)
		return fail_path(r, path, result, problems);
	result = read_text(fd, path, READ_MAX_POOL_FILE, &piece, problems);
	if (result)
		return result;
	result = config_load_pools(r->config, path, piece.text, problems);
	if (result == 0)
		return config_pieces_add(&r->pieces, piece.path, piece.text, piece.size);
	free(piece.path);
	free(piece.text);
	return result;
}

/* Return: true if the last good version of it goes on. */
static bool keep_last(struct reading *r, const char *path, int *ret_result)
{
	const struct config_piece *last = find_last(r, path);
	struct config_problems ignored = { .item = NULL };

	*ret_result = 1;
	if (last)
		*ret_result = config_load_pools(r->config, path, last->text, &ignored);
	config_problems_deinit(&ignored);
	if (*ret_result == 0)
		*ret_result = config_pieces_add(
			&r->pieces, strdup(path), strndup(last->text, last->size), last->size);
	return *ret_result == 0;
}

static int take_pool_file(struct reading *r, const char *path)
{
	struct config_problems *all = &r->config->problems;
	size_t before = all->count;
	int result = read_pool_file(r, path, all);
	bool is_kept;

	if (result <= 0)
		return result;
	is_kept = keep_last(r, path, &result);
	for (; before < all->count; before++)
		all->item[before].is_kept = is_kept;
	return result < 0 ? result : 0;
}

/* --- the directory ------------------------------------------------------------------------ */

static int is_pool_file(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > strlen(SUFFIX) &&
	       strcmp(entry->d_name + size - strlen(SUFFIX), SUFFIX) == 0;
}

/* By bytes, not by the locale: the order decides who is the second to claim a user. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int take_pool_files(struct reading *r, struct config_problems *problems)
{
	const char *dir = r->config->pools_dir;
	struct config_problem problem;
	struct dirent **names = NULL;
	char path[PATH_MAX];
	int count = scandirat(r->dir, ".", &names, is_pool_file, by_name);
	int result = 0;
	int i;

	if (count < 0)
		return -errno;
	if ((unsigned)count > CONFIG_MAX_POOL_FILES) {
		(void)config_problem_set(&problem, dir, 0, "has more than 100000 pool files",
			"write several pools into one file");
		config_problems_add(problems, &problem);
		result = 1;
	}
	for (i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (result == 0)
			result = take_pool_file(r, path);
		free(names[i]);
	}
	free(names);
	return result;
}

static int read_pools_dir(struct reading *r, struct config_problems *problems)
{
	const char *dir = r->config->pools_dir;
	int result = path_check_open(dir, PATH_CHECK_DIRECTORY, geteuid(), &r->dir, r->fault);

	/* the one of the defaults need not be there */
	if (result == PATH_CHECK_E_MISSING && strcmp(dir, LSAPID_CONFDIR "/pools.d") == 0)
		return 0;
	if (result)
		return fail_path(r, dir, result, problems);
	return take_pool_files(r, problems);
}

static int read_all(struct reading *r, const char *path, const struct config_bundle *last,
	struct config_bundle *ret_bundle, struct config_problems *problems)
{
	struct config_problem problem;
	int result;

	if (!r->config || !r->fault)
		return -ENOMEM;
	result = remember_last(r, last);
	if (result == 0)
		result = read_main(r, path, problems);
	if (result == 0)
		result = read_handler_map(r, problems);
	if (result == 0)
		result = read_pools_dir(r, problems);
	if (result == 0)
		result = config_bundle_make(&r->pieces, &r->config->problems, ret_bundle);
	if (result != -E2BIG)
		return result;
	(void)config_problem_set(&problem, r->config->pools_dir, 0,
		"its files have more than 64 MiB together", "write shorter ones");
	config_problems_add(problems, &problem);
	return 1;
}

int config_read(const char *path, const struct config_bundle *last, struct config **ret_config,
	struct config_bundle *ret_bundle, struct config_problems *ret_problems)
{
	struct reading r = {
		.config = calloc(1, sizeof(struct config)),
		.fault = calloc(1, sizeof(struct path_check_fault)),
		.dir = -1,
	};
	int result;

	map_init(&r.last_by_path);
	result = read_all(&r, path, last, ret_bundle, ret_problems);
	map_deinit(&r.last_by_path);
	config_pieces_deinit(&r.last);
	config_pieces_deinit(&r.pieces);
	free(r.fault);
	r.dir = fd_close(r.dir);
	if (result)
		r.config = config_free(r.config);
	else
		*ret_config = r.config;
	return result;
}
