/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/control.h"

#include "proto/lease_table.h"

static void message_begin(
	struct wire_writer *w, uint8_t *out, size_t size, uint32_t seq, enum control_type type)
{
	wire_writer_init(w, out, size);
	wire_put_u16(w, (uint16_t)type);
	wire_put_u16(w, CONTROL_VERSION);
	wire_put_u32(w, 0); /* length: message_end() knows */
	wire_put_u32(w, seq);
}

static size_t message_end(struct wire_writer *w)
{
	wire_set_u32(w, 4, (uint32_t)w->used);
	return w->has_failed ? 0 : w->used;
}

size_t control_encode_hello(uint8_t *out, size_t size, uint32_t seq, const struct control_hello *m)
{
	struct wire_writer w;

	if (m->server.size > CONTROL_MAX_NAME)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_HELLO);
	wire_put_u32(&w, m->version);
	wire_put_bytes(&w, m->key, sizeof(m->key));
	wire_put_u64(&w, m->instance);
	wire_put_blob(&w, m->server.data, m->server.size);
	return message_end(&w);
}

size_t control_encode_welcome(
	uint8_t *out, size_t size, uint32_t seq, const struct control_welcome *m)
{
	struct wire_writer w;

	message_begin(&w, out, size, seq, CONTROL_WELCOME);
	wire_put_u32(&w, m->session);
	wire_put_u32(&w, m->slot_count);
	wire_put_u64(&w, m->boot_id);
	return message_end(&w);
}

size_t control_encode_pool(uint8_t *out, size_t size, uint32_t seq, const struct control_pool *m)
{
	struct wire_writer w;

	if (m->spec.size > POOL_SPEC_MAX_BYTES)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_POOL);
	wire_put_blob(&w, m->spec.data, m->spec.size);
	return message_end(&w);
}

size_t control_encode_pool_ok(
	uint8_t *out, size_t size, uint32_t seq, const struct control_pool_ok *m)
{
	struct wire_writer w;

	if (!m->pool)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_POOL_OK);
	wire_put_u32(&w, m->pool);
	wire_put_u32(&w, m->children);
	return message_end(&w);
}

size_t control_encode_denied(
	uint8_t *out, size_t size, uint32_t seq, const struct control_denied *m)
{
	struct wire_writer w;

	if (m->reason == REASON_NONE || m->text.size > CONTROL_MAX_TEXT)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_DENIED);
	wire_put_u32(&w, m->reason);
	wire_put_blob(&w, m->text.data, m->text.size);
	return message_end(&w);
}

size_t control_encode_lease(uint8_t *out, size_t size, uint32_t seq, const struct control_lease *m)
{
	struct wire_writer w;

	if (!m->pool || !control_lease_flags_are_valid(m->flags))
		return 0;
	message_begin(&w, out, size, seq, CONTROL_LEASE);
	wire_put_u32(&w, m->pool);
	wire_put_u32(&w, m->wait_ms);
	wire_put_u32(&w, m->flags);
	return message_end(&w);
}

size_t control_encode_grant(uint8_t *out, size_t size, uint32_t seq, const struct control_grant *m)
{
	struct wire_writer w;

	if (!lease_generation_is_valid(m->generation))
		return 0;
	message_begin(&w, out, size, seq, CONTROL_GRANT);
	wire_put_u32(&w, m->slot);
	wire_put_u32(&w, m->flags);
	wire_put_u64(&w, m->generation);
	return message_end(&w);
}

size_t control_encode_queued(
	uint8_t *out, size_t size, uint32_t seq, const struct control_queued *m)
{
	struct wire_writer w;

	message_begin(&w, out, size, seq, CONTROL_QUEUED);
	wire_put_u32(&w, m->wait_ms);
	return message_end(&w);
}

size_t control_encode_reject(
	uint8_t *out, size_t size, uint32_t seq, const struct control_reject *m)
{
	struct wire_writer w;

	if (m->reason == REASON_NONE || m->text.size > CONTROL_MAX_TEXT)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_REJECT);
	wire_put_u32(&w, m->reason);
	wire_put_u32(&w, m->in_use);
	wire_put_u32(&w, m->limit);
	wire_put_u32(&w, m->queued);
	wire_put_u32(&w, m->retry_after_s);
	wire_put_u32(&w, m->status);
	wire_put_blob(&w, m->text.data, m->text.size);
	return message_end(&w);
}

