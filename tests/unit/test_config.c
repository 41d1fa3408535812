/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/config/config.h"
#include "daemon/config/config_table.h"
#include "tests/support/t.h"

struct place {
	char dir[64];
	char file[96];
};

static int place_make(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/lsapid-config-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/lsapid.conf", p->dir);
	*state = p;
	return 0;
}

static int place_remove(void **state)
{
	struct place *p = *state;

	(void)unlink(p->file);
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static void place_write(const struct place *p, const char *text, size_t size)
{
	FILE *f = fopen(p->file, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p->file, 0644), 0);
}

/* Read as the supervisor does, and parse what it hands over as the manager does. */
static int place_read(const struct place *p, struct config **ret, struct config_bundle *bundle,
	struct config_problem *problem)
{
	struct config_problems problems = { .item = NULL };
	struct config *read = NULL;
	int r = config_read(p->file, NULL, &read, bundle, &problems);

	if (r == 1)
		*problem = problems.item[0];
	if (r == 0)
		r = config_parse(bundle->data, bundle->size, ret, problem);
	config_free(read);
	config_problems_deinit(&problems);
	return r;
}

static int place_load(const struct place *p, const char *text, struct config **ret,
	struct config_problem *problem)
{
	struct config_bundle bundle = { .data = NULL };
	int r;

	place_write(p, text, strlen(text));
	r = place_read(p, ret, &bundle, problem);
	free(bundle.data);
	return r;
}

static void config_parse__empty_file__documented_defaults(void **state)
{
	static const struct log_limit_terms limits = LOG_LIMIT_TERMS;
	struct config_problem problem = { .line = 0 };
	struct config *c = NULL;

	assert_int_equal(place_load(*state, "", &c, &problem), 0);
	assert_string_equal(c->control_socket, LSAPID_RUNDIR "/control.sock");
	assert_string_equal(c->runtime_dir, LSAPID_RUNDIR);
	assert_string_equal(c->key_file, LSAPID_STATEDIR "/shim.key");
	assert_string_equal(c->manager_user, LSAPID_MANAGER_USER);
	assert_string_equal(c->apache_user, "www-data");
	assert_string_equal(c->apache_group, "www-data");
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_true(c->uid_min == 100 && c->gid_min == 100);
	assert_memory_equal(&c->log_limits, &limits, sizeof(limits));
	assert_true(c->max_pools == 10000 && c->max_children_total == 5000);
	assert_int_equal(c->max_concurrent_starts, 16);
	assert_int_equal(c->stop_grace_ms, 30000);
	assert_true(c->has_document_root_check);
	assert_int_equal(c->handler_count, 1);
	assert_string_equal(c->handlers[0].name, "application/x-httpd-lsphp");
	assert_string_equal(c->handlers[0].binary, LSAPID_LIBEXECDIR "/lsphp");
	assert_int_equal(c->handlers[0].env_count, 0);
	assert_int_equal(c->defaults.children, 120);
	assert_int_equal(c->defaults.max_idle_s, 300);
	assert_int_equal(c->defaults.pgrp_max_idle_s, 30);
	assert_int_equal(c->defaults.max_reqs, 10000);
	assert_int_equal(c->defaults.max_process_time_s, 300);
	assert_string_equal(c->defaults.path, "/usr/local/bin:/usr/bin:/bin");
	assert_string_equal(c->pools_dir, LSAPID_CONFDIR "/pools.d");
	assert_int_equal(c->defaults.children_max, 10000);
	assert_true(c->defaults.has_accept_notify);
	assert_false(c->defaults.has_coredump || c->defaults.has_user_ini);
	assert_string_equal(c->defaults.phprc, "");
	config_free(c);
}

