/* SPDX-License-Identifier: Apache-2.0 */

/* The journal of setup: what is taken is written again as what is taken to be the same. */

#include "daemon/ctl/host/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static void check(const struct journal *j)
{
	unsigned last = 0;

	for (size_t i = 0; i < j->count; i++) {
		const struct journal_entry *e = &j->entry[i];

		assert(e->number > last && e->group);
		assert(e->is_command ? e->argv[0] && e->argv[0][0] == '/' : e->path[0] == '/');
		last = e->number;
	}
	assert(j->last_number == last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal first = { .count = 0 }, second = { .count = 0 };
	char *once, *twice;

	if (journal_decode(&first, (const char *)data, size) < 0) {
		assert(!first.count && !first.entry);
		return 0;
	}
	check(&first);
	once = journal_encode(&first);
	assert(once && journal_decode(&second, once, strlen(once)) == 0);
	twice = journal_encode(&second);
	assert(twice && strcmp(once, twice) == 0);
	free(once);
	free(twice);
	journal_deinit(&first);
	journal_deinit(&second);
	return 0;
}
