/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/fake_shim.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "proto/fdpass.h"
#include "proto/lsapi.h"
#include "proto/pool_spec.h"
#include "tests/support/t.h"

#define PATIENCE_S 30

static void limit_waiting(int fd)
{
	const struct timeval tv = { .tv_sec = PATIENCE_S };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
}

void fake_shim_connect(struct fake_shim *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "control.sock" };

	memset(s, 0, sizeof(*s));
	s->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(s->sock >= 0);
	assert_int_equal(connect(s->sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	limit_waiting(s->sock);
}

void fake_shim_send(struct fake_shim *s, const void *data, size_t size)
{
	assert_true(size > 0);
	assert_int_equal(fdpass_send(s->sock, data, size, NULL, 0), 0);
}

/* QUEUED announces an answer that is still to come. Return: was there one? */
static bool skip_queued(struct fake_shim *s, int flags)
{
	uint8_t data[CONTROL_HEADER_SIZE + 4];
	struct control_queued m;
	struct wire_reader r;
	ssize_t n = recv(s->sock, data, sizeof(data), MSG_PEEK | flags);

	wire_reader_init(&r, data, n > 0 ? (size_t)n : 0);
	if (wire_get_u16(&r) != CONTROL_QUEUED || r.has_failed)
		return false;
	n = recv(s->sock, data, sizeof(data), flags);
	assert_int_equal(control_decode_queued(data, (size_t)n, &m), 0);
	s->queued_ms = m.wait_ms;
	return true;
}

/* The next message must have this type and answer the last request. */
static size_t expect(struct fake_shim *s, uint8_t *data, enum control_type type, int *ret_fd)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	struct control_header h;
	ssize_t n;

	while (skip_queued(s, 0))
		continue;
	n = fdpass_recv(s->sock, data, CONTROL_MAX_MESSAGE, &fds, 1, 0);
	if (n <= 0)
		fail_msg("no %s but %zd", control_type_name(type), n);
	assert_int_equal(control_decode_header(data, (size_t)n, &h), 0);
	if (h.type != type)
		fail_msg("%s, not %s", control_type_name(h.type), control_type_name(type));
	if (ret_fd) {
		assert_int_equal(fds.count, 1);
		*ret_fd = fds.fd[0];
	} else {
		assert_int_equal(fds.count, 0);
	}
	return (size_t)n;
}

void fake_shim_hello(struct fake_shim *s, const uint8_t key[PRIV_KEY_SIZE])
{
	fake_shim_hello_of(s, key, 0);
}

void fake_shim_say_end(const uint8_t key[PRIV_KEY_SIZE], uint64_t instance)
{
	struct control_terminate end = { .instance = instance };
	struct fake_shim s;
	uint8_t data[64];

	fake_shim_connect(&s);
	memcpy(end.key, key, sizeof(end.key));
	fake_shim_send(&s, data, control_encode_terminate(data, sizeof(data), 1, &end));
	fake_shim_bye(&s);
}

void fake_shim_hello_of(struct fake_shim *s, const uint8_t key[PRIV_KEY_SIZE], uint64_t instance)
{
	struct control_hello hello = {
		.version = CONTROL_VERSION,
		.instance = instance,
		.server = { .data = (const uint8_t *)"test", .size = 4 },
	};
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_welcome welcome;
	size_t size;
	int fd;

	fake_shim_connect(s);
	memcpy(hello.key, key, sizeof(hello.key));
	fake_shim_send(s, data, control_encode_hello(data, sizeof(data), ++s->sequence, &hello));
	size = expect(s, data, CONTROL_WELCOME, &fd);
	assert_int_equal(control_decode_welcome(data, size, &welcome), 0);
	s->boot_id = welcome.boot_id;
	s->session = welcome.session;
	s->table = mmap(NULL, sizeof(*s->table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(s->table != MAP_FAILED);
	assert_true(lease_table_is_valid(s->table, sizeof(*s->table)));
	assert_int_equal(ftruncate(fd, 0), -1); /* sealed */
	(void)close(fd);
}

void fake_shim_bye(struct fake_shim *s)
{
	if (s->table)
		(void)munmap(s->table, sizeof(*s->table));
	s->table = NULL;
	s->sock = fd_close(s->sock);
}

static void send_pool(struct fake_shim *s, const char *entries)
{
	char text[POOL_SPEC_MAX_BYTES], copy[POOL_SPEC_MAX_BYTES], out[POOL_SPEC_MAX_BYTES];
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct pool_spec_builder b;
	struct control_pool m;
	struct pool_spec spec;
	char *save = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", entries);
	pool_spec_builder_init(&b, text, sizeof(text));
	for (char *e = strtok_r(copy, " ", &save); e; e = strtok_r(NULL, " ", &save)) {
		char *value = strchr(e, '=');

		*value = '\0';
		pool_spec_add(&b, e, value + 1);
	}
	assert_int_equal(pool_spec_finish(&b, out, sizeof(out), &spec), 0);
	m.spec = (struct wire_bytes){ .data = (const uint8_t *)spec.data, .size = spec.size };
	fake_shim_send(s, data, control_encode_pool(data, sizeof(data), ++s->sequence, &m));
}

uint32_t fake_shim_pool(struct fake_shim *s, const char *entries)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_pool_ok ok;
	size_t size;

	send_pool(s, entries);
	size = expect(s, data, CONTROL_POOL_OK, NULL);
	assert_int_equal(control_decode_pool_ok(data, size, &ok), 0);
	return ok.pool;
}

enum reason fake_shim_denied(struct fake_shim *s, const char *entries)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_denied denied;
	size_t size;

	send_pool(s, entries);
	size = expect(s, data, CONTROL_DENIED, NULL);
	assert_int_equal(control_decode_denied(data, size, &denied), 0);
	return (enum reason)denied.reason;
}

