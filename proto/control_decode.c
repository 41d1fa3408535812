/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/control.h"

#include <string.h>

#include "proto/lease_table.h"

static const char *const type_names[] = {
	[CONTROL_HELLO] = "HELLO",
	[CONTROL_WELCOME] = "WELCOME",
	[CONTROL_POOL] = "POOL",
	[CONTROL_POOL_OK] = "POOL_OK",
	[CONTROL_DENIED] = "DENIED",
	[CONTROL_LEASE] = "LEASE",
	[CONTROL_GRANT] = "GRANT",
	[CONTROL_REJECT] = "REJECT",
	[CONTROL_RETURN] = "RETURN",
	[CONTROL_QUEUED] = "QUEUED",
	[CONTROL_CLOSE] = "CLOSE",
	[CONTROL_CANCEL] = "CANCEL",
	[CONTROL_TERMINATE] = "TERMINATE",
	[CONTROL_STATUS] = "STATUS",
	[CONTROL_RELOAD] = "RELOAD",
	[CONTROL_WHY] = "WHY",
	[CONTROL_CRIU] = "CRIU",
	[CONTROL_STEER] = "STEER",
	[CONTROL_SHOW] = "SHOW",
	[CONTROL_DOCUMENT] = "DOCUMENT",
};

static const char *const close_names[] = {
	[CONTROL_CLOSE_DONE] = "done",
	[CONTROL_CLOSE_UNUSED] = "unused",
	[CONTROL_CLOSE_DIED] = "died",
	[CONTROL_CLOSE_PROTOCOL] = "protocol",
	[CONTROL_CLOSE_TIMEOUT] = "timeout",
	[CONTROL_CLOSE_ABORTED] = "aborted",
};

_Static_assert(
	sizeof(close_names) / sizeof(close_names[0]) == CONTROL_CLOSE_COUNT, "one name per value");

static bool is_known_type(unsigned type)
{
	return type < sizeof(type_names) / sizeof(type_names[0]) && type_names[type];
}

const char *control_type_name(unsigned type)
{
	return is_known_type(type) ? type_names[type] : "?";
}

const char *control_close_name(unsigned why)
{
	return why < CONTROL_CLOSE_COUNT ? close_names[why] : "?";
}

bool control_lease_flags_are_valid(uint32_t flags)
{
	const uint32_t modes = CONTROL_LEASE_QUEUE | CONTROL_LEASE_REJECT;

	return !(flags & ~(modes | CONTROL_LEASE_WAIT_SET)) && (flags & modes) != modes;
}

int control_decode_header(const uint8_t *data, size_t size, struct control_header *ret)
{
	struct control_header h;
	struct wire_reader r;

	wire_reader_init(&r, data, size);
	h.type = wire_get_u16(&r);
	h.version = wire_get_u16(&r);
	h.length = wire_get_u32(&r);
	h.sequence = wire_get_u32(&r);
	if (r.has_failed)
		return CONTROL_E_TRUNCATED;
	/* first: everything else is as this version has it */
	if (h.version != CONTROL_VERSION)
		return CONTROL_E_VERSION;
	if (!is_known_type(h.type))
		return CONTROL_E_TYPE;
	if (h.length != size)
		return h.length > size ? CONTROL_E_TRUNCATED : CONTROL_E_TRAILING;
	*ret = h;
	return 0;
}

/* Check the header and put the reader on the body. */
static int body_begin(
	struct wire_reader *r, const uint8_t *data, size_t size, enum control_type type)
{
	struct control_header h;
	int error = control_decode_header(data, size, &h);

	if (error)
		return error;
	if (h.type != (uint16_t)type)
		return CONTROL_E_TYPE;
	wire_reader_init(r, data + CONTROL_HEADER_SIZE, size - CONTROL_HEADER_SIZE);
	return 0;
}

static int body_end(const struct wire_reader *r)
{
	if (r->has_failed)
		return CONTROL_E_TRUNCATED;
	return wire_reader_is_done(r) ? 0 : CONTROL_E_TRAILING;
}

