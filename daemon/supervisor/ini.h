#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Settings of PHP for one pool: a php.ini file that only this start of lsphp can read.
 *
 * lsphp has no option for settings, but PHP reads all files of the directories that
 * PHP_INI_SCAN_DIR names. So each start that needs it gets a directory of its own, below
 * runtime_dir/ini. Nobody but us can enter that one: lsphp is handed the open directory, and finds
 * it as /proc/self/fd/N, whatever the modes on the way are.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "proto/pool_spec.h"

/** Descriptor of the directory in lsphp: the first one behind stderr. */
#define INI_FD 3

/** What PHP_INI_SCAN_DIR has to name. */
#define INI_SCAN_DIR "/proc/self/fd/3"

/**
 * ini_build() - the file's text
 * @ret_text: the caller's to free; NULL if @spec has no settings of PHP
 *
 * Every value is text in quotes that PHP takes as it is: no constant, variable, escape or section.
 *
 * Return: 0; -EINVAL: a name that is none (@ret_text is not written); -ENOMEM.
 */
int ini_build(const struct pool_spec *spec, char **ret_text, size_t *ret_size) ATTR_MUST_USE;

/**
 * ini_prepare() - make the directory of them all, and empty it
 * @runtime_fd: runtime_dir
 * @ret_fd:     the caller's
 *
 * Return: 0; -errno.
 */
int ini_prepare(int runtime_fd, int *ret_fd) ATTR_MUST_USE;

/**
 * ini_make() - the directory of one start
 * @dir:    of them all
 * @number: not used before
 * @ret_fd: the caller's: what lsphp gets
 *
 * Return: 0; -errno: nothing is left of it.
 */
int ini_make(int dir, uint64_t number, const char *text, size_t size, int *ret_fd) ATTR_MUST_USE;

/** ini_remove() - when lsphp has ended; one that is not there is no fault */
void ini_remove(int dir, uint64_t number);
