/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/conn.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void conn_init(struct conn *c, struct retire *retire)
{
	c->fd = -1;
	c->retire = retire;
	c->is_broken = false;
	c->input_size = 0;
	c->packet_size = 0;
	c->body_at = 0;
	c->body_left = 0;
	c->bad_detail = 0;
}

void conn_open(struct conn *c, int fd, uint32_t idle_s)
{
	assert(c->fd < 0);
	conn_init(c, c->retire);
	c->fd = fd;
	c->retire->is_cut = 0;
	c->retire->conn_fd = fd;
	struct timeval idle = { .tv_sec = (time_t)idle_s };
	/* Without the timeout an idle connection is only held longer. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
}

void conn_close(struct conn *c)
{
	/* A copy forked by a script has closed it already, and the number may be another file now.
	 */
	if (c->fd >= 0 && !c->retire->is_copy)
		(void)close(c->fd);
	c->retire->conn_fd = -1;
	conn_init(c, c->retire);
}

/**
 * receive() - one recv() that is not disturbed by signals
 *
 * Return: bytes; 0 at the end; -EAGAIN after the idle time; -EINTR if the script has to stop;
 *         other negative errno.
 */
static ssize_t receive(struct conn *c, void *buf, size_t size)
{
	for (;;) {
		ssize_t got = recv(c->fd, buf, size, 0);
		if (got >= 0)
			return got;
		if (errno != EINTR)
			return -errno;
		if (c->retire->wants_stop)
			return -EINTR;
	}
}

/** packet_length() - length of the packet that begins the buffer; 0: its header is incomplete */
static int packet_length(struct conn *c, size_t *ret_length)
{
	*ret_length = 0;
	if (c->input_size < LSAPI_PACKET_HEADER_SIZE)
		return 0;
	struct lsapi_packet packet;
	int error = lsapi_packet_decode(c->input, &packet);
	if (!error && packet.type != LSAPI_BEGIN_REQUEST)
		error = LSAPI_E_TYPE;
	if (!error && packet.length > LSAPI_REQUEST_MAX)
		error = LSAPI_E_LENGTH;
	if (!error)
		*ret_length = packet.length;
	return error;
}

static int bad(struct conn *c, int detail)
{
	c->bad_detail = detail;
	return CONN_E_BAD;
}

/** queued() - bytes that recv() would give without waiting */
static size_t queued(const struct conn *c)
{
	int count = 0;
	return ioctl(c->fd, FIONREAD, &count) == 0 && count > 0 ? (size_t)count : 0;
}

int conn_read_request(struct conn *c, struct lsapi_request *ret_request)
{
	size_t length;
	for (;;) {
		int error = packet_length(c, &length);
		if (error)
			return bad(c, error);
		if (length > 0 && c->input_size >= length)
			break;
		ssize_t got =
			receive(c, c->input + c->input_size, sizeof(c->input) - c->input_size);
		if (got > 0) {
			c->input_size += (size_t)got;
			continue;
		}
		if (c->input_size > 0)
			return bad(c, LSAPI_E_LENGTH);
		return got == -EAGAIN ? CONN_E_IDLE : CONN_E_EOF;
	}
	retire_enter_busy(c->retire);

	struct lsapi_request request;
	int error = lsapi_request_decode(c->input, length, &request);
	if (error)
		return bad(c, error);
	c->packet_size = length;
	c->body_at = length;
	c->body_left = request.body_size > 0 ? (uint64_t)request.body_size : 0;
	/* The handler has shut the reading side: more than what is queued will never come. */
	if (c->retire->is_cut && c->body_left > c->input_size - length + queued(c))
		return CONN_E_EOF;
	*ret_request = request;
	return 0;
}

size_t conn_read_body(struct conn *c, void *buf, size_t size)
{
	uint8_t *out = buf;
	if (size > c->body_left)
		size = (size_t)c->body_left;
	size_t done = c->input_size - c->body_at;
	if (done > size)
		done = size;
	memcpy(out, c->input + c->body_at, done);
	c->body_at += done;
	while (done < size) {
		ssize_t got = receive(c, out + done, size - done);
		if (got == -EAGAIN)
			continue; /* the idle time is not meant for a slow upload */
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	c->body_left -= done;
	return done;
}

/** drain() - the rest of a body that nobody has read; apart, as its room is zeroed by each call */
static bool drain(struct conn *c)
{
	uint8_t scratch[16384];
	while (c->body_left > 0) {
		size_t want =
			c->body_left < sizeof(scratch) ? (size_t)c->body_left : sizeof(scratch);
		if (conn_read_body(c, scratch, want) < want)
			return false;
	}
	return true;
}

bool conn_next(struct conn *c, uint64_t drain_max)
{
	if (c->is_broken || c->fd < 0 || c->body_left > drain_max)
		return false;
	if (c->body_left > 0 && !drain(c))
		return false;
	/* Bytes behind the body belong to the next request. */
	c->input_size -= c->body_at;
	memmove(c->input, c->input + c->body_at, c->input_size);
	c->packet_size = 0;
	c->body_at = 0;
	return true;
}

/** advance() - drop @size written bytes; the first vector that has some left */
static struct iovec *advance(struct iovec *iov, size_t *count, size_t size)
{
	while (*count > 0 && size >= iov->iov_len) {
		size -= iov->iov_len;
		iov++;
		(*count)--;
	}
	if (*count > 0) {
		iov->iov_base = (uint8_t *)iov->iov_base + size;
		iov->iov_len -= size;
	}
	return iov;
}

bool conn_write(struct conn *c, struct iovec *iov, size_t count)
{
	if (c->is_broken || c->fd < 0 || c->retire->is_copy)
		return false;
	while (count > 0) {
		ssize_t put = writev(c->fd, iov, count < IOV_MAX ? (int)count : IOV_MAX);
		if (put < 0 && errno == EINTR && !c->retire->wants_stop)
			continue;
		if (put < 0) {
			c->is_broken = true;
			return false;
		}
		iov = advance(iov, &count, (size_t)put);
	}
	return true;
}
