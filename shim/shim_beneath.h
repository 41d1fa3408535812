#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Files that have to lie beneath a directory, whatever links and ".." their paths have. */

/**
 * shim_beneath_find() - the part of @path below @dir
 *
 * Return: a view into @path, never empty; NULL: it is not below it.
 */
const char *shim_beneath_find(const char *dir, const char *path);

/**
 * shim_beneath_open() - open a file for reading; links count as long as they stay below @dir
 * @dir:  absolute; its own links are the administrator's
 * @name: as shim_beneath_find() gives it
 *
 * Never waits, as a FIFO would make it.
 *
 * Return: a descriptor, owned by the caller; negative errno: -EXDEV leaves the directory, -ENOSYS
 *         a kernel before 5.6.
 * Source: openat2(2), RESOLVE_BENEATH.
 */
int shim_beneath_open(const char *dir, const char *name);
