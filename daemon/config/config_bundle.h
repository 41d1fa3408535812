#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * All files of a configuration as one piece of memory: lsapid.conf first, then handler_map if it
 * names one, then the pool files in the order of their names, then the problems of pool files that
 * were left out or kept as they were. Written and read by the same build only: by the two processes
 * of one daemon, and by the supervisor at its next reading.
 */

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "proto/wire.h"

/* lsapid.conf is written by hand: some KiB; more is a mistake such as the wrong file */
#define CONFIG_BUNDLE_MAX_FILE (1024U * 1024U)
#define CONFIG_BUNDLE_MAX_PATH 4096U

struct config_piece {
	char *path; /* owned */
	char *text; /* owned: ended by a NUL, without one in it */
	size_t size;
};

struct config_pieces {
	struct config_piece *item; /* owned */
	size_t count;
	size_t capacity;
	size_t bytes;
};

/** config_pieces_add() - takes @path and @text, also when it fails. Return: 0; -ENOMEM */
int config_pieces_add(
	struct config_pieces *list, char *path, char *text, size_t size) ATTR_MUST_USE;
void config_pieces_deinit(struct config_pieces *list);

/** config_bundle_make() - Return: 0; -ENOMEM; -E2BIG above CONFIG_MAX_BYTES */
int config_bundle_make(const struct config_pieces *list, const struct config_problems *problems,
	struct config_bundle *ret_bundle) ATTR_MUST_USE;

/** Walks a bundle: open, then next for each file, then problems. */
struct config_bundle_reader {
	struct wire_reader wire;
	uint32_t left; /* files not yet read */
};

/** config_bundle_open() - Return: false if it is no bundle */
bool config_bundle_open(struct config_bundle_reader *r, const void *data, size_t size);

/** config_bundle_next() - a file: views. Return: false after the last, or if it is damaged */
bool config_bundle_next(
	struct config_bundle_reader *r, struct wire_bytes *ret_path, struct wire_bytes *ret_text);

/** config_bundle_problems() - what is behind the last file. Return: false if it is damaged */
bool config_bundle_problems(struct config_bundle_reader *r, struct config_problems *ret_problems);
