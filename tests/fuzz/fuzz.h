#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The one entry of a fuzz target: called by libFuzzer, and by replay.c with the stored corpus. */

#include <stddef.h>
#include <stdint.h>

/**
 * LLVMFuzzerTestOneInput() - feed one input to the code under test
 * @data: exactly @size bytes on the heap, so that AddressSanitizer sees a read past the end
 *
 * A broken promise ends the process by assert; bytes that the decoder refuses are no failure.
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
