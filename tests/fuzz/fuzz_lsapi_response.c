/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a backend may send to the shim: any bytes, in any pieces. The events must not depend on how
 * the bytes were cut.
 */

#include <assert.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/lsapi_check.h"

/* A larger input proves nothing more and makes the transcript slow. */
#define INPUT_MAX 4096U
/* Of one packet of 9 bytes at worst a line of about 20 characters. */
#define TRANSCRIPT_SIZE (INPUT_MAX * 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunk_sizes[] = { 1, 3, 8, 17, 100 };
	char whole[TRANSCRIPT_SIZE];
	char cut[TRANSCRIPT_SIZE];

	if (size == 0 || size > INPUT_MAX)
		return 0;
	lsapi_check_response(data, size, size, whole, sizeof(whole));
	for (size_t i = 0; i < sizeof(chunk_sizes) / sizeof(chunk_sizes[0]); i++) {
		lsapi_check_response(data, size, chunk_sizes[i], cut, sizeof(cut));
		assert(strcmp(whole, cut) == 0);
	}
	return 0;
}
