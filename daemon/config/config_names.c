/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int config_names_add(struct config_names *n, const char *name)
{
	char **item = realloc(n->item, (n->count + 1) * sizeof(char *));

	if (!item)
		return -ENOMEM;
	n->item = item;
	item[n->count] = strdup(name);
	if (!item[n->count])
		return -ENOMEM;
	n->count++;
	return 0;
}

void config_names_clear(struct config_names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		free(n->item[i]);
	free(n->item);
	*n = (struct config_names){ .item = NULL };
}
