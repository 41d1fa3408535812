/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/control_codec.h"

#define CODEC(name, member)                                                                        \
	static int decode_##name(const uint8_t *data, size_t size, union control_message *ret)     \
	{                                                                                          \
		return control_decode_##name(data, size, &ret->member);                            \
	}                                                                                          \
	static size_t encode_##name(                                                               \
		uint8_t *out, size_t size, uint32_t seq, const union control_message *m)           \
	{                                                                                          \
		return control_encode_##name(out, size, seq, &m->member);                          \
	}

#define BARE_CODEC(name, type)                                                                     \
	static int decode_##name(const uint8_t *data, size_t size, union control_message *ret)     \
	{                                                                                          \
		(void)ret;                                                                         \
		return control_decode_bare(data, size, (type));                                    \
	}                                                                                          \
	static size_t encode_##name(                                                               \
		uint8_t *out, size_t size, uint32_t seq, const union control_message *m)           \
	{                                                                                          \
		(void)m;                                                                           \
		return control_encode_bare(out, size, seq, (type));                                \
	}

CODEC(hello, hello)
CODEC(welcome, welcome)
CODEC(pool, pool)
CODEC(pool_ok, pool_ok)
CODEC(denied, denied)
CODEC(lease, lease)
CODEC(grant, grant)
CODEC(queued, queued)
CODEC(reject, reject)
CODEC(return, ret)
CODEC(close, close)
CODEC(cancel, cancel)
CODEC(why, why)
CODEC(criu, criu)
CODEC(steer, steer)
CODEC(show, show)
CODEC(terminate, terminate)
CODEC(document, document)
BARE_CODEC(status, CONTROL_STATUS)
BARE_CODEC(reload, CONTROL_RELOAD)

const struct control_codec control_codecs[CONTROL_CODECS] = {
	{ CONTROL_HELLO, decode_hello, encode_hello },
	{ CONTROL_WELCOME, decode_welcome, encode_welcome },
	{ CONTROL_POOL, decode_pool, encode_pool },
	{ CONTROL_POOL_OK, decode_pool_ok, encode_pool_ok },
	{ CONTROL_DENIED, decode_denied, encode_denied },
	{ CONTROL_LEASE, decode_lease, encode_lease },
	{ CONTROL_GRANT, decode_grant, encode_grant },
	{ CONTROL_QUEUED, decode_queued, encode_queued },
	{ CONTROL_REJECT, decode_reject, encode_reject },
	{ CONTROL_RETURN, decode_return, encode_return },
	{ CONTROL_CLOSE, decode_close, encode_close },
	{ CONTROL_CANCEL, decode_cancel, encode_cancel },
	{ CONTROL_STATUS, decode_status, encode_status },
	{ CONTROL_RELOAD, decode_reload, encode_reload },
	{ CONTROL_WHY, decode_why, encode_why },
	{ CONTROL_CRIU, decode_criu, encode_criu },
	{ CONTROL_STEER, decode_steer, encode_steer },
	{ CONTROL_SHOW, decode_show, encode_show },
	{ CONTROL_TERMINATE, decode_terminate, encode_terminate },
	{ CONTROL_DOCUMENT, decode_document, encode_document },
};

const struct control_codec *control_codec_find(unsigned type)
{
	for (size_t i = 0; i < CONTROL_CODECS; i++) {
		if ((unsigned)control_codecs[i].type == type)
			return &control_codecs[i];
	}
	return NULL;
}
