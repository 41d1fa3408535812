/* SPDX-License-Identifier: Apache-2.0 */

/* Making images, see image.h. */

#include "daemon/criu/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/criu/image_file.h"
#include "daemon/criu/stamp.h"

static int fail(struct why *reterr, int error, const char *what)
{
	why_set(reterr, "image: %s: %s", what, err_name(error));
	return error;
}

int image_begin(const struct store *s, const struct store_pool *pool, struct image *ret_image,
	struct why *reterr)
{
	struct image image = IMAGE_NULL;
	char name[STORE_NAME_SIZE];
	int r;

	store_shelf_name(pool, name);
	r = shelf_open(s->dir, name, true, &image.shelf);
	if (!r) {
		shelf_retire_old(&image.shelf);
		r = shelf_make(&image.shelf, image.name);
		shelf_unlock(&image.shelf);
	}
	if (r < 0) {
		shelf_close(&image.shelf);
		return fail(reterr, r, name);
	}
	/* before there is more: what a dead process left may be the room that we need */
	shelf_clean(&image.shelf);
	image.dir = r;
	image.is_new = true;
	image.whose = *pool;
	*ret_image = image;
	return 0;
}

static bool is_criu_file(const char *name)
{
	size_t length = strlen(name), suffix = sizeof(IMAGE_FILE_SUFFIX) - 1;

	return length > suffix && strcmp(name + length - suffix, IMAGE_FILE_SUFFIX) == 0;
}

/* On the disk before the manifest that promises it. */
static int put_file(int dir, const char *name, struct manifest_builder *b, uint64_t *bytes)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stamp stamp;
	struct stat st;

	if (fd < 0 || fsync(fd) < 0 || fstat(fd, &st) < 0)
		return err_origin(-errno);
	if (!S_ISREG(st.st_mode))
		return err_origin(-EINVAL);
	stamp_of_stat(&stamp, &st);
	manifest_put_stamp(b, MANIFEST_IMAGE, &stamp, name);
	*bytes += stamp.size;
	return 0;
}

static int put_files(const struct image *image, struct manifest_builder *b, uint64_t *ret_bytes,
	struct why *reterr)
{
	int fd = openat(image->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd); /* which takes the descriptor */
	const struct dirent *e;
	uint64_t bytes = 0;
	int r = 0;

	if (!dir) {
		r = fail(reterr, -errno, "its directory");
		(void)fd_close(fd);
		return r;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (!r && (e = readdir(dir))) {
		if (is_criu_file(e->d_name)) {
			r = put_file(image->dir, e->d_name, b, &bytes);
			if (r)
				(void)fail(reterr, r, e->d_name);
		}
	}
	(void)closedir(dir);
	if (!r && !bytes)
		return fail(reterr, -ENODATA, "CRIU has written none");
	*ret_bytes = bytes;
	return r;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int write_manifest(const struct image *image, const struct manifest_builder *b)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = openat(image->dir, IMAGE_FILE_MANIFEST,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_all(fd, b->data, b->used);

	if (!r && (fsync(fd) < 0 || fsync(image->dir) < 0))
		r = -errno;
	return r;
}

/* From its making name to that of an image: the step that counts. */
static int rename_new(struct image *image)
{
	struct shelf_content content;
	char name[SHELF_NAME_SIZE];
	int r = shelf_read(&image->shelf, &content);

	if (r < 0)
		return r;
	shelf_image_name(content.top + 1, name);
	if (renameat(image->shelf.dir, image->name, image->shelf.dir, name) < 0)
		return err_origin(-errno);
	(void)snprintf(image->name, sizeof(image->name), "%s", name);
	image->is_new = false;
	/* readers may come; whatever fails now, the image is whole */
	(void)flock(image->dir, LOCK_UN);
	(void)fsync(image->shelf.dir);
	shelf_retire_old(&image->shelf);
	return 0;
}

static int finish_manifest(
	const struct image *image, struct manifest_builder *b, uint64_t bytes, struct why *reterr)
{
	struct manifest checked;
	int r;

	manifest_put_text(b, "pool", image->whose.name);
	manifest_put_text(b, "handler", image->whose.handler);
	manifest_put_uint(b, "uid", image->whose.uid);
	manifest_put_uint(b, "gid", image->whose.gid);
	manifest_put_uint(b, "created_s", (uint64_t)time(NULL));
	manifest_put_uint(b, "bytes", bytes);
	r = manifest_end(b);
	if (r < 0)
		return fail(reterr, r, IMAGE_FILE_MANIFEST);
	/* only looked at: the data stays the builder's */
	return manifest_decode(b->data, b->used, &checked, reterr) ? err_origin(-EINVAL) : 0;
}

int image_commit(
	struct image *image, struct manifest_builder *b, uint64_t *ret_bytes, struct why *reterr)
{
	uint64_t bytes = 0;
	int r = put_files(image, b, &bytes, reterr);

	if (!r)
		r = finish_manifest(image, b, bytes, reterr);
	if (r)
		return r;
	r = write_manifest(image, b);
	if (r)
		return fail(reterr, r, IMAGE_FILE_MANIFEST);
	r = shelf_lock(&image->shelf);
	if (!r) {
		r = rename_new(image);
		shelf_unlock(&image->shelf);
	}
	if (r)
		return fail(reterr, r, "cannot take its place");
	shelf_clean(&image->shelf);
	*ret_bytes = bytes;
	return 0;
}
