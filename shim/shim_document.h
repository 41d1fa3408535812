#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What lsapid knows, as JSON: asked for over the control connection of this process, and gone
 * through part by part. Pools come one at a time: as one tree, thousands of them would take ten
 * times the memory of their text. The door of jansson in the shim, with shim_status_*.c.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/shim_process.h"

/** 10000 pools are 7 MiB; more than this is a mistake, and no reason to fill Apache's memory. */
#define SHIM_DOCUMENT_MAX (64U * 1024U * 1024U)

struct shim_document {
	char *text; /* owned: malloc */
	size_t size;
};

/**
 * shim_document_fetch() - STATUS
 *
 * Return: true, to be freed with shim_document_free(); false and why: session_error, or the
 *         daemon's reason in the reply. Never waits for longer than shim_session_call() twice.
 */
bool shim_document_fetch(struct shim_process *p, struct shim_document *ret_document,
	struct shim_lease_failure *reterr_failure);

/** shim_document_read() - the pure part of it: a descriptor with JSON. Return: false: no such */
bool shim_document_read(int fd, struct shim_document *ret_document);

void shim_document_free(struct shim_document *d);

/** shim_document_pool_fn - of one pool; @at is its text, which shim_document_parse() takes */
typedef void (*shim_document_pool_fn)(void *context, json_t *pool, const char *at, size_t size);

/**
 * shim_document_walk() - each pool to @take, all else into one object
 *
 * Return: the object, a new reference; NULL: this is no status document, or no memory.
 */
json_t *shim_document_walk(
	const char *text, size_t size, shim_document_pool_fn take, void *context);

/** shim_document_parse() - a pool of it, once more; a new reference, or NULL */
json_t *shim_document_parse(const char *at, size_t size);
