#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The shim's side of the control socket, one thread's worth, for tests of the manager. Uses the
 * real codecs and the real lease table. Every function fails the running test if what comes is not
 * what it says.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/control.h"
#include "proto/lease_table.h"
#include "proto/priv.h"

/** One connection that was granted. */
struct fake_lease {
	uint32_t slot;
	uint32_t flags;
	uint64_t generation;
	int fd;
};

struct fake_shim {
	int sock;
	uint32_t sequence; /* of the last request */
	uint64_t boot_id;
	uint32_t session;
	uint32_t queued_ms; /* of the last QUEUED */
	struct lease_table *table;
	char body[2048]; /* of the last response */
};

/** fake_shim_connect() - connect to control.sock of the working directory; say nothing yet */
void fake_shim_connect(struct fake_shim *s);

/** fake_shim_hello() - connect, HELLO, WELCOME */
void fake_shim_hello(struct fake_shim *s, const uint8_t key[PRIV_KEY_SIZE]);

/** fake_shim_hello_of() - the same as a process of this instance of Apache */
void fake_shim_hello_of(struct fake_shim *s, const uint8_t key[PRIV_KEY_SIZE], uint64_t instance);

/** fake_shim_say_end() - TERMINATE, on a connection of its own */
void fake_shim_say_end(const uint8_t key[PRIV_KEY_SIZE], uint64_t instance);
void fake_shim_bye(struct fake_shim *s);

/** fake_shim_pool() - id of the pool with these entries ("key=value key=value ...") */
uint32_t fake_shim_pool(struct fake_shim *s, const char *entries);

/** fake_shim_ask() - send LEASE and do not wait */
void fake_shim_ask(struct fake_shim *s, uint32_t pool, uint32_t wait_ms);

/** fake_shim_take_grant() - the next message must be a GRANT */
void fake_shim_take_grant(struct fake_shim *s, struct fake_lease *ret);

/** fake_shim_take_reject() - the next message must be a REJECT; its reason */
enum reason fake_shim_take_reject(struct fake_shim *s, struct control_reject *ret);

/** fake_shim_lease() - ask, and take a GRANT */
void fake_shim_lease(struct fake_shim *s, uint32_t pool, struct fake_lease *ret);

/** fake_shim_try() - ask without waiting. Return: true: granted; false: rejected */
bool fake_shim_try(struct fake_shim *s, uint32_t pool, struct fake_lease *ret);

/** fake_shim_denied() - send a POOL that must be DENIED; the reason */
enum reason fake_shim_denied(struct fake_shim *s, const char *entries);

/** fake_shim_has_message() - does something come within @ms? */
bool fake_shim_has_message(struct fake_shim *s, int ms);

/** fake_shim_send_request() - one GET over the lease */
void fake_shim_send_request(const struct fake_lease *l, const char *query);

/** fake_shim_read_response() - true: complete, s->body holds it; false: the connection ended */
bool fake_shim_read_response(struct fake_shim *s, const struct fake_lease *l);

/** fake_shim_get() - both */
bool fake_shim_get(struct fake_shim *s, const struct fake_lease *l, const char *query);

/** fake_shim_done() - BUSY to IDLE. Return: false: it is wanted */
bool fake_shim_done(struct fake_shim *s, const struct fake_lease *l);

/** fake_shim_take() - IDLE to BUSY. Return: false: it was revoked; the fd is closed */
bool fake_shim_take(struct fake_shim *s, struct fake_lease *l);

void fake_shim_return(struct fake_shim *s, struct fake_lease *l);
void fake_shim_close(struct fake_shim *s, struct fake_lease *l, enum control_close why);
void fake_shim_cancel(struct fake_shim *s, uint32_t lease_sequence);

/** fake_shim_send() - any bytes */
void fake_shim_send(struct fake_shim *s, const void *data, size_t size);

/** fake_shim_is_dropped() - the manager has closed the connection (waits up to 5 s) */
bool fake_shim_is_dropped(struct fake_shim *s);

/** fake_shim_ask_criu() - send CRIU and do not wait; @pool: "" for none */
void fake_shim_ask_criu(struct fake_shim *s, enum control_criu_what what, const char *pool);

/** fake_shim_take_document() - the next message must be a DOCUMENT; malloc'ed JSON */
char *fake_shim_take_document(struct fake_shim *s, uint32_t *ret_status);

/** fake_shim_document() - STATUS or RELOAD; malloc'ed JSON; *ret_status as the message says */
char *fake_shim_document(struct fake_shim *s, enum control_type type, uint32_t *ret_status);
