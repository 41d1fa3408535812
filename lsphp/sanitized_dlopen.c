/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Only in builds with a sanitizer: PHP loads extensions with RTLD_DEEPBIND, with which the
 * sanitizer's runtime can not live. This dlopen() comes before libc's for the whole process.
 *
 * Source: https://github.com/google/sanitizers/issues/611
 */

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

__attribute__((visibility("default"))) void *dlopen(const char *file, int mode)
{
	void *(*real)(const char *, int);
	void *found = dlsym(RTLD_NEXT, "dlopen");
	if (!found)
		return NULL;
	memcpy(&real, &found, sizeof(real)); /* C has no conversion from data to function pointer */
	return real(file, mode & ~RTLD_DEEPBIND);
}