/* Its bound is checked after body_end(), to tell a length that lies from one that is too much. */
static struct wire_bytes body_get_blob(struct wire_reader *r)
{
	return wire_get_blob(r, SIZE_MAX);
}

static void body_get_key(struct wire_reader *r, uint8_t ret_key[CONTROL_KEY_SIZE])
{
	const uint8_t *key = wire_get_bytes(r, CONTROL_KEY_SIZE);

	for (size_t i = 0; key && i < CONTROL_KEY_SIZE; i++)
		ret_key[i] = key[i];
}

int control_decode_hello(const uint8_t *data, size_t size, struct control_hello *ret)
{
	struct control_hello m = { .version = 0 };
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_HELLO);

	if (error)
		return error;
	m.version = wire_get_u32(&r);
	body_get_key(&r, m.key);
	m.instance = wire_get_u64(&r);
	m.server = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.server.size > CONTROL_MAX_NAME)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_welcome(const uint8_t *data, size_t size, struct control_welcome *ret)
{
	struct control_welcome m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_WELCOME);

	if (error)
		return error;
	m.session = wire_get_u32(&r);
	m.slot_count = wire_get_u32(&r);
	m.boot_id = wire_get_u64(&r);
	error = body_end(&r);
	if (error)
		return error;
	*ret = m;
	return 0;
}

int control_decode_pool(const uint8_t *data, size_t size, struct control_pool *ret)
{
	struct control_pool m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_POOL);

	if (error)
		return error;
	m.spec = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.spec.size > POOL_SPEC_MAX_BYTES)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_pool_ok(const uint8_t *data, size_t size, struct control_pool_ok *ret)
{
	struct control_pool_ok m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_POOL_OK);

	if (error)
		return error;
	m.pool = wire_get_u32(&r);
	m.children = wire_get_u32(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (!m.pool)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_denied(const uint8_t *data, size_t size, struct control_denied *ret)
{
	struct control_denied m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_DENIED);

	if (error)
		return error;
	m.reason = wire_get_u32(&r);
	m.text = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.reason == REASON_NONE || m.text.size > CONTROL_MAX_TEXT)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_lease(const uint8_t *data, size_t size, struct control_lease *ret)
{
	struct control_lease m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_LEASE);

	if (error)
		return error;
	m.pool = wire_get_u32(&r);
	m.wait_ms = wire_get_u32(&r);
	m.flags = wire_get_u32(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (!m.pool || !control_lease_flags_are_valid(m.flags))
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_grant(const uint8_t *data, size_t size, struct control_grant *ret)
{
	struct control_grant m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_GRANT);

	if (error)
		return error;
	m.slot = wire_get_u32(&r);
	m.flags = wire_get_u32(&r);
	m.generation = wire_get_u64(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (!lease_generation_is_valid(m.generation))
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_queued(const uint8_t *data, size_t size, struct control_queued *ret)
{
	struct control_queued m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_QUEUED);

	if (error)
		return error;
	m.wait_ms = wire_get_u32(&r);
	error = body_end(&r);
	if (error)
		return error;
	*ret = m;
	return 0;
}

int control_decode_reject(const uint8_t *data, size_t size, struct control_reject *ret)
{
	struct control_reject m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_REJECT);

	if (error)
		return error;
	m.reason = wire_get_u32(&r);
	m.in_use = wire_get_u32(&r);
	m.limit = wire_get_u32(&r);
	m.queued = wire_get_u32(&r);
	m.retry_after_s = wire_get_u32(&r);
	m.status = wire_get_u32(&r);
	m.text = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.reason == REASON_NONE || m.text.size > CONTROL_MAX_TEXT)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_return(const uint8_t *data, size_t size, struct control_return *ret)
{
	struct control_return m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_RETURN);

	if (error)
		return error;
	m.slot = wire_get_u32(&r);
	m.generation = wire_get_u64(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (!lease_generation_is_valid(m.generation))
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_close(const uint8_t *data, size_t size, struct control_close_lease *ret)
{
	struct control_close_lease m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_CLOSE);

	if (error)
		return error;
	m.slot = wire_get_u32(&r);
	m.why = wire_get_u32(&r);
	m.generation = wire_get_u64(&r);
	m.child_pid = wire_get_u32(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.why >= CONTROL_CLOSE_COUNT || !lease_generation_is_valid(m.generation))
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_cancel(const uint8_t *data, size_t size, struct control_cancel *ret)
{
	struct control_cancel m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_CANCEL);

	if (error)
		return error;
	m.lease_sequence = wire_get_u32(&r);
	error = body_end(&r);
	if (error)
		return error;
	*ret = m;
	return 0;
}

