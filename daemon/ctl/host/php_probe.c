/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/php_probe.h"

#include <stdio.h>
#include <string.h>

#define OPCACHE "Zend OPcache"

void php_probe_version(const char *text, struct php_probe *p)
{
	static const char word[] = "PHP ";

	for (const char *at = text; (at = strstr(at, word)); at++) {
		const char *version = at + sizeof(word) - 1;
		size_t size = strspn(version, "0123456789.");

		/* what follows the numbers is part of it: 8.4.0RC1-dev */
		if (!size)
			continue;
		size = strcspn(version, " ,()\r\n");
		(void)snprintf(p->version, sizeof(p->version), "%.*s", (int)(size & 0xff), version);
		break;
	}
	p->is_lsapi = strstr(text, "(litespeed)") || strstr(text, "SAPI litespeed");
	p->has_opcache = p->has_opcache || strstr(text, OPCACHE);
}

/* The value of a row: after " => ", or in the second cell. */
static void take_value(const char *at, char *out, size_t size)
{
	size_t used = 0;
	bool is_tag = false;

	at += strspn(at, " =>");
	for (; *at && *at != '\n' && *at != '\r' && used + 1 < size; at++) {
		if (*at == '<' || *at == '>')
			is_tag = *at == '<';
		else if (!is_tag && (used || *at != ' '))
			out[used++] = *at;
	}
	while (used && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
}

void php_probe_info(const char *text, struct php_probe *p)
{
	static const char row[] = "Loaded Configuration File";
	const char *at = strstr(text, row);

	if (at)
		take_value(at + sizeof(row) - 1, p->ini, sizeof(p->ini));
	if (strcmp(p->ini, "(none)") == 0)
		p->ini[0] = '\0';
	p->has_opcache = p->has_opcache || strstr(text, OPCACHE);
}
