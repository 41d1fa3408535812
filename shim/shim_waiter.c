/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_waiter.h"

#include <stdlib.h>

/* A client that pipelines has unread bytes: they say nothing, the end of the stream does. */
#define CLIENT_EVENTS (POLLRDHUP | POLLHUP | POLLERR)

struct shim_waiter *shim_waiter_find(struct shim_waiter *list, uint32_t sequence)
{
	for (struct shim_waiter *w = list; w; w = w->next)
		if (w->sequence == sequence && w->result < 0)
			return w;
	return NULL;
}

void shim_waiter_unlink(struct shim_waiter **list, const struct shim_waiter *gone)
{
	struct shim_waiter **at = list;

	while (*at && *at != gone)
		at = &(*at)->next;
	if (*at)
		*at = (*at)->next;
}

void shim_waiter_end_all(struct shim_waiter *list, int result)
{
	for (struct shim_waiter *w = list; w; w = w->next)
		if (w->result < 0)
			w->result = result;
}

static bool is_watched(const struct shim_waiter *w)
{
	return w->is_queued && w->client_fd >= 0 && w->result < 0;
}

void shim_watch_init(struct shim_watch *w, int control_fd, const struct shim_waiter *list)
{
	nfds_t clients = 0;

	*w = (struct shim_watch){ .control = { .fd = control_fd, .events = POLLIN }, .count = 1 };
	for (const struct shim_waiter *i = list; i; i = i->next)
		clients += is_watched(i);
	if (clients > 0) {
		w->fd = calloc(clients + 1, sizeof(*w->fd));
		w->sequence = calloc(clients + 1, sizeof(*w->sequence));
	}
	if (!w->fd || !w->sequence) {
		free(w->fd);
		free(w->sequence);
		w->sequence = NULL;
		w->fd = &w->control;
		return;
	}
	w->fd[0] = w->control;
	for (const struct shim_waiter *i = list; i; i = i->next) {
		if (!is_watched(i))
			continue;
		w->fd[w->count] = (struct pollfd){ .fd = i->client_fd, .events = POLLRDHUP };
		w->sequence[w->count++] = i->sequence;
	}
}

void shim_watch_mark(const struct shim_watch *w, struct shim_waiter *list)
{
	for (nfds_t i = 1; i < w->count; i++) {
		struct shim_waiter *gone = NULL;

		/* who has got his answer meanwhile may have closed the descriptor already */
		if (w->fd[i].revents & CLIENT_EVENTS)
			gone = shim_waiter_find(list, w->sequence[i]);
		if (gone)
			gone->result = SHIM_SESSION_E_GONE;
	}
}

void shim_watch_deinit(struct shim_watch *w)
{
	if (w->fd != &w->control)
		free(w->fd);
	free(w->sequence);
}
