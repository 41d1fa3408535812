/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One request over one connection. The usual case is one sendmsg(2) of packet and body and one
 * recv(2) of the whole answer. What does not fit is sent while the answer is watched, so that
 * neither side waits for the other.
 */

#include "shim/shim.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

/** A read as large as this is worth a buffer of its own, which then goes down uncopied. */
#define LARGE_READ 16384U

static enum shim_end end_of_recv(struct shim_exchange *x, ssize_t n)
{
	if (n == 0)
		return SHIM_END_EOF;
	x->error = errno;
	return errno == EAGAIN ? SHIM_END_TIMEOUT : SHIM_END_RESET;
}

static ssize_t recv_some(struct shim_exchange *x, int fd, void *data, size_t size, int flags)
{
	ssize_t n = 0;

	do
		n = recv(fd, data, size, flags);
	while (n < 0 && errno == EINTR);
	if (!x->response.decoder.has_header)
		shim_times_hear(&x->times);
	return n;
}

/* Into the buffer of this request: a small answer, or the first of a large one. */
static enum shim_end receive_small(struct shim_exchange *x, struct shim_conn *conn, int flags)
{
	uint8_t *input = x->scratch->input;
	ssize_t n = recv_some(x, conn->fd, input, sizeof(x->scratch->input), flags);

	if (n <= 0)
		return end_of_recv(x, n);
	x->last_read = (size_t)n;
	return shim_response_feed(&x->response, conn, input, (size_t)n, NULL);
}

/* Into a bucket, whose parts go down without a copy. */
static enum shim_end receive_large(struct shim_exchange *x, struct shim_conn *conn, int flags)
{
	apr_bucket_alloc_t *alloc = x->r->connection->bucket_alloc;
	char *data = apr_bucket_alloc(SHIM_BUFFER_SIZE, alloc);
	ssize_t n = recv_some(x, conn->fd, data, SHIM_BUFFER_SIZE, flags);

	if (n <= 0) {
		enum shim_end end = end_of_recv(x, n);

		apr_bucket_free(data);
		return end;
	}
	x->last_read = (size_t)n;
	apr_bucket *bucket = apr_bucket_heap_create(data, (size_t)n, apr_bucket_free, alloc);
	enum shim_end end =
		shim_response_feed(&x->response, conn, (uint8_t *)data, (size_t)n, bucket);

	apr_bucket_destroy(bucket);
	return end;
}

static enum shim_end receive(struct shim_exchange *x, struct shim_conn *conn, int flags)
{
	return x->last_read >= LARGE_READ ? receive_large(x, conn, flags)
					  : receive_small(x, conn, flags);
}

/* The backend takes no more for now: wait for room, or for what it says first. */
static enum shim_end wait_both(struct shim_exchange *x, struct shim_conn *conn)
{
	struct pollfd p = { .fd = conn->fd, .events = POLLIN | POLLOUT };
	int timeout_ms = conn->timeout_s > 0 ? conn->timeout_s * 1000 : -1;
	int n = poll(&p, 1, timeout_ms);

	if (n == 0)
		return SHIM_END_TIMEOUT;
	if (n < 0 || !(p.revents & POLLIN))
		return SHIM_END_COUNT;
	return receive(x, conn, MSG_DONTWAIT);
}

static void account(struct shim_exchange *x, size_t sent)
{
	size_t of_packet = x->packet_size - x->packet_sent;

	if (of_packet > sent)
		of_packet = sent;
	x->packet_sent += of_packet;
	if (sent > of_packet)
		shim_body_advance(&x->body, sent - of_packet);
}

/* The body is after the packet in @part. Return: bytes sent; -1 with errno. */
static ssize_t send_some(
	const struct shim_exchange *x, int fd, struct iovec *part, size_t body_parts)
{
	bool has_packet = x->packet_sent < x->packet_size;
	struct msghdr message = {
		.msg_iov = has_packet ? part : part + 1,
		.msg_iovlen = (has_packet ? 1U : 0U) + body_parts,
	};

	part[0] = (struct iovec){ x->scratch->packet + x->packet_sent,
		x->packet_size - x->packet_sent };
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Return: SHIM_END_COUNT: all is sent, or nobody takes the rest; the answer tells. */
static enum shim_end send_all(struct shim_exchange *x, struct shim_conn *conn)
{
	struct iovec part[1 + SHIM_BODY_PARTS];

	while (x->packet_sent < x->packet_size || !shim_body_is_sent(&x->body)) {
		size_t body_parts = 0;

		if (!shim_body_is_sent(&x->body)) {
			x->body_status = shim_body_get(&x->body, part + 1, &body_parts);
			if (x->body_status != OK)
				return SHIM_END_CLIENT;
		}
		ssize_t n = send_some(x, conn->fd, part, body_parts);

		if (n >= 0) {
			account(x, (size_t)n);
		} else if (errno == EAGAIN) {
			enum shim_end end = wait_both(x, conn);

			if (end != SHIM_END_COUNT)
				return end;
		} else if (errno != EINTR) {
			x->error = errno;
			return x->packet_sent == 0 ? SHIM_END_EPIPE : SHIM_END_COUNT;
		}
	}
	return SHIM_END_COUNT;
}

enum shim_end shim_exchange_run(struct shim_exchange *x, struct shim_conn *conn)
{
	x->packet_sent = 0;
	x->last_read = 0;
	x->error = 0;
	enum shim_end end = send_all(x, conn);

	shim_times_mark(&x->times, SHIM_PART_SEND);
	while (end == SHIM_END_COUNT)
		end = receive(x, conn, 0);
	shim_times_mark(&x->times, SHIM_PART_REST);
	return end;
}

bool shim_exchange_is_reusable(const struct shim_exchange *x)
{
	const struct shim_response *o = &x->response;

	if (o->has_close || o->has_leftover || !shim_body_is_sent(&x->body))
		return false;
	/* PHP's engine=off answers without reading the body, which is then in the way */
	return !(o->r->status == HTTP_FORBIDDEN && x->body.size > 0);
}
