/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/fake_bundle.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "proto/wire.h"
#include "tests/support/t.h"

int fake_bundle(const char *dir, const char *config)
{
	uint8_t data[16384];
	struct wire_writer w;
	char text[8192];
	int fd;

	(void)snprintf(text, sizeof(text),
		"runtime_dir = \"%s\"\nlog_level = debug\n%s\nhandler \"php\" { binary = \"/x/lsphp\" }\n",
		dir, config);
	wire_writer_init(&w, data, sizeof(data));
	wire_put_u32(&w, 0x4243534cU);
	wire_put_u32(&w, 1);
	wire_put_blob(&w, "lsapid.conf", 11);
	wire_put_blob(&w, text, strlen(text));
	wire_put_u32(&w, 0); /* problems */
	assert_false(w.has_failed);
	fd = fd_memfd("config", data, w.used);
	assert_true(fd >= 0);
	return fd;
}
