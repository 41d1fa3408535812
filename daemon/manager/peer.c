/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static void peer_bury(struct grave *g)
{
	struct peer *p = LIST_OWNER(g, struct peer, grave);

	p->session = session_end(p->session);
	listener_resume(&p->manager->listener);
	listener_resume(&p->manager->admin_listener);
	free(p);
}

void peer_drop(struct peer *p, const char *why)
{
	struct manager *m = p->manager;

	if (p->is_dead)
		return;
	p->is_dead = true;
	if (why) {
		m->stats.dropped_peers++;
		log_warn("peer.drop", F_STR("why", why), F_UINT("uid", p->uid),
			F_INT("pid", p->pid), F_UINT("session", p->session ? p->session->id : 0));
	}
	(void)event_del(&p->read_event);
	(void)event_del(&p->write_event);
	outbox_deinit(&p->outbox);
	p->fd = fd_close(p->fd);
	list_remove(&p->node);
	graveyard_add(&m->graveyard, &p->grave, peer_bury);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct peer *p = arg;
	ssize_t n;

	(void)what;
	if (p->is_dead)
		return;
	/* no message to us carries a descriptor: one that does is refused, and closed unseen */
	n = fdpass_recv(fd, data, sizeof(data), &fds, 0, MSG_DONTWAIT);
	if (n == -EAGAIN)
		return;
	if (n == 0 || n == -ECONNRESET)
		peer_drop(p, NULL);
	else if (n < 0)
		peer_drop(p, "bad-datagram");
	else if (!ops_dispatch(p, data, (size_t)n))
		peer_drop(p, "violation");
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	int r;

	(void)what;
	if (p->is_dead)
		return;
	r = outbox_flush(&p->outbox, fd);
	if (r == OUTBOX_QUEUED)
		return;
	p->is_writing = false;
	(void)event_del(&p->write_event);
	if (r < 0 || p->is_closing)
		peer_drop(p, NULL);
}

static int read_credentials(int fd, struct ucred *ret)
{
	socklen_t size = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) < 0 ? -errno : 0;
}

static int start_events(struct peer *p)
{
	struct event_base *base = p->manager->base;

	if (event_assign(&p->read_event, base, p->fd, EV_READ | EV_PERSIST, on_readable, p) < 0 ||
		event_assign(&p->write_event, base, p->fd, EV_WRITE | EV_PERSIST, on_writable, p) <
			0 ||
		event_add(&p->read_event, NULL) < 0)
		return -ENOMEM;
	return 0;
}

/* Return: 0 and what it may be; -errno */
static int find_roles(struct manager *m, int fd, enum access_door door, const struct ucred *cred,
	unsigned *ret_roles)
{
	struct access_peer who = { .door = door, .uid = cred->uid };
	gid_t *gids = NULL;
	int r = 0;

	if (door == ACCESS_DOOR_ADMIN)
		r = access_read_groups(fd, cred->gid, &gids, &who.gid_count);
	if (r < 0)
		return r;
	who.gids = gids;
	*ret_roles = access_roles(&m->access, &who);
	free(gids);
	return 0;
}

static void tell_refusal(const struct ucred *cred, enum access_door door, bool is_crowd)
{
	const char *remedy = "set apache_user or shim_users if it is an Apache";

	if (is_crowd)
		remedy = "look at what connects and says nothing";
	else if (door == ACCESS_DOOR_ADMIN)
		remedy = "put it into admin_group if it may use lsapidctl";
	log_warn("peer.refuse", F_UINT("uid", cred->uid), F_INT("pid", cred->pid),
		F_STR("socket", door == ACCESS_DOOR_ADMIN ? "admin" : "control"),
		F_STR("why", is_crowd ? "too many without HELLO" : "uid"), F_STR("remedy", remedy));
}

int peer_new(struct manager *m, int fd, enum access_door door)
{
	ATTR_CLEANUP(fd_cleanup) int own_fd = fd;
	struct ucred cred = { .pid = 0 };
	unsigned roles = 0;
	struct peer *p;
	int r;

	r = read_credentials(fd, &cred);
	if (r < 0)
		return r;
	r = find_roles(m, fd, door, &cred, &roles);
	if (r < 0)
		return r;
	if (m->greeting.count >= PEER_GREETING_LIMIT) {
		tell_refusal(&cred, door, true);
		return 0;
	}
	/* told the reason at its first message: closed without a word, it would try again */
	if (!roles)
		tell_refusal(&cred, door, false);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->manager = m;
	p->fd = fd;
	p->uid = cred.uid;
	p->pid = cred.pid;
	p->roles = roles;
	p->since_ns = manager_now(m);
	outbox_init(&p->outbox, PEER_QUEUE);
	r = start_events(p);
	if (r < 0) {
		free(p);
		return r;
	}
	(void)fd_steal(&own_fd); /* the peer has it */
	list_push_back(&m->greeting, &p->node);
	return 0;
}

