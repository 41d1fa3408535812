#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where the status page is written to, and the one place where text of strangers is made harmless:
 * names of virtual hosts, URIs, paths. Nothing of httpd, so that all of the page can run in a test.
 */

#include <stddef.h>
#include <stdint.h>

/** shim_out_fn - takes @size bytes; what went wrong is for @sink to know */
typedef void (*shim_out_fn)(void *sink, const char *data, size_t size);

struct shim_out {
	shim_out_fn write;
	void *sink; /* borrowed: whoever made this */
};

/** shim_out_put() - what we have written ourselves, as it is */
void shim_out_put(const struct shim_out *out, const char *text);

/** shim_out_number() - decimal digits */
void shim_out_number(const struct shim_out *out, uint64_t number);

/**
 * shim_out_text() - text of strangers, for HTML
 *
 * In an element, or in an attribute between quotes of either kind, it is text and nothing else.
 * Bytes that are not UTF-8, control characters, and those that change the direction of what stands
 * beside them, are shown as \\x and two hexadecimal digits of each byte.
 */
void shim_out_text(const struct shim_out *out, const char *text);

/** shim_out_line() - the same for plain text: it stays in its line; < and & are themselves */
void shim_out_line(const struct shim_out *out, const char *text);

/** shim_out_query() - the same for the value of a parameter in a URL, by percent signs */
void shim_out_query(const struct shim_out *out, const char *text);
