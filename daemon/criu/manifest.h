#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What stands beside an image: all that it depends on, and what is worth knowing about it. Strings
 * "key=value", each ended by a NUL, in the order in which they were put; a digest of them is the
 * last. `tr '\0' '\n' < manifest` shows it.
 *
 *   format=1                          the first
 *   pool= uid= gid= handler=          whose it is
 *   kernel= cpu= criu=                host.h
 *   created_s= cold_ms= freeze_ms= bytes=
 *   fact=KEY=VALUE                    facts.h; compared
 *   note=KEY=VALUE                    what a restore has to know; not compared
 *   map=STAMP  watch=STAMP            files of the process, see stamp.h; compared
 *   image=STAMP                       CRIU's own files, by their name in the directory; compared
 *   end=DIGEST                        the last
 *
 * No input or output here: bytes in, bytes out.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/criu/facts.h"
#include "daemon/criu/host.h"
#include "daemon/criu/why.h"

struct stamp;

/* Facts, and some thousand files with long names: more than that is none of ours. */
#define MANIFEST_MAX_BYTES 1048576U

#define MANIFEST_FACT  "fact="
#define MANIFEST_NOTE  "note="
#define MANIFEST_MAP   "map="
#define MANIFEST_WATCH "watch="
#define MANIFEST_IMAGE "image="

/** Collects strings; the first error stays. Zero-initialise. */
struct manifest_builder {
	char *data; /* owned */
	size_t used;
	size_t room;
	int error; /* -errno */
};

/** A checked manifest; the texts view its data. */
struct manifest {
	char *data; /* owned; NULL: none */
	size_t size;
	const char *pool;
	const char *handler;
	const char *kernel;
	const char *cpu;
	const char *criu;
	uint32_t uid;
	uint32_t gid;
	uint64_t created_s; /* of CLOCK_REALTIME */
	uint64_t cold_ms;   /* a start without the image */
	uint64_t freeze_ms;
	uint64_t bytes; /* of CRIU's files */
};

/** manifest_begin() - @b is all zero */
void manifest_begin(struct manifest_builder *b);
void manifest_builder_deinit(struct manifest_builder *b);

void manifest_put_text(struct manifest_builder *b, const char *key, const char *value);
void manifest_put_uint(struct manifest_builder *b, const char *key, uint64_t value);
void manifest_put_host(struct manifest_builder *b, const struct host *h);
void manifest_put_facts(struct manifest_builder *b, const struct facts *f);

/** manifest_put_note() - for manifest_note() at the restore: manifest_put_note(&b, "pid", "12") */
void manifest_put_note(struct manifest_builder *b, const char *key, const char *value);

/** manifest_put_stamp() - @kind: MANIFEST_MAP, _WATCH or _IMAGE; @path: whole, or a file's name */
void manifest_put_stamp(
	struct manifest_builder *b, const char *kind, const struct stamp *st, const char *path);

/**
 * manifest_end() - the digest; nothing can be put any more
 *
 * Return: 0; the first error: -ENOMEM; -EFBIG above MANIFEST_MAX_BYTES; -EINVAL for an empty key.
 */
int manifest_end(struct manifest_builder *b) ATTR_MUST_USE;

/**
 * manifest_decode() - check bytes that may be anything
 * @data: malloc'ed; consumed on success only
 *
 * Return: 0; 1 and @reterr says what is wrong with them.
 */
int manifest_decode(
	char *data, size_t size, struct manifest *ret, struct why *reterr) ATTR_MUST_USE;
void manifest_deinit(struct manifest *m);

/**
 * manifest_next() - the entries of one kind, in order
 * @kind: MANIFEST_FACT, ...
 * @iter: NULL for the first, else what was returned last
 *
 * Return: what follows @kind, or NULL at the end.
 */
const char *manifest_next(const struct manifest *m, const char *kind, const char *iter);

/** manifest_note() - the value of a note, or NULL */
const char *manifest_note(const struct manifest *m, const char *key);