static void config_parse__every_kind_of_value__stored(void **state)
{
	static const char text[] = "# comment\n"
				   "control_socket = \"/run/x/c.sock\"\n"
				   "runtime_dir = /run/x\n"
				   "log_level = debug\n"
				   "uid_min = 1000\n"
				   "stop_grace = 1500ms\n"
				   "document_root_check = off\n"
				   "handler \"application/x-httpd-php82\" {\n"
				   "\tbinary = \"/usr/libexec/lsapid/lsphp82\"\n"
				   "\tenv = { \"A=1\", \"EMPTY=\", \"TWO=a=b\" }\n"
				   "}\n"
				   "handler second { }\n"
				   "defaults {\n"
				   "\tchildren = 5\n"
				   "\tmax_idle = 5m\n"
				   "\tpgrp_max_idle = 0\n"
				   "}\n";
	struct config_problem problem = { .line = 0 };
	struct config *c = NULL;
	const struct config_handler *h;

	assert_int_equal(place_load(*state, text, &c, &problem), 0);
	assert_string_equal(c->control_socket, "/run/x/c.sock");
	assert_string_equal(c->runtime_dir, "/run/x");
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->uid_min, 1000);
	assert_int_equal(c->stop_grace_ms, 1500);
	assert_false(c->has_document_root_check);
	assert_int_equal(c->defaults.children, 5);
	assert_int_equal(c->defaults.max_idle_s, 300);
	assert_int_equal(c->defaults.pgrp_max_idle_s, 0);
	h = config_find_handler(c, "application/x-httpd-php82");
	assert_non_null(h);
	assert_string_equal(h->binary, "/usr/libexec/lsapid/lsphp82");
	assert_int_equal(h->env_count, 3);
	assert_string_equal(h->env[0].name, "A");
	assert_string_equal(h->env[1].value, "");
	assert_string_equal(h->env[2].name, "TWO");
	assert_string_equal(h->env[2].value, "a=b");
	assert_non_null(config_find_handler(c, "second"));
	assert_null(config_find_handler(c, "application/x-httpd-lsphp"));
	config_free(c);
}

static const struct bad_case {
	const char *text;
	int line;
	const char *what; /* part of it */
} bad_cases[] = {
	{ "nonsense = 1\n", 1, "nonsense" },
	{ "\n\nuid_mim = 5\n", 3, "uid_mim" },
	{ "uid_min = 0\n", 1, "uid_min is '0', not within 1" },
	{ "uid_min = 4294967295\n", 1, "not within" },
	{ "uid_min = -1\n", 1, "not a number" },
	{ "uid_min = 0x10\n", 1, "not a number" },
	{ "log_level = info\nlog_level = loud\n", 2, "loud" },
	{ "stop_grace = 5 s\n", 1, "" },
	{ "stop_grace = soon\n", 1, "duration" },
	{ "stop_grace = 2d\n", 1, "not within 0 ms to 86400000 ms" },
	{ "document_root_check = maybe\n", 1, "on or off" },
	{ "control_socket = run/x\n", 1, "absolute path" },
	{ "control_socket = /run/../x\n", 1, "absolute path" },
	{ "control_socket = /run/x/\n", 1, "absolute path" },
	{ "runtime_dir = /\n", 1, "absolute path" },
	{ "apache_user = \"www data\"\n", 1, "name of an account" },
	{ "apache_user = \"\"\n", 1, "name of an account" },
	{ "manager_user = -x\n", 1, "name of an account" },
	{ "handler \"x\" {\n  binary = lsphp\n}\n", 2, "absolute path" },
	{ "handler \"x\" {\n  colour = red\n}\n", 2, "colour" },
	{ "handler \"x\" {\n\n  env = { \"A=1\",\n \"9B=1\" }\n}\n", 4, "NAME=value" },
	{ "handler \"x\" {\n  env = { \"NOVALUE\" }\n}\n", 2, "NAME=value" },
	{ "handler \"x\" {\n}\nhandler \"x\" {\n}\n", 3, "x" },
	{ "handler \"\" {\n}\n", 2, "name" },
	{ "handler \"a b\" {\n}\n", 2, "name" },
	{ "handler {\n}\n", 1, "" },
	{ "defaults {\n  children = 1\n}\n", 2, "not within 2 to 10000" },
	{ "defaults {\n  max_idle = 1500ms\n}\n", 2, "whole seconds" },
	{ "defaults {\n  max_process_time = 0\n}\n", 2, "not within 1 s" },
	{ "defaults {\n  path = \"/bin\\n/x\"\n}\n", 2, "control characters" },
	{ "defaults {\n  children = 5\n", 3, "no end" },
	{ "uid_min 5\n", 1, "" },
	{ "uid_min = \n", 0, "" },
	{ "# x\ncontrol_socket = \"/run/${HOME}\"\n", 2, "environment variables" },
	{ "\"(context)\" = \"x\"\n", 1, "" },
	/* lines are counted through every kind of comment and string */
	{ "# a\n  # b\n\nuid_min = 5 # c\n/* x\n y */\n// z\ncolour = red\n", 8, "colour" },
	{ "uid_min = 5 /* x */ /* y\n*/\nhandler a {#\n} // b\ncolour = red\n", 5, "colour" },
	{ "handler \"a#b/*c//d\\\"#e\" {\n}\nhandler 'a#b' {\n}\ncolour = red\n", 5, "colour" },
	{ "apache_user = a#b\ncolour = red\n", 2, "colour" },
	{ "# a\n/* no end\n\nuid_min = 5\n", 2, "no end" },
	{ "/*/\nuid_min = 5\n", 1, "no end" },
	{ "include(\"/etc/passwd\")\n", 1, "include" },
};

