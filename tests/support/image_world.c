/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/image_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/stamp.h"
#include "tests/support/t.h"

static const char facts_data[] = "spec.handler=php\0env.A=secret\0env.B=2\0limit.nofile=1024";
const struct host image_world_host = { .kernel = "6.1", .cpu = "c0ffee", .criu = "3.17.1" };
const struct store_pool image_world_pool = {
	.name = "site/one", .handler = "php", .uid = 1001, .gid = 1002
};

int image_world_make(void **state)
{
	static struct image_world p;
	char path[96];
	struct why why;
	int fd;

	p = (struct image_world){ .store.dir = -1 };
	(void)snprintf(p.root, sizeof(p.root), "/tmp/lsapid-image-XXXXXX");
	assert_non_null(mkdtemp(p.root));
	(void)snprintf(p.ini, sizeof(p.ini), "%s/php.ini", p.root);
	fd = open(p.ini, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	(void)fd_close(fd);
	(void)snprintf(path, sizeof(path), "%s/images", p.root);
	assert_int_equal(store_open(path, &p.store, &why), 0);
	assert_int_equal(facts_parse(facts_data, sizeof(facts_data), &p.facts), 0);
	*state = &p;
	return 0;
}

int image_world_remove(void **state)
{
	struct image_world *p = *state;
	char command[96];

	store_close(&p->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->root);
	/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a directory of our own */
	assert_int_equal(system(command), 0);
	return 0;
}

void image_world_write_in(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)fd_close(fd);
}

void image_world_describe(const struct image_world *p, struct manifest_builder *b)
{
	struct stamp stamp;

	manifest_begin(b);
	manifest_put_host(b, &image_world_host);
	manifest_put_facts(b, &p->facts);
	manifest_put_note(b, "pid", "77");
	manifest_put_uint(b, "cold_ms", 900);
	manifest_put_uint(b, "freeze_ms", 80);
	assert_int_equal(stamp_take(AT_FDCWD, p->ini, 0, &stamp), 0);
	manifest_put_stamp(b, MANIFEST_WATCH, &stamp, p->ini);
}

/* @text tells the images of one test apart */
void image_world_freeze(const struct image_world *p, const char *text)
{
	struct manifest_builder b = { .data = NULL };
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };
	uint64_t bytes = 0;

	image_world_describe(p, &b);
	assert_int_equal(image_begin(&p->store, &image_world_pool, &image, &why), 0);
	image_world_write_in(image.dir, "pages-1.img", text);
	image_world_write_in(image.dir, "core-7.img", "core");
	image_world_write_in(image.dir, "dump.log", "not part of it");
	assert_int_equal(image_commit(&image, &b, &bytes, &why), 0);
	assert_int_equal(bytes, strlen(text) + 4);
	image_close(&image);
	manifest_builder_deinit(&b);
}

int image_world_find(const struct image_world *p, struct image *image, struct why *why)
{
	const struct image_now now = { .facts = p->facts, .host = &image_world_host };

	return image_find(&p->store, &image_world_pool, &now, image, why);
}

int image_world_shelf_fd(const struct image_world *p)
{
	char name[STORE_NAME_SIZE];
	int fd;

	store_shelf_name(&image_world_pool, name);
	fd = openat(p->store.dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

void image_world_expect(const struct image *image, const char *text)
{
	char found[64] = "";
	int fd = openat(image->dir, "pages-1.img", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	(void)fd_close(fd);
	assert_string_equal(found, text);
}

void image_world_expect_dropped(const struct image_world *p, const char *expected)
{
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };

	assert_int_equal(image_world_find(p, &image, &why), IMAGE_E_DROPPED);
	if (!strstr(why.text, expected))
		assert_string_equal(why.text, expected);
	/* it is gone, and nothing of it is left */
	assert_int_equal(image_world_find(p, &image, &why), IMAGE_E_NONE);
	assert_string_equal(why.text, "");
}
