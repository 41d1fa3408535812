#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* All codecs of the control protocol behind one signature, for unit tests and for fuzzing. */

#include "proto/control.h"

union control_message {
	struct control_hello hello;
	struct control_welcome welcome;
	struct control_pool pool;
	struct control_pool_ok pool_ok;
	struct control_denied denied;
	struct control_lease lease;
	struct control_grant grant;
	struct control_queued queued;
	struct control_reject reject;
	struct control_return ret;
	struct control_close_lease close;
	struct control_cancel cancel;
	struct control_why why;
	struct control_criu criu;
	struct control_steer steer;
	struct control_show show;
	struct control_terminate terminate;
	struct control_document document;
};

struct control_codec {
	enum control_type type;
	int (*decode)(const uint8_t *data, size_t size, union control_message *ret);
	size_t (*encode)(uint8_t *out, size_t size, uint32_t seq, const union control_message *m);
};

#define CONTROL_CODECS 20U

extern const struct control_codec control_codecs[CONTROL_CODECS];

/** control_codec_find() - NULL if @type is none */
const struct control_codec *control_codec_find(unsigned type);