static void config_parse__bad_input__refused_with_its_line(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		const struct bad_case *b = &bad_cases[i];
		struct config_problem problem = { .line = -1 };
		struct config *c = NULL;

		if (place_load(*state, b->text, &c, &problem) != 1)
			fail_msg("accepted: %s", b->text);
		assert_null(c);
		if (b->line && problem.line != b->line)
			fail_msg("line %d (%s) for: %s", problem.line, problem.what, b->text);
		if (!strstr(problem.what, b->what))
			fail_msg("'%s' instead of '%s' for: %s", problem.what, b->what, b->text);
		assert_true(problem.what[0] && problem.remedy[0]);
		assert_string_equal(problem.file, ((struct place *)*state)->file);
	}
}

static void config_parse__damaged_bundle__refused(void **state)
{
	struct config_problem problem = { .line = -1 };
	struct config *c = NULL;
	struct config_bundle bundle = { .data = NULL };
	size_t cut;

	place_write(*state, "uid_min = 7\n", 12);
	assert_int_equal(place_read(*state, &c, &bundle, &problem), 0);
	c = config_free(c);
	for (cut = 0; cut < bundle.size; cut++) {
		/* a block of exactly that size, so that a read past the end is seen */
		char *part = malloc(cut ? cut : 1);

		assert_non_null(part);
		memcpy(part, bundle.data, cut);
		assert_int_equal(config_parse(part, cut, &c, &problem), 1);
		assert_null(c);
		free(part);
	}
	free(bundle.data);
}

static void config_read__unsafe_file__refused(void **state)
{
	static const struct {
		mode_t mode;
		uid_t owner;
		const char *what;
	} cases[] = {
		{ 0664, 0, "writable" },
		{ 0646, 0, "writable" },
		{ 0644, 12345, "another user" },
	};
	struct place *p = *state;
	struct config_bundle bundle;
	struct config *c = NULL;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_problem problem = { .line = -1 };

		if (cases[i].owner && geteuid() != 0)
			continue;
		place_write(p, "", 0);
		if (cases[i].owner)
			assert_int_equal(chown(p->file, cases[i].owner, 0), 0);
		assert_int_equal(chmod(p->file, cases[i].mode), 0);
		assert_int_equal(place_read(p, &c, &bundle, &problem), 1);
		assert_non_null(strstr(problem.what, cases[i].what));
		assert_int_equal(problem.line, 0);
		assert_string_equal(problem.file, p->file);
	}
}

static void config_read__missing_link_or_zero_byte__refused(void **state)
{
	struct config_problem problem = { .line = -1 };
	struct place *p = *state;
	struct config_bundle bundle;
	struct config *c = NULL;

	assert_int_equal(place_read(p, &c, &bundle, &problem), 1);
	assert_non_null(strstr(problem.what, "does not exist"));
	assert_int_equal(symlink("/etc/passwd", p->file), 0);
	assert_int_equal(place_read(p, &c, &bundle, &problem), 1);
	assert_non_null(strstr(problem.what, "symbolic link"));
	assert_int_equal(unlink(p->file), 0);
	place_write(p, "# a\n\n\0uid_min = 1\n", 19);
	assert_int_equal(place_read(p, &c, &bundle, &problem), 1);
	assert_int_equal(problem.line, 3);
}

static void config_table__each_row__default_is_legal_and_name_unique(void **state)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i, k;

	(void)state;
	for (i = 0; i < count; i++) {
		char what[CONFIG_WHAT_SIZE];

		if (table[i].section != CONFIG_SECTION_POOL &&
			!config_type_is_list(table[i].type) &&
			!config_value_check(&table[i], table[i].value, what))
			fail_msg("%s %s", table[i].name, what);
		assert_true(table[i].help && strlen(table[i].help) > 10);
		for (k = 0; k < i; k++)
			assert_false(table[k].section == table[i].section &&
				     strcmp(table[k].name, table[i].name) == 0);
	}
}

static void config_differs_in__one_key_changed__only_that_one(void **state)
{
	struct config_problem problem = { .line = -1 };
	struct config *a = NULL, *b = NULL;
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t differing = 0;
	size_t i;

	assert_int_equal(place_load(*state, "", &a, &problem), 0);
	assert_int_equal(place_load(*state, "runtime_dir = /x\nuid_min = 7\n", &b, &problem), 0);
	for (i = 0; i < count; i++) {
		if (table[i].section != CONFIG_SECTION_TOP || !config_differs_in(&table[i], a, b))
			continue;
		differing++;
		assert_true(strcmp(table[i].name, "runtime_dir") == 0 ||
			    strcmp(table[i].name, "uid_min") == 0);
	}
	assert_int_equal(differing, 2);
	config_free(a);
	config_free(b);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 65536);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, f) > 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Does @line set or open @word, commented out or not: "#\tword = " or "#word {" */
