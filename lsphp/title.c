/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/title.h"

#include <stdlib.h>
#include <string.h>

#define TITLE_PREFIX "lsphp:"
/** The reference shows 45 bytes of the path; more would only lengthen the listing of ps. */
#define TITLE_MAX 96U

void title_init(struct title *t, int argc, char **argv)
{
	*t = (struct title){ 0 };
	if (argc < 1)
		return;
	/* Strings that follow each other without a gap are one area. */
	char *end = argv[0] + strlen(argv[0]);
	for (int i = 1; i < argc && argv[i] == end + 1; i++)
		end = argv[i] + strlen(argv[i]);
	size_t size = (size_t)(end - argv[0]);
	char *copy = malloc(size + 1);
	if (!copy)
		return; /* without a title, then */
	memcpy(copy, argv[0], size + 1);
	t->area = argv[0];
	t->original = copy;
	t->size = size;
}

void title_show(struct title *t, const char *script)
{
	const size_t prefix = sizeof(TITLE_PREFIX) - 1;
	size_t room = t->size < TITLE_MAX ? t->size : TITLE_MAX;
	if (room <= prefix)
		return;
	size_t size = strlen(script);
	size_t part = size < room - prefix ? size : room - prefix;
	memcpy(t->area, TITLE_PREFIX, prefix);
	memcpy(t->area + prefix, script + (size - part), part);
	memset(t->area + prefix + part, 0, t->size - prefix - part);
	t->shown = t->size;
}

void title_reset(struct title *t)
{
	if (t->shown > 0)
		memcpy(t->area, t->original, t->shown);
	t->shown = 0;
}
