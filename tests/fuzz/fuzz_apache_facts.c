/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A configuration of httpd as lsapidctl check reads it, and the same bytes as the file envvars
 * before it. Whatever they are, each fact has its texts, and each finding can be shown.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/check/check.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
	assert(text);
	for (; *text; text++)
		assert((unsigned char)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct apache_facts *f = apache_facts_new("/etc/apache2/apache2.conf");
	struct check c = { .silence = "", .socket_path = "", .config_path = "" };
	char *text = malloc(size + 1);

	assert(f && text);
	memcpy(text, data, size);
	text[size] = '\0';
	f->import->include = NULL; /* it would read files of this host */
	apache_facts_take_envvars(f, text);
	apache_facts_take(f, "a.conf", text, size);
	assert(f->count <= APACHE_FACTS_MAX);
	for (size_t i = 0; i < f->count; i++)
		assert(f->fact[i].kind < APACHE_KIND_COUNT && f->fact[i].name && f->fact[i].value &&
			f->fact[i].where);
	c.apache = f;
	check_run(&c);
	for (size_t i = 0; i < c.count; i++) {
		check_text(c.finding[i].what);
		check_text(c.finding[i].where);
		check_text(c.finding[i].remedy);
	}
	check_deinit(&c);
	(void)apache_facts_free(f);
	free(text);
	return 0;
}
