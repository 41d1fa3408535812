/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "build_config.h"
#include "lsphp/listener.h"
#include "lsphp/parent.h"
#include "lsphp/prefault.h"
#include "lsphp/report.h"
#include "lsphp/sapi.h"
#include "lsphp/server.h"
#include "lsphp/settings.h"
#include "lsphp/title.h"

#define EXIT_CONFIG 2

struct arguments {
	const char *bind_address; /* borrowed: argv */
	struct sapi_options sapi;
};

static void print_usage(FILE *out)
{
	(void)fprintf(out,
		"usage: lsphp [-b ADDRESS] [-c PATH] [-n] [-d NAME[=VALUE]]... | -v | -h\n"
		"\n"
		"Serves PHP over LSAPI on the socket given as standard input.\n"
		"\n"
		"  -b ADDRESS       listen on /path, host:port, *:port or [v6]:port instead\n"
		"  -c PATH          php.ini, or the directory it is in\n"
		"  -n               no php.ini at all\n"
		"  -d NAME[=VALUE]  a php.ini setting\n"
		"  -v               show versions\n"
		"  -h               show this\n"
		"\n"
		"LSAPI_* variables in the environment set the rest: see lsphp(1).\n");
}

static void print_version(void)
{
	(void)printf("lsphp (lsapid) %s, built with PHP %s, SAPI litespeed\n", LSAPID_VERSION,
		sapi_version());
}

/** Return: -1 go on; otherwise the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
	struct arguments a = { 0 };
	int option;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing else runs yet */
	while ((option = getopt(argc, argv, "b:c:nd:vh")) != -1) {
		switch (option) {
		case 'b':
			a.bind_address = optarg;
			break;
		case 'c':
			a.sapi.ini_path = optarg;
			break;
		case 'n':
			a.sapi.ignores_ini = true;
			break;
		case 'd':
			sapi_add_define(&a.sapi.ini_entries, optarg);
			break;
		case 'v':
			print_version();
			return 0;
		case 'h':
			print_usage(stdout);
			return 0;
		default:
			print_usage(stderr);
			return EXIT_CONFIG;
		}
	}
	if (optind < argc) {
		print_usage(stderr);
		return EXIT_CONFIG;
	}
	*ret_arguments = a;
	return -1;
}

/** Output that belongs to no request must not get lost or mixed up: fd 1 and 2 are one. */
static void open_stderr(const struct settings *settings)
{
	const char *path = settings->stderr_log;
	/* /etc is the reference's exception: a log there would be a mistake. */
	if (path && geteuid() != 0 && strncmp(path, "/etc/", sizeof("/etc/") - 1) != 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd < 0) {
			report_line("Can not open LSAPI_STDERR_LOG %s: %s", path,
				strerrordesc_np(errno));
		} else {
			(void)dup2(fd, STDERR_FILENO); /* cannot fail: both are open */
			(void)close(fd);
		}
	}
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
}

static void limit_core(const struct settings *settings)
{
	if (settings->is_core_dump_allowed)
		return;
	struct rlimit none = { 0, 0 };
	(void)setrlimit(RLIMIT_CORE, &none); /* lowering is always allowed */
}

static int open_listener(const struct arguments *a, enum listener_kind *ret_kind, int *ret_fd)
{
	if (a->bind_address) {
		*ret_kind = LISTENER_LISTENS;
		return listener_bind(a->bind_address, ret_fd);
	}
	*ret_kind = listener_adopt(ret_fd);
	return 0;
}

/** One process for everything: the listener's connections in turn, or the one of fd 0. */
static int run_alone(const struct settings *settings, struct title *title, int fd,
	enum listener_kind kind, pid_t starter_pid)
{
	bool listens = kind == LISTENER_LISTENS;
	struct server *s = server_new(settings, title, listens ? fd : -1);
	if (!s)
		return EXIT_CONFIG;
	int status = EXIT_CONFIG;
	if (retire_init(&s->retire, starter_pid, sapi_interrupt) == 0)
		status = listens ? server_run_single(s) : server_run_connection(s, fd);
	retire_end();
	server_free(s);
	return status;
}

static int run(const struct settings *settings, const struct arguments *a, struct title *title)
{
	enum listener_kind kind;
	int fd = -1;
	if (open_listener(a, &kind, &fd) < 0)
		return EXIT_CONFIG;
	if (kind == LISTENER_NONE)
		return 0; /* nothing to serve: the reference says nothing either */
	limit_core(settings);
	prefault_heap();
	/* With -b nobody hands the socket on: the one who started us may well be gone. */
	pid_t starter_pid = settings->is_parent_ignored || a->bind_address ? 0 : getppid();

	if (sapi_start(&a->sapi) < 0)
		return EXIT_CONFIG;
	if (kind == LISTENER_LISTENS && settings->children > 1)
		_exit(parent_run(settings, title, fd, starter_pid));
	int status = run_alone(settings, title, fd, kind, starter_pid);
	sapi_stop();
	return status;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	int status = read_arguments(argc, argv, &arguments);
	if (status >= 0)
		return status;

	struct settings settings;
	settings_read(&settings);
	if (geteuid() == 0 && !settings.is_root_allowed) {
		report_line(
			"Refusing to run scripts as root: start lsphp as the owner of the scripts, or "
			"set LSAPI_ALLOW_ROOT=1");
		return EXIT_CONFIG;
	}
	open_stderr(&settings);
	if (settings_clean_environ() < 0) {
		report_line("Out of memory");
		return EXIT_CONFIG;
	}
	struct title title;
	title_init(&title, argc, argv);

	if (!arguments.sapi.ini_path)
		arguments.sapi.ini_path = settings.ini_path;
	status = run(&settings, &arguments, &title);
	free(title.original);
	free(arguments.sapi.ini_entries);
	free(settings.user_ini_home);
	free(settings.stderr_log);
	free(settings.ini_path);
	return status;
}
