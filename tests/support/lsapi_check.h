#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What must hold for any bytes that the LSAPI decoders are given; for unit tests and for fuzzing.
 * A broken promise ends the process by assert.
 */

#include <stddef.h>
#include <stdint.h>

#include "proto/lsapi.h"

/**
 * lsapi_check_request() - visit everything that a decoded request shows
 *
 * Every byte of every view is read and must lie within the packet, and every iterator must end
 * after the number of entries that the packet announced.
 */
void lsapi_check_request(const struct lsapi_request *q);

/**
 * lsapi_check_response() - decode, and write down the events
 * @data, @size: what the backend sent
 * @chunk_size:  bytes per read
 * @out:         transcript as text, NUL-terminated; must be large enough
 *
 * One line per event ("HEADER 200", "line Content-type: ...", "BODY abc", "STDERR ...", "PID 1",
 * "RECEIVED", "END", "CLOSE", "ERROR 3"); pieces of one stream that follow each other are joined,
 * so that the transcript does not depend on @chunk_size. Each chunk is an exact heap copy.
 */
void lsapi_check_response(
	const uint8_t *data, size_t size, size_t chunk_size, char *out, size_t out_size);