void peer_close_after_answers(struct peer *p)
{
	p->is_closing = true;
	if (!p->is_writing)
		peer_drop(p, NULL);
	else
		(void)event_del(&p->read_event);
}

void peer_wait(struct peer *p, enum peer_waiting what, uint64_t id, uint32_t sequence)
{
	p->waits_for = what;
	p->wait_id = id;
	p->wait_sequence = sequence;
}

void peer_expire(struct manager *m, uint64_t now_ns)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->greeting, n, tmp) {
		struct peer *p = LIST_OWNER(n, struct peer, node);

		if (p->waits_for == PEER_WAIT_NOT &&
			clock_since_ns(p->since_ns, now_ns) > PEER_GREETING_S * NS_PER_S)
			peer_drop(p, p->roles & ACCESS_ADMIN ? NULL : "no-hello");
	}
}

static void send_message(struct peer *p, const uint8_t *data, size_t size, int fd)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	int r;

	if (p->is_dead)
		return;
	if (fd >= 0) {
		fds.fd[0] = fd;
		fds.count = 1;
	}
	r = size ? outbox_send(&p->outbox, p->fd, data, size, &fds) : -EINVAL;
	if (r == OUTBOX_QUEUED) {
		if (!p->is_writing)
			(void)event_add(&p->write_event, NULL);
		p->is_writing = true;
	} else if (r == OUTBOX_E_FULL) {
		peer_drop(p, "does-not-read");
	} else if (r < 0) {
		peer_drop(p, r == -EPIPE || r == -ECONNRESET ? NULL : "send-failed");
	}
}

void peer_send_welcome(struct peer *p, uint32_t seq, const struct control_welcome *m, int table_fd)
{
	uint8_t data[64];

	send_message(p, data, control_encode_welcome(data, sizeof(data), seq, m), table_fd);
}

void peer_send_pool_ok(struct peer *p, uint32_t seq, const struct control_pool_ok *m)
{
	uint8_t data[64];

	send_message(p, data, control_encode_pool_ok(data, sizeof(data), seq, m), -1);
}

void peer_send_denied(struct peer *p, uint32_t seq, uint32_t reason, const char *text)
{
	uint8_t data[CONTROL_MAX_TEXT + 64];
	size_t size = strlen(text);
	const struct control_denied m = {
		.reason = reason,
		.text = { .data = (const uint8_t *)text,
			.size = size < CONTROL_MAX_TEXT ? size : CONTROL_MAX_TEXT },
	};

	send_message(p, data, control_encode_denied(data, sizeof(data), seq, &m), -1);
}

void peer_send_grant(struct peer *p, uint32_t seq, const struct control_grant *m, int fd)
{
	uint8_t data[64];

	send_message(p, data, control_encode_grant(data, sizeof(data), seq, m), fd);
}

void peer_send_queued(struct peer *p, uint32_t seq, const struct control_queued *m)
{
	uint8_t data[64];

	send_message(p, data, control_encode_queued(data, sizeof(data), seq, m), -1);
}

void peer_send_reject(struct peer *p, uint32_t seq, const struct control_reject *m)
{
	uint8_t data[CONTROL_MAX_TEXT + 64];

	send_message(p, data, control_encode_reject(data, sizeof(data), seq, m), -1);
}

void peer_send_document(struct peer *p, uint32_t seq, const char *json, int status)
{
	struct control_document m = { .status = (uint32_t)status };
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	uint8_t data[64];

	if (!json) {
		json = "{}";
		m.status = ENOMEM;
	}
	m.size = (uint32_t)strlen(json);
	fd = fd_memfd("lsapid-document", json, m.size);
	if (fd < 0) {
		peer_drop(p, "no-memfd");
		return;
	}
	send_message(p, data, control_encode_document(data, sizeof(data), seq, &m), fd);
}

/* --- those that wait ---------------------------------------------------------------------- */

static bool waits(const struct peer *p, enum peer_waiting what, uint64_t id)
{
	return p->waits_for == what && p->wait_id == id;
}

void peer_answer(
	struct manager *m, enum peer_waiting what, uint64_t id, const char *json, int status)
{
	struct list *lists[] = { &m->greeting, &m->peers };
	struct list_node *n, *tmp;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		LIST_FOREACH (lists[i], n, tmp) {
			struct peer *p = LIST_OWNER(n, struct peer, node);
			uint32_t sequence = p->wait_sequence;

			if (!waits(p, what, id))
				continue;
			if (status != EINPROGRESS)
				peer_wait(p, PEER_WAIT_NOT, 0, 0);
			peer_send_document(p, sequence, json, status);
		}
	}
}

bool peer_is_waiting(const struct manager *m, enum peer_waiting what, uint64_t id)
{
	const struct list *lists[] = { &m->greeting, &m->peers };
	struct list_node *n, *tmp;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		LIST_FOREACH (lists[i], n, tmp) {
			if (waits(LIST_OWNER(n, struct peer, node), what, id))
				return true;
		}
	}
	return false;
}
