/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_table.h"
#include "tests/support/t.h"

/* What a row may point into. */
struct object {
	int32_t number;
	uint32_t choice;
	uint64_t size;
	char *text;
};

static const char *const words[] = { "reject", "queue", NULL };

static const struct config_key number = {
	.type = CONFIG_TYPE_INT,
	.name = "number",
	.min = (uint64_t)-20,
	.max = 19,
	.offset = offsetof(struct object, number),
};
static const struct config_key size = {
	.type = CONFIG_TYPE_SIZE,
	.name = "size",
	.min = 4096,
	.max = 1ULL << 40,
	.offset = offsetof(struct object, size),
};
static const struct config_key choice = {
	.type = CONFIG_TYPE_CHOICE,
	.name = "choice",
	.words = words,
	.offset = offsetof(struct object, choice),
};
static const struct config_key ini = {
	.type = CONFIG_TYPE_INI_LIST,
	.name = "ini",
	.max = 64,
};

static const struct config_key target = {
	.type = CONFIG_TYPE_LOG_TARGET,
	.name = "log_target",
	.max = 64,
	.offset = offsetof(struct object, text),
};

static const struct config_key file = {
	.type = CONFIG_TYPE_FILE,
	.name = "log",
	.max = 64,
	.offset = offsetof(struct object, text),
};

static void value_check__table__what_is_wrong(void **state)
{
	static const struct {
		const struct config_key *key;
		const char *text;
		const char *what; /* NULL: nothing */
	} cases[] = {
		{ &number, "-20", NULL },
		{ &number, "19", NULL },
		{ &number, "-21", "is '-21', not within -20 to 19" },
		{ &number, "20", "is '20', not within -20 to 19" },
		{ &number, "much", "is 'much', not a whole number" },
		{ &size, "4K", NULL },
		{ &size, "1024G", NULL },
		{ &size, "1025G", "is '1025G', not within 4096 bytes to 1099511627776 bytes" },
		{ &size, "12k", "is '12k', not a size in bytes such as 65536, 64K, 512M or 2G" },
		{ &size, "-1", "is '-1', not a size in bytes such as 65536, 64K, 512M or 2G" },
		{ &choice, "queue", NULL },
		{ &choice, "wait", "is 'wait', not reject or queue" },
		{ &choice, "", "is '', not reject or queue" },
		{ &target, "stderr", NULL },
		{ &target, "syslog", NULL },
		{ &target, "/var/log/lsapid.log", NULL },
		{ &target, "lsapid.log",
			"is 'lsapid.log', not stderr, syslog or an absolute path without links" },
		{ &target, "/var/../x",
			"is '/var/../x', not stderr, syslog or an absolute path without links" },
		{ &target, "", "is '', not stderr, syslog or an absolute path without links" },
		{ &file, "site1.log", NULL },
		{ &file, "a_b-C.9", NULL },
		{ &file, "a/b", "is 'a/b', not a plain file name of letters, digits and ._-" },
		{ &file, "..", "is '..', not a plain file name of letters, digits and ._-" },
		{ &file, ".x", "is '.x', not a plain file name of letters, digits and ._-" },
		{ &file, "-x", "is '-x', not a plain file name of letters, digits and ._-" },
		{ &file, "a b", "is 'a b', not a plain file name of letters, digits and ._-" },
		{ &file, "", "is '', not a plain file name of letters, digits and ._-" },
		{ &ini, "memory_limit=64M", NULL },
		{ &ini, "xdebug.start-with=", NULL },
		{ &ini, "=1", "has '=1', not name=value" },
		{ &ini, "memory_limit", "has 'memory_limit', not name=value" },
		{ &ini, "a b=1", "has 'a b=1', not name=value" },
		{ &ini, "[a]=1", "has '[a]=1', not name=value" },
		{ &ini, "a=1\nb=2", "has 'a=1\nb=2', not name=value" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char what[CONFIG_WHAT_SIZE] = "";
		bool is_good = config_value_check(cases[i].key, cases[i].text, what);

		T_ASSERT_ROW(cases[i].text, is_good == (cases[i].what == NULL));
		T_ASSERT_ROW(cases[i].text, is_good || strcmp(what, cases[i].what) == 0);
	}
}

static void value_store__table__as_it_is_read_and_written(void **state)
{
	static const struct {
		const struct config_key *key;
		const char *text;
		const char *written; /* as the specification has it */
	} cases[] = {
		{ &number, "-7", "-7" },
		{ &number, "007", "7" },
		{ &size, "64K", "65536" },
		{ &choice, "queue", "queue" },
		{ &target, "/var/log/lsapid.log", "/var/log/lsapid.log" },
		{ &file, "site1.log", "site1.log" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct object object = { .number = 0 };
		char text[64];

		assert_int_equal(config_value_store(cases[i].key, cases[i].text, &object), 0);
		T_ASSERT_ROW(cases[i].text,
			strcmp(config_value_read(cases[i].key, &object, text, sizeof(text)),
				cases[i].written) == 0);
		T_ASSERT_ROW(cases[i].text,
			strcmp(config_value_format(cases[i].key, cases[i].text, text, sizeof(text)),
				cases[i].written) == 0);
		free(object.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_check__table__what_is_wrong),
		cmocka_unit_test(value_store__table__as_it_is_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
