#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The directory of lsapi_criu_imgs_dir_path, as lsapid takes it: it follows no link, as root writes
 * there, but /var/run of old configurations is one. So links are followed here, once, when the
 * administrator's configuration is read.
 */

#include <stdbool.h>

/** Longest path that lsapid takes, and its NUL. */
#define SHIM_IMAGES_PATH_SIZE 1001U
#define SHIM_IMAGES_WHY_SIZE  160U

/**
 * shim_images_find() - where the images are kept that @text names
 * @text:    absolute; a slash at its end does no harm
 * @out:     the same without links, as far as it exists
 * @ret_why: what is wrong, in words; empty: nothing. Of a directory that can be named but that
 *           lsapid will not use as it is: that, too
 *
 * Return: can it be named to lsapid?
 * Source: behaviours.md B21, B63, B65.
 */
bool shim_images_find(
	const char *text, char out[SHIM_IMAGES_PATH_SIZE], char ret_why[SHIM_IMAGES_WHY_SIZE]);