void fake_shim_ask(struct fake_shim *s, uint32_t pool, uint32_t wait_ms)
{
	const struct control_lease m = {
		.pool = pool,
		.wait_ms = wait_ms,
		.flags = wait_ms ? CONTROL_LEASE_QUEUE | CONTROL_LEASE_WAIT_SET : 0,
	};
	uint8_t data[64];

	fake_shim_send(s, data, control_encode_lease(data, sizeof(data), ++s->sequence, &m));
}

void fake_shim_take_grant(struct fake_shim *s, struct fake_lease *ret)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_grant m;
	size_t size = expect(s, data, CONTROL_GRANT, &ret->fd);

	assert_int_equal(control_decode_grant(data, size, &m), 0);
	ret->slot = m.slot;
	ret->flags = m.flags;
	ret->generation = m.generation;
	limit_waiting(ret->fd);
	/* BUSY, or WANTED already if somebody else waits: never IDLE or FREE */
	assert_true(lease_get_state(&s->table->slot[m.slot], m.generation) >= LEASE_BUSY);
}

enum reason fake_shim_take_reject(struct fake_shim *s, struct control_reject *ret)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_reject m;
	size_t size = expect(s, data, CONTROL_REJECT, NULL);

	assert_int_equal(control_decode_reject(data, size, &m), 0);
	m.text.data = NULL; /* it views our buffer */
	if (ret)
		*ret = m;
	return (enum reason)m.reason;
}

void fake_shim_lease(struct fake_shim *s, uint32_t pool, struct fake_lease *ret)
{
	fake_shim_ask(s, pool, 0);
	fake_shim_take_grant(s, ret);
}

bool fake_shim_try(struct fake_shim *s, uint32_t pool, struct fake_lease *ret)
{
	uint8_t data[CONTROL_HEADER_SIZE];
	struct wire_reader r;
	bool is_grant;

	fake_shim_ask(s, pool, 0);
	assert_int_equal(recv(s->sock, data, sizeof(data), MSG_PEEK), sizeof(data));
	wire_reader_init(&r, data, sizeof(data));
	is_grant = wire_get_u16(&r) == CONTROL_GRANT;
	if (is_grant)
		fake_shim_take_grant(s, ret);
	else
		(void)fake_shim_take_reject(s, NULL);
	return is_grant;
}

bool fake_shim_has_message(struct fake_shim *s, int ms)
{
	struct pollfd p = { .fd = s->sock, .events = POLLIN };

	while (poll(&p, 1, ms) > 0) {
		if (!skip_queued(s, MSG_DONTWAIT))
			return true;
	}
	return false;
}

static void put_env(struct lsapi_request_encoder *e, const char *name, const char *value)
{
	lsapi_request_encode_env(e, name, strlen(name), value, strlen(value));
}

void fake_shim_send_request(const struct fake_lease *l, const char *query)
{
	struct lsapi_request_encoder e;
	uint8_t data[4096];
	size_t size = 0;

	lsapi_request_encode_init(&e, data, sizeof(data));
	put_env(&e, "SCRIPT_FILENAME", "/srv/index.php");
	put_env(&e, "SCRIPT_NAME", "/index.php");
	put_env(&e, "QUERY_STRING", query);
	put_env(&e, "REQUEST_METHOD", "GET");
	assert_int_equal(lsapi_request_encode_finish(&e, 0, &size), 0);
	/* a connection that the manager has closed is no failure of the test: reading tells */
	(void)send(l->fd, data, size, MSG_NOSIGNAL);
}

