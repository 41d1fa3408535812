/* SPDX-License-Identifier: Apache-2.0 */

/* lsapid: command line. */

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/lsapid/explain.h"
#include "daemon/supervisor/supervisor.h"

struct options {
	const char *config_path;
	const char *manager_binary;
	struct explain_question question;
	bool is_test;
	bool is_explain;
	bool is_version;
	bool is_help;
};

static void usage(FILE *to)
{
	(void)fputs("usage: lsapid [-c FILE] [-t] [-m MANAGER_BINARY] [-V] [-h]\n"
		    "       lsapid [-c FILE] --explain [--json] -u USER [-v VHOST] [-H HANDLER] "
		    "[-d DOCROOT]\n"
		    "  -c FILE    configuration (" LSAPID_CONFDIR "/lsapid.conf)\n"
		    "  --explain  print what a pool of USER works by, and why, and exit\n"
		    "  -t         check the configuration and exit\n"
		    "  -m BINARY  manager (" LSAPID_LIBEXECDIR "/lsapid-manager)\n"
		    "  -V         print the version and exit\n"
		    "  -h         print this and exit\n"
		    "It stays in the foreground. See lsapid(8).\n",
		to);
}

/* Return: 0; 1 if the command line is wrong. */
static int options_parse(struct options *o, int argc, char **argv)
{
	static const struct option words[] = { { "explain", no_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { .name = NULL } };
	struct explain_question *q = &o->question;
	int c;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	while ((c = getopt_long(argc, argv, "c:tm:u:v:H:d:Vh", words, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config_path = optarg;
			break;
		case 't':
			o->is_test = true;
			break;
		case 'm':
			o->manager_binary = optarg;
			break;
		case 'e':
			o->is_explain = true;
			break;
		case 'u':
			q->user = optarg;
			break;
		case 'v':
			q->vhost = optarg;
			break;
		case 'H':
			q->handler = optarg;
			break;
		case 'd':
			q->docroot = optarg;
			break;
		case 'j':
			q->is_json = true;
			break;
		case 'V':
			o->is_version = true;
			break;
		case 'h':
			o->is_help = true;
			break;
		default:
			return 1;
		}
	}
	/* -u and the rest belong to --explain */
	if (optind != argc || o->is_explain != (q->user != NULL))
		return 1;
	return !o->is_explain && (q->vhost || q->handler || q->docroot || q->is_json);
}

/* What is checked is every directory from / on, and a reload reads the same file whatever happens.
 */
static const char *make_absolute(const char *path, char out[PATH_MAX])
{
	size_t size;

	if (path[0] == '/' || !getcwd(out, PATH_MAX))
		return path;
	while (strncmp(path, "./", 2) == 0)
		path += 1 + strspn(path + 1, "/");
	size = strcmp(out, "/") == 0 ? 0 : strlen(out);
	/* cut: too long for any file, and refused as such */
	(void)snprintf(out + size, PATH_MAX - size, "/%s", path);
	return out;
}

/* Return: how many there were */
static size_t print_problems(struct config_problems *list)
{
	char text[CONFIG_PROBLEM_TEXT];
	size_t count = list->count;

	for (size_t i = 0; i < count; i++) {
		(void)config_problem_format(&list->item[i], text);
		(void)fprintf(stderr, "%s\n", text);
	}
	config_problems_deinit(list);
	return count;
}

int main(int argc, char **argv)
{
	struct options o = {
		.config_path = LSAPID_CONFDIR "/lsapid.conf",
		.manager_binary = LSAPID_LIBEXECDIR "/lsapid-manager",
	};
	char config_path[PATH_MAX];
	char manager_binary[PATH_MAX];
	struct settings *settings = NULL;
	struct config_problems problems = { .item = NULL };
	int r;

	if (options_parse(&o, argc, argv)) {
		usage(stderr);
		return 2;
	}
	if (o.is_help) {
		usage(stdout);
		return 0;
	}
	if (o.is_version) {
		(void)puts("lsapid " LSAPID_VERSION);
		return 0;
	}
	log_init("lsapid", LOG_LEVEL_INFO);
	o.config_path = make_absolute(o.config_path, config_path);
	o.manager_binary = make_absolute(o.manager_binary, manager_binary);
	r = settings_read(o.config_path, NULL, &settings, &problems);
	(void)print_problems(&problems);
	if (r < 0)
		(void)fprintf(stderr, "lsapid: %s: %s\n", o.config_path, err_name(r));
	if (r)
		return 1;
	if (o.is_explain) {
		r = explain(settings, &o.question);
		settings_free(settings);
		return r;
	}
	if (!o.is_test) {
		log_set_level(settings->config->log_level);
		log_set_limits(&settings->config->log_limits);
		return supervisor_run(settings, o.config_path, o.manager_binary);
	}
	settings_check(settings, o.config_path, o.manager_binary, &problems);
	r = print_problems(&problems) ? 1 : 0;
	if (r == 0)
		(void)puts("configuration ok");
	settings_free(settings);
	return r;
}
