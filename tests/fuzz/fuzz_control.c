/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A datagram on the control socket. What a decoder takes, the encoder writes in the same bytes: so
 * nothing passes that two sides could read differently. A message has one type, for one decoder.
 */

#include <assert.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/control_codec.h"

static void check_spec(const union control_message *m)
{
	struct pool_spec spec;

	/* as the manager does with a POOL; fuzz_pool_spec.c is about what comes of it */
	(void)pool_spec_parse(m->pool.spec.data, m->pool.spec.size, &spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[CONTROL_MAX_MESSAGE];
	struct control_header header;
	int error = control_decode_header(data, size, &header);
	unsigned taken = 0;

	for (size_t i = 0; i < CONTROL_CODECS; i++) {
		const struct control_codec *codec = &control_codecs[i];
		union control_message m;

		if (codec->decode(data, size, &m))
			continue;
		taken++;
		assert(!error && header.type == (unsigned)codec->type && header.length == size);
		assert(codec->encode(out, sizeof(out), header.sequence, &m) == size);
		assert(!memcmp(out, data, size));
		if (codec->type == CONTROL_POOL)
			check_spec(&m);
	}
	assert(taken <= 1);
	if (!error)
		assert(strcmp(control_type_name(header.type), "?") != 0);
	return 0;
}