size_t control_encode_return(
	uint8_t *out, size_t size, uint32_t seq, const struct control_return *m)
{
	struct wire_writer w;

	if (!lease_generation_is_valid(m->generation))
		return 0;
	message_begin(&w, out, size, seq, CONTROL_RETURN);
	wire_put_u32(&w, m->slot);
	wire_put_u64(&w, m->generation);
	return message_end(&w);
}

size_t control_encode_close(
	uint8_t *out, size_t size, uint32_t seq, const struct control_close_lease *m)
{
	struct wire_writer w;

	if (m->why >= CONTROL_CLOSE_COUNT || !lease_generation_is_valid(m->generation))
		return 0;
	message_begin(&w, out, size, seq, CONTROL_CLOSE);
	wire_put_u32(&w, m->slot);
	wire_put_u32(&w, m->why);
	wire_put_u64(&w, m->generation);
	wire_put_u32(&w, m->child_pid);
	return message_end(&w);
}

size_t control_encode_cancel(
	uint8_t *out, size_t size, uint32_t seq, const struct control_cancel *m)
{
	struct wire_writer w;

	message_begin(&w, out, size, seq, CONTROL_CANCEL);
	wire_put_u32(&w, m->lease_sequence);
	return message_end(&w);
}

size_t control_encode_why(uint8_t *out, size_t size, uint32_t seq, const struct control_why *m)
{
	struct wire_writer w;

	if (m->what.size > CONTROL_MAX_NAME)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_WHY);
	wire_put_blob(&w, m->what.data, m->what.size);
	return message_end(&w);
}

size_t control_encode_criu(uint8_t *out, size_t size, uint32_t seq, const struct control_criu *m)
{
	struct wire_writer w;

	if (m->what >= CONTROL_CRIU_COUNT || m->pool.size > CONTROL_MAX_NAME ||
		control_criu_has_pool(m->what) != (m->pool.size != 0))
		return 0;
	message_begin(&w, out, size, seq, CONTROL_CRIU);
	wire_put_u32(&w, m->what);
	wire_put_blob(&w, m->pool.data, m->pool.size);
	return message_end(&w);
}

size_t control_encode_steer(uint8_t *out, size_t size, uint32_t seq, const struct control_steer *m)
{
	struct wire_writer w;

	if (!control_steer_is_valid(m))
		return 0;
	message_begin(&w, out, size, seq, CONTROL_STEER);
	wire_put_u32(&w, m->action);
	wire_put_u32(&w, m->kind);
	wire_put_u32(&w, m->flags);
	wire_put_u32(&w, m->wait_ms);
	wire_put_blob(&w, m->text.data, m->text.size);
	return message_end(&w);
}

size_t control_encode_show(uint8_t *out, size_t size, uint32_t seq, const struct control_show *m)
{
	struct wire_writer w;

	if (m->query.size > POOL_SPEC_MAX_BYTES)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_SHOW);
	wire_put_blob(&w, m->query.data, m->query.size);
	return message_end(&w);
}

size_t control_encode_terminate(
	uint8_t *out, size_t size, uint32_t seq, const struct control_terminate *m)
{
	struct wire_writer w;

	if (!m->instance)
		return 0;
	message_begin(&w, out, size, seq, CONTROL_TERMINATE);
	wire_put_bytes(&w, m->key, sizeof(m->key));
	wire_put_u64(&w, m->instance);
	return message_end(&w);
}

size_t control_encode_document(
	uint8_t *out, size_t size, uint32_t seq, const struct control_document *m)
{
	struct wire_writer w;

	message_begin(&w, out, size, seq, CONTROL_DOCUMENT);
	wire_put_u32(&w, m->size);
	wire_put_u32(&w, m->status);
	return message_end(&w);
}

size_t control_encode_bare(uint8_t *out, size_t size, uint32_t seq, enum control_type type)
{
	struct wire_writer w;

	if (type != CONTROL_STATUS && type != CONTROL_RELOAD)
		return 0;
	message_begin(&w, out, size, seq, type);
	return message_end(&w);
}