int control_decode_why(const uint8_t *data, size_t size, struct control_why *ret)
{
	struct control_why m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_WHY);

	if (error)
		return error;
	m.what = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.what.size > CONTROL_MAX_NAME)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_criu(const uint8_t *data, size_t size, struct control_criu *ret)
{
	struct control_criu m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_CRIU);

	if (error)
		return error;
	m.what = wire_get_u32(&r);
	m.pool = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.what >= CONTROL_CRIU_COUNT || m.pool.size > CONTROL_MAX_NAME ||
		control_criu_has_pool(m.what) != (m.pool.size != 0))
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

/* Who is meant, and by what text, depends on what is to be done. */
bool control_steer_is_valid(const struct control_steer *m)
{
	bool has_text = m->text.size != 0;

	if (m->action >= CONTROL_STEER_ACTION_COUNT || m->kind >= CONTROL_STEER_KIND_COUNT ||
		m->flags & ~CONTROL_STEER_PROGRESS || m->text.size > CONTROL_MAX_NAME ||
		(has_text && memchr(m->text.data, '\0', m->text.size)))
		return false;
	if (m->action == CONTROL_STEER_LOG_LEVEL)
		return m->kind == CONTROL_STEER_NOBODY;
	if (m->action == CONTROL_STEER_TRY)
		return m->kind == CONTROL_STEER_NOBODY && !has_text;
	return m->kind != CONTROL_STEER_NOBODY && has_text == (m->kind != CONTROL_STEER_ALL);
}

int control_decode_steer(const uint8_t *data, size_t size, struct control_steer *ret)
{
	struct control_steer m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_STEER);

	if (error)
		return error;
	m.action = wire_get_u32(&r);
	m.kind = wire_get_u32(&r);
	m.flags = wire_get_u32(&r);
	m.wait_ms = wire_get_u32(&r);
	m.text = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (!control_steer_is_valid(&m))
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_show(const uint8_t *data, size_t size, struct control_show *ret)
{
	struct control_show m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_SHOW);

	if (error)
		return error;
	m.query = body_get_blob(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (m.query.size > POOL_SPEC_MAX_BYTES)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_terminate(const uint8_t *data, size_t size, struct control_terminate *ret)
{
	struct control_terminate m = { .instance = 0 };
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_TERMINATE);

	if (error)
		return error;
	body_get_key(&r, m.key);
	m.instance = wire_get_u64(&r);
	error = body_end(&r);
	if (error)
		return error;
	if (!m.instance)
		return CONTROL_E_VALUE;
	*ret = m;
	return 0;
}

int control_decode_document(const uint8_t *data, size_t size, struct control_document *ret)
{
	struct control_document m;
	struct wire_reader r;
	int error = body_begin(&r, data, size, CONTROL_DOCUMENT);

	if (error)
		return error;
	m.size = wire_get_u32(&r);
	m.status = wire_get_u32(&r);
	error = body_end(&r);
	if (error)
		return error;
	*ret = m;
	return 0;
}

int control_decode_bare(const uint8_t *data, size_t size, enum control_type type)
{
	struct wire_reader r;
	int error;

	if (type != CONTROL_STATUS && type != CONTROL_RELOAD)
		return CONTROL_E_TYPE;
	error = body_begin(&r, data, size, type);
	return error ? error : body_end(&r);
}
