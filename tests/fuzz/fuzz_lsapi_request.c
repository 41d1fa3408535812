/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What anybody who reaches the socket may send to lsphp. What the decoder lets through is visited
 * to the last byte, and encoded again: our encoder must make a packet of it that our decoder takes.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/lsapi_check.h"

static void encode_again(struct lsapi_request_encoder *e, const struct lsapi_request *q)
{
	enum lsapi_ini_class ini_class;
	struct lsapi_http_header h;
	struct lsapi_iter it = { 0 };
	struct lsapi_env env;
	const char *name;
	const char *value;

	while (lsapi_request_next_special(q, &it, &env)) {
		if (lsapi_ini_decode(&env, &ini_class, &name, &value))
			lsapi_request_encode_ini(e, ini_class, name, value);
	}
	it = (struct lsapi_iter){ 0 };
	while (lsapi_request_next_env(q, &it, &env))
		lsapi_request_encode_env(e, env.name, env.name_size, env.value, env.value_size);
	it = (struct lsapi_iter){ 0 };
	while (lsapi_request_next_header(q, &it, &h))
		lsapi_request_encode_header(e, h.name, h.name_size, h.value, h.value_size);
}

/*
 * The packet's size and byte order fields are put right first: otherwise hardly an input would get
 * past the first check. The decoder's own check of them has its unit test.
 */
static void repair(uint8_t *packet, size_t size)
{
	uint8_t flags = packet[3];

	lsapi_packet_encode(packet, LSAPI_BEGIN_REQUEST, (uint32_t)size);
	if (!(flags & 1U))
		return;
	packet[3] ^= 1U;
	for (size_t i = 0; i < 2; i++) {
		uint8_t low = packet[4 + i];
		packet[4 + i] = packet[7 - i];
		packet[7 - i] = low;
	}
}

static void check_again(const struct lsapi_request *q)
{
	struct lsapi_request_encoder e;
	struct lsapi_request again;
	uint8_t buf[LSAPI_REQUEST_MAX];
	size_t size;
	uint64_t body_size = q->body_size > 0 ? (uint64_t)q->body_size : 0;

	/* above that the value of a Content-Length header would decide, which may be merged now */
	if (body_size > INT32_MAX)
		body_size = INT32_MAX;
	lsapi_request_encode_init(&e, buf, sizeof(buf));
	encode_again(&e, q);
	if (lsapi_request_encode_finish(&e, body_size, &size) != 0)
		return;
	assert(lsapi_request_decode(buf, size, &again) == 0);
	assert(again.env_count == q->env_count);
	assert((uint64_t)again.body_size == body_size);
	lsapi_check_request(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lsapi_request q;

	if (lsapi_request_decode(data, size, &q) == 0)
		lsapi_check_request(&q);
	if (size < LSAPI_PACKET_HEADER_SIZE || size > LSAPI_REQUEST_MAX)
		return 0;
	uint8_t *packet = malloc(size); /* exactly, for AddressSanitizer */
	assert(packet);
	memcpy(packet, data, size);
	repair(packet, size);
	if (lsapi_request_decode(packet, size, &q) == 0) {
		lsapi_check_request(&q);
		check_again(&q);
	}
	free(packet);
	return 0;
}
