/* SPDX-License-Identifier: Apache-2.0 */

/* Reading images: finding, checking, their use. image_write.c makes them. */

#include "daemon/criu/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/criu/difference.h"
#include "daemon/criu/image_file.h"

/* Two numbers. */
#define USED_SIZE 48U

static int broken(struct why *ret_why, int error)
{
	why_set(ret_why, "manifest: %s", error == -ENOENT ? "missing" : err_name(error));
	return 1;
}

static int load_manifest(struct image *image, struct why *ret_why)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = openat(
		image->dir, IMAGE_FILE_MANIFEST, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *data = NULL;
	size_t size = 0;
	int r = fd < 0 ? -errno : fd_read_all(fd, MANIFEST_MAX_BYTES, &data, &size);

	if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
		return r; /* says nothing about the image */
	if (r < 0)
		return broken(ret_why, r);
	r = manifest_decode(data, size, &image->manifest, ret_why);
	if (r)
		free(data);
	return r;
}

int image_load(
	const struct shelf *shelf, uint64_t number, struct image *ret_image, struct why *ret_why)
{
	*ret_image = (struct image)IMAGE_NULL;
	shelf_image_name(number, ret_image->name);
	ret_image->dir = shelf_open_image(shelf, ret_image->name, LOCK_SH);
	if (ret_image->dir < 0) {
		int r = ret_image->dir;

		ret_image->dir = -1;
		return r == -EPERM || r == -ENOTDIR || r == -ELOOP ? broken(ret_why, r) : r;
	}
	return load_manifest(ret_image, ret_why);
}

/* Return: 0; IMAGE_E_DROPPED; -errno */
static int retire(const struct shelf *shelf, const char *name)
{
	int r = shelf_retire(shelf, name);

	return r < 0 ? r : IMAGE_E_DROPPED;
}

static void take_flag(const struct shelf *shelf, const char *flag, struct why *ret_why)
{
	if (unlinkat(shelf->dir, flag, 0) == 0)
		why_set(ret_why, "reset by %s", flag);
	else
		why_set(ret_why, "reset by %s, which cannot be removed: %s", flag, err_name(errno));
}

static int find_in(const struct shelf *shelf, const struct difference_now *now,
	struct image *ret_image, struct why *ret_why)
{
	struct shelf_content content = { .newest = 0 };
	int r = shelf_read(shelf, &content);

	if (r < 0)
		return r;
	if (content.flag[0])
		take_flag(shelf, content.flag, ret_why);
	if (!content.newest)
		return IMAGE_E_NONE;
	if (content.flag[0]) {
		shelf_image_name(content.newest, ret_image->name);
		return retire(shelf, ret_image->name);
	}
	r = image_load(shelf, content.newest, ret_image, ret_why);
	if (!r)
		r = difference_find(&ret_image->manifest, ret_image->dir, now, ret_why);
	return r > 0 ? retire(shelf, ret_image->name) : r;
}

int image_find(const struct store *s, const struct store_pool *pool, const struct image_now *now,
	struct image *ret_image, struct why *ret_why)
{
	const struct difference_now whole = {
		.facts = now->facts, .host = now->host, .pool = pool
	};
	struct image image = IMAGE_NULL;
	struct shelf shelf = SHELF_NULL;
	char name[STORE_NAME_SIZE];
	int r;

	*ret_why = (struct why){ .text = "" };
	store_shelf_name(pool, name);
	r = shelf_open(s->dir, name, false, &shelf);
	if (r == -ENOENT)
		return IMAGE_E_NONE;
	if (!r) {
		r = find_in(&shelf, &whole, &image, ret_why);
		shelf_unlock(&shelf);
	}
	if (r < 0)
		why_set(ret_why, "%s: %s", name, err_name(r));
	if (r) {
		image_close(&image);
		if (r == IMAGE_E_DROPPED)
			shelf_clean(&shelf);
		shelf_close(&shelf);
		return r;
	}
	image.shelf = shelf; /* handed over */
	*ret_image = image;
	return 0;
}

/* "restores ms\n", written in place: what a crash can spoil is a count. */
void image_used(const struct image *image, uint32_t restore_ms)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct image_usage usage;
	char text[USED_SIZE];
	int size;

	image_usage(image, &usage);
	fd = openat(image->dir, IMAGE_FILE_USED, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return; /* a full disk: then it is older than it is */
	size = snprintf(text, sizeof(text), "%020" PRIu64 " %010" PRIu32 "\n", usage.restores + 1,
		restore_ms);
	if (pwrite(fd, text, (size_t)size, 0) == size)
		(void)futimens(fd, NULL);
}

static void parse_used(char *text, struct image_usage *u)
{
	char *ms = strchr(text, ' ');
	uint64_t restores, restore_ms;

	if (!ms)
		return;
	*ms++ = '\0';
	ms[strcspn(ms, "\n")] = '\0';
	if (str_parse_uint(text, 0, UINT64_MAX - 1, &restores) &&
		str_parse_uint(ms, 0, UINT32_MAX, &restore_ms)) {
		u->restores = restores;
		u->restore_ms = restore_ms;
	}
}

void image_usage(const struct image *image, struct image_usage *ret_usage)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = openat(image->dir, IMAGE_FILE_USED, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[USED_SIZE];
	struct stat st;
	ssize_t n;

	*ret_usage = (struct image_usage){ .last_s = image->manifest.created_s };
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	ret_usage->last_s = (uint64_t)st.st_mtim.tv_sec;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return;
	text[n] = '\0';
	parse_used(text, ret_usage);
}

/* Is the image of that name still this one? */
static bool is_still(const struct image *image)
{
	struct stat own, there;

	return fstat(image->dir, &own) == 0 &&
	       fstatat(image->shelf.dir, image->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       own.st_ino == there.st_ino && own.st_dev == there.st_dev;
}

/* @image: found, or new and to be given up */
static void remove_image(struct image *image)
{
	if (shelf_lock(&image->shelf) == 0) {
		if (is_still(image))
			(void)shelf_retire(&image->shelf, image->name);
		shelf_unlock(&image->shelf);
	}
	image->dir = fd_close(image->dir);
	shelf_clean(&image->shelf);
}

void image_drop(struct image *image)
{
	remove_image(image);
}

int image_reset(const struct store *s, const struct store_pool *pool, struct why *reterr)
{
	struct shelf_content content = { .newest = 0 };
	struct shelf shelf = SHELF_NULL;
	char name[STORE_NAME_SIZE], image[SHELF_NAME_SIZE];
	int r;

	store_shelf_name(pool, name);
	r = shelf_open(s->dir, name, false, &shelf);
	if (r == -ENOENT)
		return 0;
	if (!r)
		r = shelf_read(&shelf, &content);
	if (!r && content.newest) {
		shelf_image_name(content.newest, image);
		r = shelf_retire(&shelf, image);
	}
	if (r < 0) {
		why_set(reterr, "%s: %s", name, err_name(r));
	} else {
		shelf_unlock(&shelf);
		shelf_clean(&shelf);
	}
	shelf_close(&shelf);
	return r;
}

void image_close(struct image *image)
{
	if (image->is_new)
		remove_image(image);
	image->is_new = false;
	image->dir = fd_close(image->dir);
	shelf_close(&image->shelf);
	manifest_deinit(&image->manifest);
}
