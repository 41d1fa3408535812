/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/domains.h"

#include <string.h>

#include "daemon/base/str.h"

void domains_add(struct domains *d, const char *php, unsigned more)
{
	size_t i = 0;

	while (i < d->count && strcmp(d->item[i].php, php) != 0)
		i++;
	if (i == DOMAINS_MAX_PHP || strlen(php) >= DOMAINS_PHP_SIZE)
		return;
	if (i == d->count) {
		(void)str_copy(d->item[i].php, sizeof(d->item[i].php), php);
		d->item[i].count = 0;
		d->count++;
	}
	d->item[i].count += more;
}

bool domains_is_name(const char *name)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	size_t size = strlen(name);

	return size > 0 && size <= 253 && name[strspn(name, bytes)] == '\0' && name[0] != '.' &&
	       name[0] != '-' && !strstr(name, "..") && name[size - 1] != '.';
}
