/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct outbox_item {
	struct list_node node;
	struct fdpass_set fds; /* owned: duplicates */
	size_t size;
	uint8_t data[];
};

void outbox_init(struct outbox *o, size_t limit)
{
	list_init(&o->items);
	o->limit = limit;
}

static void item_free(struct outbox_item *item)
{
	fdpass_close(&item->fds);
	free(item);
}

void outbox_deinit(struct outbox *o)
{
	struct list_node *n;

	while ((n = list_pop_front(&o->items)))
		item_free(LIST_OWNER(n, struct outbox_item, node));
}

static int outbox_queue(
	struct outbox *o, const void *data, size_t size, const struct fdpass_set *fds)
{
	struct outbox_item *item;

	if (o->items.count >= o->limit)
		return OUTBOX_E_FULL;
	item = malloc(sizeof(*item) + size);
	if (!item)
		return -ENOMEM;
	memset(&item->node, 0, sizeof(item->node));
	item->fds = (struct fdpass_set)FDPASS_SET_EMPTY;
	item->size = size;
	memcpy(item->data, data, size);
	for (size_t i = 0; fds && i < fds->count; i++) {
		/* the caller may close its own before the socket is writable */
		int fd = fcntl(fds->fd[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			int r = -errno;

			item_free(item);
			return r;
		}
		item->fds.fd[item->fds.count++] = fd;
	}
	list_push_back(&o->items, &item->node);
	return OUTBOX_QUEUED;
}

int outbox_send(
	struct outbox *o, int sock, const void *data, size_t size, const struct fdpass_set *fds)
{
	int r;

	if (!list_is_empty(&o->items))
		return outbox_queue(o, data, size, fds);
	r = fdpass_send(sock, data, size, fds, MSG_DONTWAIT);
	return r == -EAGAIN ? outbox_queue(o, data, size, fds) : r;
}

int outbox_flush(struct outbox *o, int sock)
{
	struct list_node *n;

	while ((n = list_pop_front(&o->items))) {
		struct outbox_item *item = LIST_OWNER(n, struct outbox_item, node);
		int r = fdpass_send(sock, item->data, item->size, &item->fds, MSG_DONTWAIT);

		if (r == -EAGAIN) {
			list_push_front(&o->items, n);
			return OUTBOX_QUEUED;
		}
		item_free(item);
		if (r < 0)
			return r;
	}
	return 0;
}
