/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/fdpass.h"

/* HELLO is answered without looking anything up. */
#define HELLO_ANSWER_MS 5000U
/* httpd's stop does not wait for us. */
#define END_MS 300U

static int open_socket(const char *path, unsigned limit_ms, int *ret_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = {
		.tv_sec = limit_ms / 1000,
		.tv_usec = limit_ms % 1000 * 1000,
	};

	if (strlen(path) >= sizeof(addr.sun_path))
		return ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	/* also bounds connect(2) on a full backlog, and later sends to a manager that is stuck */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int error = errno;

		(void)close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

static struct shim_table *map_table(int fd, uint32_t session)
{
	struct shim_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->map = mmap(NULL, sizeof(*t->map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (t->map == MAP_FAILED) {
		free(t);
		return NULL;
	}
	t->refs = 1;
	t->session = session;
	return t;
}

void shim_table_unref(struct shim_table *t)
{
	if (--t->refs > 0)
		return;
	(void)munmap(t->map, sizeof(*t->map));
	free(t);
}

void shim_link_copy_text(char *out, struct wire_bytes text)
{
	size_t size = text.size < CONTROL_MAX_TEXT ? text.size : CONTROL_MAX_TEXT;

	if (size > 0)
		memcpy(out, text.data, size);
	out[size] = '\0';
}

static int take_welcome(const uint8_t *data, size_t size, struct fdpass_set *fds,
	struct shim_link *link, struct shim_reply *reply)
{
	struct control_welcome welcome;
	struct control_denied denied;

	if (control_decode_denied(data, size, &denied) == 0) {
		reply->reason = denied.reason;
		shim_link_copy_text(reply->text, denied.text);
		return SHIM_SESSION_E_REFUSED;
	}
	if (control_decode_welcome(data, size, &welcome) != 0 || fds->count != 1)
		return SHIM_SESSION_E_LOST;
	link->table = map_table(fds->fd[0], welcome.session);
	if (!link->table || !lease_table_is_valid(link->table->map, sizeof(*link->table->map)))
		return SHIM_SESSION_E_LOST;
	link->boot_id = welcome.boot_id;
	return 0;
}

static int say_hello(struct shim_link *link, const struct shim_global *global,
	const uint8_t key[CONTROL_KEY_SIZE], struct shim_reply *reply)
{
	static const char name[] = "httpd";
	uint8_t message[CONTROL_MAX_TEXT + 256];
	struct control_hello hello = {
		.version = CONTROL_VERSION,
		.instance = global->instance,
		.server = { (const uint8_t *)name, sizeof(name) - 1 },
	};
	struct pollfd p = { .fd = link->fd, .events = POLLIN };
	struct fdpass_set fds = FDPASS_SET_EMPTY;

	memcpy(hello.key, key, sizeof(hello.key));
	size_t size = control_encode_hello(message, sizeof(message), 0, &hello);

	if (fdpass_send(link->fd, message, size, NULL, 0) < 0)
		return SHIM_SESSION_E_LOST;
	if (poll(&p, 1, (int)HELLO_ANSWER_MS) != 1)
		return SHIM_SESSION_E_TIMEOUT;
	ssize_t got = fdpass_recv(link->fd, message, sizeof(message), &fds, 1, 0);

	if (got <= 0)
		return SHIM_SESSION_E_LOST;
	int r = take_welcome(message, (size_t)got, &fds, link, reply);

	fdpass_close(&fds);
	return r;
}

int shim_link_open(const struct shim_global *global, const uint8_t key[CONTROL_KEY_SIZE],
	struct shim_link *ret_link, struct shim_reply *reterr_reply, int *reterr_errno)
{
	struct shim_link link = { .fd = -1 };
	int error = open_socket(global->socket_path, HELLO_ANSWER_MS, &link.fd);

	if (error) {
		*reterr_errno = error;
		return SHIM_SESSION_E_CONNECT;
	}
	int r = say_hello(&link, global, key, reterr_reply);

	if (r == 0) {
		*ret_link = link;
		return 0;
	}
	(void)close(link.fd);
	if (link.table)
		shim_table_unref(link.table);
	return r;
}

int shim_link_say_end(const struct shim_global *global, const uint8_t key[CONTROL_KEY_SIZE])
{
	struct control_terminate end = { .instance = global->instance };
	uint8_t message[64];
	int fd = -1;
	int error = open_socket(global->socket_path, END_MS, &fd);

	if (error)
		return error;
	memcpy(end.key, key, sizeof(end.key));
	size_t size = control_encode_terminate(message, sizeof(message), 0, &end);
	int r = fdpass_send(fd, message, size, NULL, MSG_DONTWAIT);

	/* what was sent stays there to be read */
	(void)close(fd);
	return r < 0 ? -r : 0;
}
