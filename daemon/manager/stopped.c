/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/stopped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"

#define NEW_FILE   STOPPED_FILE ".new"
#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME  0x100000001b3ULL

static struct stopped_mark *mark_of(struct list_node *n)
{
	return LIST_OWNER(n, struct stopped_mark, node);
}

uint64_t stopped_hash(uid_t uid, const char *name)
{
	uint64_t h = FNV_OFFSET ^ uid;

	for (; name && *name; name++)
		h = (h ^ (uint8_t)(*name | ('a' - 'A'))) * FNV_PRIME;
	return h * FNV_PRIME;
}

void stopped_init(struct stopped *s)
{
	list_init(&s->marks);
	map_init(&s->by_hash);
}

static void forget(struct stopped *s, struct stopped_mark *k)
{
	map_remove(&s->by_hash, stopped_hash(k->uid, k->name), k);
	list_remove(&k->node);
	free(k->name);
	free(k);
}

void stopped_deinit(struct stopped *s)
{
	struct list_node *n;

	while ((n = list_first(&s->marks)))
		forget(s, mark_of(n));
	map_deinit(&s->by_hash);
}

static struct stopped_mark *find(const struct stopped *s, uid_t uid, const char *name)
{
	struct map_iter it = { .probed = 0 };
	struct stopped_mark *k;

	while ((k = map_find_next(&s->by_hash, stopped_hash(uid, name), &it))) {
		if (k->uid == uid && !k->name == !name && (!name || !strcasecmp(k->name, name)))
			return k;
	}
	return NULL;
}

bool stopped_has(const struct stopped *s, uid_t uid, const char *name)
{
	return find(s, uid, name) != NULL;
}

bool stopped_is(const struct stopped *s, uid_t uid, const char *name)
{
	return !list_is_empty(&s->marks) && (find(s, uid, NULL) || find(s, uid, name));
}

int stopped_add(struct stopped *s, uid_t uid, const char *name)
{
	struct stopped_mark *k;

	if (name && (!*name || strchr(name, '\n')))
		return -EINVAL;
	if (find(s, uid, name))
		return 0;
	k = calloc(1, sizeof(*k));
	if (k && name)
		k->name = strdup(name);
	if (!k || (name && !k->name) || map_put(&s->by_hash, stopped_hash(uid, name), k) < 0) {
		if (k)
			free(k->name);
		free(k);
		return -ENOMEM;
	}
	k->uid = uid;
	list_push_back(&s->marks, &k->node);
	return 0;
}

void stopped_remove(struct stopped *s, uid_t uid, const char *name)
{
	struct stopped_mark *k = find(s, uid, name);

	if (k)
		forget(s, k);
}

/* --- the file ----------------------------------------------------------------------------- */

size_t stopped_parse(struct stopped *s, char *text)
{
	size_t bad = 0;
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		char *name = strchr(line, ' ');
		uint64_t uid;

		if (!*line)
			continue;
		if (name)
			*name++ = '\0';
		if (!str_parse_uint(line, 0, UINT32_MAX - 1, &uid) ||
			stopped_add(s, (uid_t)uid, name) < 0)
			bad++;
	}
	return bad;
}

char *stopped_format(const struct stopped *s, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);
	struct list_node *n, *tmp;

	if (!out)
		return NULL;
	LIST_FOREACH (&s->marks, n, tmp) {
		const struct stopped_mark *k = mark_of(n);

		(void)fprintf(out, "%u%s%s\n", k->uid, k->name ? " " : "", k->name ? k->name : "");
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

void stopped_load(struct stopped *s)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open(STOPPED_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = NULL;
	size_t bad = 0, size;
	int r;

	if (fd < 0 && errno == ENOENT)
		return;
	r = fd < 0 ? -errno : fd_read_all(fd, STOPPED_MAX_BYTES, &text, &size);
	if (r == 0)
		bad = stopped_parse(s, text);
	free(text);
	if (r < 0 || bad)
		log_error("stopped.unread", F_STR("file", STOPPED_FILE), F_ERRNO(r),
			F_UINT("lines", bad));
	if (!list_is_empty(&s->marks))
		log_notice("stopped.kept", F_UINT("marks", s->marks.count));
}

static int write_file(const char *text, size_t size)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = open(
		NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

	while (fd >= 0 && size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return err_origin(-errno);
		text += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return fd < 0 ? err_origin(-errno) : 0;
}

int stopped_save(const struct stopped *s)
{
	size_t size = 0;
	char *text;
	int r;

	if (list_is_empty(&s->marks))
		return unlink(STOPPED_FILE) < 0 && errno != ENOENT ? err_origin(-errno) : 0;
	text = stopped_format(s, &size);
	if (!text)
		return -ENOMEM;
	/* what could not be read again is not written */
	r = size > STOPPED_MAX_BYTES ? -EFBIG : write_file(text, size);
	if (r == 0 && rename(NEW_FILE, STOPPED_FILE) < 0)
		r = err_origin(-errno);
	free(text);
	return r;
}
