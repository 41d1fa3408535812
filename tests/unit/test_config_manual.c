/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_table.h"
#include "tests/support/source.h"
#include "tests/support/t.h"

static unsigned entries(const char *manual, const char *name)
{
	char entry[128];
	unsigned count = 0;
	int length = snprintf(entry, sizeof(entry), "\n*%s* = ", name);

	for (manual = strstr(manual, entry); manual; manual = strstr(manual + length, entry))
		count++;
	return count;
}

/* The host's keys in lsapid.conf(5), those of a pool and its defaults in pools.d(5). */
static void manual__every_row_of_the_table__has_one_entry_in_one_manual(void **state)
{
	size_t count, i;
	const struct config_key *table = config_table(&count);
	char *host = source_read("daemon/config/lsapid.conf.5.scd");
	char *pool = source_read("daemon/config/pools.d.5.scd");

	(void)state;
	for (i = 0; i < count; i++) {
		bool is_host = table[i].section == CONFIG_SECTION_TOP ||
			       table[i].section == CONFIG_SECTION_HANDLER;
		unsigned found = entries(is_host ? host : pool, table[i].name);

		if (found != 1)
			fail_msg("%s has %u entries for %s",
				is_host ? "lsapid.conf(5)" : "pools.d(5)", found, table[i].name);
	}
	free(host);
	free(pool);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual__every_row_of_the_table__has_one_entry_in_one_manual),
	};

	return cmocka_run_group_tests_name("config_manual", tests, NULL, NULL);
}
