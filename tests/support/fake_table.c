/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/support/fake_manager.h"

/*
 * Shim and manager are one process here, and ThreadSanitizer knows memory by its address. So the
 * shim's mmap(2) of a table gives the manager's mapping (the linker's --wrap).
 */
static _Atomic(struct fake_manager *) watched;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): names of the linker */
void *__real_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);

void fake_manager_watch(struct fake_manager *m)
{
	watched = m;
}

static struct fake_life *find_table(ino_t inode, const void *at)
{
	struct fake_manager *m = watched;

	for (unsigned i = m ? m->life_count : 0; i > 0; i--) {
		struct fake_life *l = m->life[i - 1];

		if (l->table_refs > 0 && (at ? l->table == at : l->table_inode == inode))
			return l;
	}
	return NULL;
}

void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	struct fake_life *l = NULL;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		l = find_table(st.st_ino, NULL);
	if (!l)
		return __real_mmap64(at, size, prot, flags, fd, offset);
	l->table_refs++;
	return l->table;
}

int __wrap_munmap(void *at, size_t size)
{
	struct fake_life *l = find_table(0, at);

	if (l && --l->table_refs > 0)
		return 0;
	return __real_munmap(at, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