static bool line_has(const char *line, const char *word, const char *after)
{
	size_t size = strlen(word);

	line += strspn(line, "#\t");
	return strncmp(line, word, size) == 0 && strncmp(line + size, after, strlen(after)) == 0;
}

/* What @line says behind "key = ", without quotes. */
static void line_value(const char *line, char *ret_value, size_t size)
{
	const char *from = strchr(line, '=') + 2;
	size_t length;

	from += *from == '"';
	length = strcspn(from, "\"\n");
	assert_true(length < size);
	memcpy(ret_value, from, length);
	ret_value[length] = '\0';
}

/* The line that has @key, within its section; fails if there is not exactly one. */
static const char *sample_find(const char *text, const struct config_key *key)
{
	static const char *const opening[CONFIG_SECTION_COUNT] = {
		[CONFIG_SECTION_TOP] = "",
		[CONFIG_SECTION_HANDLER] = "handler",
		[CONFIG_SECTION_DEFAULTS] = "defaults",
	};
	enum config_section section = CONFIG_SECTION_TOP;
	const char *found = NULL;
	const char *line;

	for (line = text; *line; line = strchr(line, '\n') + 1) {
		if (line_has(line, opening[CONFIG_SECTION_HANDLER], " \""))
			section = CONFIG_SECTION_HANDLER;
		else if (line_has(line, opening[CONFIG_SECTION_DEFAULTS], " {"))
			section = CONFIG_SECTION_DEFAULTS;
		else if (line_has(line, "}", "\n"))
			section = CONFIG_SECTION_TOP;
		if (section != key->section || !line_has(line, key->name, " = "))
			continue;
		if (found)
			fail_msg("%s is there twice", key->name);
		found = line;
	}
	if (!found)
		fail_msg("%s is missing", key->name);
	return found;
}

static void sample__every_row_of_the_table__there_once_with_its_default(void **state)
{
	size_t count, i;
	const struct config_key *table = config_table(&count);
	char *text = read_file(SAMPLE_CONF);
	char value[256];

	(void)state;
	for (i = 0; i < count && table[i].section != CONFIG_SECTION_POOL; i++) {
		line_value(sample_find(text, &table[i]), value, sizeof(value));
		if (config_type_is_list(table[i].type))
			assert_string_equal(value, "{ }");
		else
			assert_string_equal(value, table[i].value);
	}
	free(text);
}

/* Settings are the lines that begin with # and no space after it. */
static void sample__all_uncommented__accepted_and_equal_to_the_defaults(void **state)
{
	struct config_problem problem = { .line = -1 };
	struct config *plain = NULL, *sample = NULL;
	size_t count, i;
	const struct config_key *table = config_table(&count);
	char *text = read_file(SAMPLE_CONF);
	char *line;

	for (line = text; *line; line = strchr(line, '\n') + 1) {
		if (line[0] == '#' && line[1] != ' ' && line[1] != '\n')
			line[0] = ' ';
	}
	assert_int_equal(place_load(*state, "", &plain, &problem), 0);
	if (place_load(*state, text, &sample, &problem))
		fail_msg("%d: %s", problem.line, problem.what);
	for (i = 0; i < count; i++) {
		if (table[i].section == CONFIG_SECTION_TOP)
			assert_false(config_differs_in(&table[i], plain, sample));
	}
	assert_int_equal(sample->handler_count, 1);
	assert_string_equal(sample->handlers[0].name, plain->handlers[0].name);
	assert_string_equal(sample->handlers[0].binary, plain->handlers[0].binary);
	assert_int_equal(sample->defaults.children, plain->defaults.children);
	assert_string_equal(sample->defaults.path, plain->defaults.path);
	config_free(plain);
	config_free(sample);
	free(text);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_PLACE(config_parse__empty_file__documented_defaults),
		WITH_PLACE(config_parse__every_kind_of_value__stored),
		WITH_PLACE(config_parse__bad_input__refused_with_its_line),
		WITH_PLACE(config_parse__damaged_bundle__refused),
		WITH_PLACE(config_read__unsafe_file__refused),
		WITH_PLACE(config_read__missing_link_or_zero_byte__refused),
		cmocka_unit_test(config_table__each_row__default_is_legal_and_name_unique),
		cmocka_unit_test(sample__every_row_of_the_table__there_once_with_its_default),
		WITH_PLACE(sample__all_uncommented__accepted_and_equal_to_the_defaults),
		WITH_PLACE(config_differs_in__one_key_changed__only_that_one),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
