/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_handlers.h"
#include "daemon/config/config_load.h"

#define BUNDLE_MAGIC 0x4243534cU /* "LSCB" */

int config_pieces_add(struct config_pieces *list, char *path, char *text, size_t size)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 16;
	struct config_piece *item;

	if (path && text && list->count == list->capacity) {
		item = realloc(list->item, capacity * sizeof(*item));
		if (item) {
			list->item = item;
			list->capacity = capacity;
		}
	}
	if (!path || !text || list->count == list->capacity) {
		free(path);
		free(text);
		return -ENOMEM;
	}
	list->item[list->count++] =
		(struct config_piece){ .path = path, .text = text, .size = size };
	list->bytes += size + strlen(path) + 8;
	return 0;
}

void config_pieces_deinit(struct config_pieces *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->item[i].path);
		free(list->item[i].text);
	}
	free(list->item);
	*list = (struct config_pieces){ .item = NULL };
}

static void put_text(struct wire_writer *w, const char *text)
{
	wire_put_blob(w, text, strlen(text));
}

static void put_problems(struct wire_writer *w, const struct config_problems *problems)
{
	size_t i;

	wire_put_u32(w, (uint32_t)problems->count);
	for (i = 0; i < problems->count; i++) {
		const struct config_problem *p = &problems->item[i];

		put_text(w, p->file);
		wire_put_u32(w, (uint32_t)p->line);
		put_text(w, p->what);
		put_text(w, p->remedy);
		wire_put_u8(w, p->is_kept);
	}
}

int config_bundle_make(const struct config_pieces *list, const struct config_problems *problems,
	struct config_bundle *ret_bundle)
{
	size_t size = 16 + list->bytes + problems->count * sizeof(struct config_problem) * 2;
	struct wire_writer w;
	char *data;
	size_t i;

	if (size > CONFIG_MAX_BYTES)
		return -E2BIG;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	wire_writer_init(&w, data, size);
	wire_put_u32(&w, BUNDLE_MAGIC);
	wire_put_u32(&w, (uint32_t)list->count);
	for (i = 0; i < list->count; i++) {
		put_text(&w, list->item[i].path);
		wire_put_blob(&w, list->item[i].text, list->item[i].size);
	}
	put_problems(&w, problems);
	if (w.has_failed) {
		free(data);
		return -EOVERFLOW;
	}
	*ret_bundle = (struct config_bundle){ .data = data, .size = w.used };
	return 0;
}

bool config_bundle_open(struct config_bundle_reader *r, const void *data, size_t size)
{
	wire_reader_init(&r->wire, data, size);
	if (wire_get_u32(&r->wire) != BUNDLE_MAGIC)
		return false;
	r->left = wire_get_u32(&r->wire);
	return !r->wire.has_failed && r->left > 0 && r->left <= CONFIG_MAX_POOL_FILES + 1;
}

bool config_bundle_next(
	struct config_bundle_reader *r, struct wire_bytes *ret_path, struct wire_bytes *ret_text)
{
	if (r->left == 0)
		return false;
	*ret_path = wire_get_blob(&r->wire, CONFIG_BUNDLE_MAX_PATH);
	*ret_text = wire_get_blob(&r->wire, CONFIG_BUNDLE_MAX_FILE);
	if (r->wire.has_failed || (ret_text->size && memchr(ret_text->data, '\0', ret_text->size)))
		return false;
	r->left--;
	return true;
}

static bool get_text(struct wire_reader *w, char *out, size_t size)
{
	struct wire_bytes b = wire_get_blob(w, size - 1);

	if (b.size)
		memcpy(out, b.data, b.size);
	out[b.size] = '\0';
	return !w->has_failed;
}

static bool get_problems(struct wire_reader *w, struct config_problems *ret_problems)
{
	uint32_t count = wire_get_u32(w);
	uint32_t i;

	for (i = 0; i < count && i < CONFIG_MAX_PROBLEMS; i++) {
		struct config_problem p = { .line = 0 };

		if (!get_text(w, p.file, sizeof(p.file)))
			return false;
		p.line = (int)wire_get_u32(w);
		if (!get_text(w, p.what, sizeof(p.what)) ||
			!get_text(w, p.remedy, sizeof(p.remedy)))
			return false;
		p.is_kept = wire_get_u8(w) != 0;
		config_problems_add(ret_problems, &p);
	}
	return wire_reader_is_done(w);
}

bool config_bundle_problems(struct config_bundle_reader *r, struct config_problems *ret_problems)
{
	return get_problems(&r->wire, ret_problems) && r->left == 0;
}

int config_problems_pack(const struct config_problems *list, struct config_bundle *ret_bundle)
{
	size_t size = 16 + list->count * sizeof(struct config_problem) * 2;
	struct wire_writer w;
	char *data = malloc(size);

	if (!data)
		return -ENOMEM;
	wire_writer_init(&w, data, size);
	put_problems(&w, list);
	*ret_bundle = (struct config_bundle){ .data = data, .size = w.used };
	return 0;
}

bool config_problems_unpack(const char *data, size_t size, struct config_problems *ret)
{
	struct wire_reader w;

	wire_reader_init(&w, data, size);
	return get_problems(&w, ret);
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

/* The first file is lsapid.conf, then handler_map if there is one, the others are pool files. */
static int parse_file(struct config *c, struct wire_bytes path, struct wire_bytes bytes,
	struct config_problems *problems)
{
	char *file = copy_text(path);
	char *text = copy_text(bytes);
	int r = -ENOMEM;

	if (file && text && !c->file)
		r = config_load(c, file, text, problems);
	else if (file && text && config_is_handler_map(c, file))
		r = config_load_handlers(c, file, text, problems);
	else if (file && text)
		r = config_load_pools(c, file, text, problems);
	free(file);
	free(text);
	return r;
}

static int parse_all(struct config *c, const char *data, size_t size,
	struct config_problems *problems, bool *ret_is_whole)
{
	struct config_bundle_reader reader;
	struct wire_bytes path;
	struct wire_bytes text;
	int r = 0;

	*ret_is_whole = config_bundle_open(&reader, data, size);
	while (r == 0 && *ret_is_whole && config_bundle_next(&reader, &path, &text))
		r = parse_file(c, path, text, problems);
	if (r == 0 && *ret_is_whole)
		*ret_is_whole = config_bundle_problems(&reader, &c->problems);
	return r;
}

int config_parse(const char *data, size_t size, struct config **ret_config,
	struct config_problem *ret_problem)
{
	struct config_problems problems = { .item = NULL };
	struct config *c = calloc(1, sizeof(*c));
	bool is_whole = true;
	int r = c ? parse_all(c, data, size, &problems, &is_whole) : -ENOMEM;

	if (r > 0 && problems.count)
		*ret_problem = problems.item[0];
	else if (r >= 0 && !is_whole)
		r = config_problem_set(ret_problem, "-", 0,
			"this is no bundle of configuration files",
			"manager and supervisor must be of the same version");
	config_problems_deinit(&problems);
	if (r)
		(void)config_free(c);
	else
		*ret_config = c;
	return r;
}