/* Return: false if the connection ended; *is_end when the response is complete */
static bool take_events(struct fake_shim *s, struct lsapi_response_decoder *d, const uint8_t *data,
	size_t size, bool *is_end)
{
	static uint8_t header[4096];
	size_t used = strlen(s->body), eaten;

	for (;;) {
		struct lsapi_event ev;

		lsapi_response_decode(d, data, size, &eaten, &ev);
		data += eaten;
		size -= eaten;
		if (ev.type == LSAPI_EV_MORE)
			return true;
		if (ev.type == LSAPI_EV_ERROR)
			return false;
		if (ev.type == LSAPI_EV_NEED_BUFFER)
			lsapi_response_give_buffer(d, header);
		if (ev.type == LSAPI_EV_BODY) {
			assert_true(used + ev.bytes.size < sizeof(s->body));
			memcpy(s->body + used, ev.bytes.data, ev.bytes.size);
			used += ev.bytes.size;
			s->body[used] = '\0';
		}
		*is_end = *is_end || ev.type == LSAPI_EV_END;
	}
}

bool fake_shim_read_response(struct fake_shim *s, const struct fake_lease *l)
{
	struct lsapi_response_decoder d;
	bool is_end = false;

	lsapi_response_init(&d);
	s->body[0] = '\0';
	while (!is_end) {
		uint8_t data[4096];
		ssize_t n = recv(l->fd, data, sizeof(data), 0);

		if (n <= 0 || !take_events(s, &d, data, (size_t)n, &is_end))
			return false;
	}
	return true;
}

bool fake_shim_get(struct fake_shim *s, const struct fake_lease *l, const char *query)
{
	fake_shim_send_request(l, query);
	return fake_shim_read_response(s, l);
}

bool fake_shim_done(struct fake_shim *s, const struct fake_lease *l)
{
	return lease_done(&s->table->slot[l->slot], l->generation, clock_now_ns());
}

bool fake_shim_take(struct fake_shim *s, struct fake_lease *l)
{
	if (lease_take(&s->table->slot[l->slot], l->generation, clock_now_ns()))
		return true;
	l->fd = fd_close(l->fd);
	return false;
}

void fake_shim_return(struct fake_shim *s, struct fake_lease *l)
{
	const struct control_return m = { .slot = l->slot, .generation = l->generation };
	uint8_t data[64];

	l->fd = fd_close(l->fd);
	fake_shim_send(s, data, control_encode_return(data, sizeof(data), ++s->sequence, &m));
}

void fake_shim_close(struct fake_shim *s, struct fake_lease *l, enum control_close why)
{
	const struct control_close_lease m = {
		.slot = l->slot,
		.generation = l->generation,
		.why = why,
	};
	uint8_t data[64];

	l->fd = fd_close(l->fd);
	fake_shim_send(s, data, control_encode_close(data, sizeof(data), ++s->sequence, &m));
}

void fake_shim_cancel(struct fake_shim *s, uint32_t lease_sequence)
{
	const struct control_cancel m = { .lease_sequence = lease_sequence };
	uint8_t data[64];

	fake_shim_send(s, data, control_encode_cancel(data, sizeof(data), ++s->sequence, &m));
}

bool fake_shim_is_dropped(struct fake_shim *s)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	ssize_t n;

	do {
		n = recv(s->sock, data, sizeof(data), 0);
	} while (n > 0);
	return n == 0;
}

void fake_shim_ask_criu(struct fake_shim *s, enum control_criu_what what, const char *pool)
{
	const struct control_criu m = {
		.what = what,
		.pool = { .data = (const uint8_t *)pool, .size = strlen(pool) },
	};
	uint8_t data[CONTROL_MAX_MESSAGE];

	fake_shim_send(s, data, control_encode_criu(data, sizeof(data), ++s->sequence, &m));
}

char *fake_shim_take_document(struct fake_shim *s, uint32_t *ret_status)
{
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_document m;
	char *json = NULL;
	size_t size;
	int fd;

	size = expect(s, data, CONTROL_DOCUMENT, &fd);
	assert_int_equal(control_decode_document(data, size, &m), 0);
	assert_int_equal(fd_read_all(fd, 1 << 24, &json, &size), 0);
	assert_int_equal(size, m.size);
	(void)close(fd);
	*ret_status = m.status;
	return json;
}

char *fake_shim_document(struct fake_shim *s, enum control_type type, uint32_t *ret_status)
{
	uint8_t data[64];

	fake_shim_send(s, data, control_encode_bare(data, sizeof(data), ++s->sequence, type));
	return fake_shim_take_document(s, ret_status);
}
