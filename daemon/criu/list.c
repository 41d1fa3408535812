/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/list.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/criu/difference.h"
#include "daemon/criu/image.h"

struct listing {
	const struct host *host; /* borrowed */
	json_t *images;          /* borrowed: the document's */
	uint64_t bytes;
};

/* Names come from httpd's configuration, and jansson refuses what is not UTF-8. */
static void set_text(json_t *o, const char *key, const char *s)
{
	json_t *j = json_string(s);

	(void)json_object_set_new(o, key, j ? j : json_string("(not UTF-8)"));
}

static void set_uint(json_t *o, const char *key, uint64_t v)
{
	(void)json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void put_image(json_t *o, const struct image *image)
{
	const struct manifest *m = &image->manifest;
	struct image_usage usage;

	image_usage(image, &usage);
	set_text(o, "pool", m->pool);
	set_uint(o, "uid", m->uid);
	set_uint(o, "gid", m->gid);
	set_text(o, "handler", m->handler);
	set_uint(o, "bytes", m->bytes);
	set_uint(o, "created", m->created_s);
	set_uint(o, "last_used", usage.last_s);
	set_uint(o, "restores", usage.restores);
	set_uint(o, "cold_ms", m->cold_ms);
	set_uint(o, "freeze_ms", m->freeze_ms);
	if (usage.restores)
		set_uint(o, "restore_ms", usage.restore_ms);
}

static void list_image(
	struct listing *l, const char *name, const struct shelf *shelf, uint64_t number)
{
	const struct difference_now now = { .host = l->host };
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };
	int r = image_load(shelf, number, &image, &why);
	json_t *o = json_object();

	set_text(o, "directory", name);
	if (!r) {
		put_image(o, &image);
		l->bytes += image.manifest.bytes;
		r = difference_find(&image.manifest, image.dir, &now, &why);
	}
	if (r < 0)
		why_set(&why, "cannot be read: %s", err_name(r));
	(void)json_object_set_new(o, "is_valid", json_boolean(r == 0));
	set_text(o, "problem", why.text);
	(void)json_array_append_new(l->images, o);
	image_close(&image);
}

static int list_shelf(const struct store *s, const char *name, void *arg)
{
	struct shelf_content content = { .newest = 0 };
	struct shelf shelf = SHELF_NULL;
	/* what is not ours, or is being removed, is no image */
	int r = shelf_open(s->dir, name, false, &shelf);

	if (!r)
		r = shelf_read(&shelf, &content);
	if (!r && content.newest)
		list_image(arg, name, &shelf, content.newest);
	shelf_close(&shelf);
	return 0;
}

char *list_print(const struct store *stores, size_t count, const struct host *host)
{
	json_t *document = json_object();
	struct listing l = { .host = host, .images = json_array() };
	char *text = NULL;
	int r = 0;

	(void)json_object_set_new(document, "images", l.images);
	for (size_t i = 0; i < count && r == 0; i++)
		r = store_walk(&stores[i], list_shelf, &l);
	if (r == 0) {
		set_uint(document, "bytes", l.bytes);
		text = json_dumps(document, JSON_COMPACT);
	}
	json_decref(document);
	return text;
}
