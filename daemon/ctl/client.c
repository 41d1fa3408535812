/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "proto/fdpass.h"

#define WHY_SIZE (CONTROL_MAX_TEXT + 64U)

static int ATTR_PRINTF(3, 4) fail(int error, char *reterr_why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reterr_why, WHY_SIZE, format, args);
	va_end(args);
	return error;
}

static int connect_to(const char *path, time_t timeout_s, int *ret_fd, char *reterr_why)
{
	const struct timeval timeout = { .tv_sec = timeout_s };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	if (!str_copy(addr.sun_path, sizeof(addr.sun_path), path))
		return fail(CLIENT_E_CONNECT, reterr_why,
			"%s: the name of a socket has at most %zu bytes", path,
			sizeof(addr.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return fail(CLIENT_E_CONNECT, reterr_why, "%s: %s%s", path, strerrordesc_np(errno),
			errno == EACCES ? " (lsapidctl is for root and admin_group)"
			: errno == ENOENT || errno == ECONNREFUSED ? " (is lsapid running?)"
								   : "");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return fail(CLIENT_E_CONNECT, reterr_why, "%s", strerrordesc_np(errno));
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int take_document(const uint8_t *data, size_t size, struct fdpass_set *fds,
	struct client_answer *ret_answer, char *reterr_why)
{
	struct control_document m;
	size_t json_size = 0;
	int r;

	if (control_decode_document(data, size, &m) || fds->count != 1)
		return fail(CLIENT_E_ANSWER, reterr_why, "the daemon's answer makes no sense");
	r = fd_read_all(fds->fd[0], CLIENT_MAX_DOCUMENT, &ret_answer->json, &json_size);
	if (r < 0)
		return fail(CLIENT_E_ANSWER, reterr_why, "the document: %s", strerrordesc_np(-r));
	ret_answer->status = m.status;
	return 0;
}

static int take_answer(const uint8_t *data, size_t size, struct fdpass_set *fds,
	struct client_answer *ret_answer, char *reterr_why)
{
	struct control_denied denied;

	if (control_decode_denied(data, size, &denied) == 0)
		return fail(CLIENT_E_DENIED, reterr_why, "%s (%.*s)", reason_text(denied.reason),
			(int)denied.text.size, (const char *)denied.text.data);
	return take_document(data, size, fds, ret_answer, reterr_why);
}

static size_t encode(uint8_t *out, size_t size, const struct client_question *q)
{
	const struct control_why why = {
		.what = { .data = (const uint8_t *)q->what, .size = q->what ? strlen(q->what) : 0 },
	};

	const struct control_criu criu = { .what = q->criu, .pool = why.what };

	const struct control_show show = { .query = q->query };

	if (q->type == CONTROL_STEER)
		return control_encode_steer(out, size, 1, &q->steer);
	if (q->type == CONTROL_SHOW)
		return control_encode_show(out, size, 1, &show);
	if (q->type == CONTROL_CRIU)
		return control_encode_criu(out, size, 1, &criu);
	return q->type == CONTROL_WHY ? control_encode_why(out, size, 1, &why)
				      : control_encode_bare(out, size, 1, q->type);
}

static time_t timeout_s(const struct client_question *q)
{
	if (q->type == CONTROL_CRIU)
		return CLIENT_CRIU_TIMEOUT_S;
	return CLIENT_TIMEOUT_S + (q->type == CONTROL_STEER ? q->steer.wait_ms / 1000 : 0);
}

static int receive(int fd, struct client_answer *ret_answer, char *reterr_why)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	uint8_t data[CONTROL_MAX_MESSAGE];
	ssize_t n = fdpass_recv(fd, data, sizeof(data), &fds, 1, 0);
	int r;

	if (n <= 0)
		return fail(CLIENT_E_ANSWER, reterr_why, "no answer: %s",
			n == 0         ? "the daemon has closed the connection"
			: n == -EAGAIN ? "the daemon does not react"
				       : strerrordesc_np((int)-n));
	r = take_answer(data, (size_t)n, &fds, ret_answer, reterr_why);
	fdpass_close(&fds);
	return r;
}

int client_ask(const char *socket_path, const struct client_question *question,
	struct client_answer *ret_answer, char *reterr_why)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	uint8_t data[CONTROL_MAX_MESSAGE];
	size_t size = encode(data, sizeof(data), question);
	int r = connect_to(socket_path, timeout_s(question), &fd, reterr_why);

	if (r)
		return r;
	r = fdpass_send(fd, data, size, NULL, 0);
	if (r < 0)
		return fail(CLIENT_E_ANSWER, reterr_why, "sending: %s", strerrordesc_np(-r));
	r = receive(fd, ret_answer, reterr_why);
	while (r == 0 && ret_answer->status == EINPROGRESS) {
		if (question->progress)
			question->progress(question->ctl, ret_answer->json);
		free(ret_answer->json);
		ret_answer->json = NULL;
		r = receive(fd, ret_answer, reterr_why);
	}
	return r;
}
