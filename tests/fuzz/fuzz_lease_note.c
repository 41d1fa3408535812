/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The note of a lease, all of whose bytes another process may have written: a reader never leaves
 * its copy, and what a shim wrote of four strings is four strings again.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lease_note.h"
#include "tests/fuzz/fuzz.h"

static void check_string(const struct lease_request_copy *c, const char *s)
{
	const char *end = c->data + sizeof(c->data);

	assert(s >= c->data && s < end && memchr(s, '\0', (size_t)(end - s)));
}

static void check_copy(const struct lease_request_copy *c)
{
	check_string(c, c->request.vhost);
	check_string(c, c->request.method);
	check_string(c, c->request.script);
	check_string(c, c->request.uri);
}

/* What was read is written again, and read: the same. */
static void check_again(const struct lease_request_copy *first)
{
	struct lease_note *n = calloc(1, sizeof(*n));
	struct lease_request_copy again;

	assert(n);
	lease_note_write(n, &first->request);
	assert(lease_note_read(n, &again));
	assert(!strncmp(again.request.method, first->request.method, LEASE_NOTE_METHOD - 4));
	assert(!strncmp(again.request.vhost, first->request.vhost, LEASE_NOTE_VHOST - 4));
	free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lease_note *n = calloc(1, sizeof(*n));
	struct lease_request_copy copy;

	assert(n);
	memcpy((void *)n, data, size < sizeof(*n) ? size : sizeof(*n));
	if (lease_note_read(n, &copy)) {
		check_copy(&copy);
		check_again(&copy);
	}
	free(n);
	return 0;
}
