/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A datagram on the channel between supervisor and manager. What the decoder takes, the encoder
 * writes in the same bytes, and every number in it is one that has a name.
 */

#include <assert.h>
#include <string.h>

#include "proto/fdpass.h"
#include "proto/priv.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[PRIV_MESSAGE_SIZE];
	struct priv_message m;

	if (priv_decode(data, size, &m))
		return 0;
	assert(size == PRIV_MESSAGE_SIZE);
	priv_encode(out, &m);
	assert(!memcmp(out, data, size));
	assert(strcmp(priv_type_name((unsigned)m.type), "?") != 0);
	assert(strcmp(priv_step_name(m.step), "?") != 0);
	assert(strcmp(reason_name(m.reason), "unknown") != 0);
	assert(m.type != PRIV_SIGNAL || priv_signal_has_pid(m.signal) == (m.pid > 0));
	assert(priv_fd_count(&m) <= FDPASS_MAX);
	assert(memchr(m.text, '\0', sizeof(m.text)));
	return 0;
}
