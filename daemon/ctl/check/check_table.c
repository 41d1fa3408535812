/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/check/check.h"

#define CONFIG CHECK_NEEDS_CONFIG
#define DAEMON CHECK_NEEDS_DAEMON
#define APACHE CHECK_NEEDS_APACHE
#define ROOT   CHECK_NEEDS_ROOT
#define HERE   CHECK_NEEDS_HERE

static const struct check_row table[] = {
	{ "daemon-running", "daemon", "lsapid answers", HERE, check_daemon_running },
	{ "daemon-version", "daemon", "lsapid has the version of lsapidctl", DAEMON,
		check_daemon_version },
	{ "daemon-config", "daemon", "lsapid.conf and the pool files are good", 0,
		check_daemon_config },
	{ "daemon-key", "daemon", "no Apache was refused for its key or version", DAEMON,
		check_daemon_key },
	{ "daemon-pools", "daemon", "no pool has failed", DAEMON, check_daemon_pools },
	{ "account-manager", "accounts", "manager_user is an account without rights", CONFIG | ROOT,
		check_account_manager },
	{ "account-apache", "accounts", "apache_user and apache_group are there", CONFIG,
		check_account_apache },
	{ "account-groups", "accounts", "apache_user is in no group with power", CONFIG,
		check_account_groups },
	{ "account-shims", "accounts", "shim_users are there, and in apache_group", CONFIG,
		check_account_shims },
	{ "file-socket", "files", "the control socket has its owner and mode",
		CONFIG | DAEMON | ROOT, check_file_socket },
	{ "file-search", "files", "Apache can reach the control socket", CONFIG | ROOT,
		check_file_search },
	{ "file-pools", "files", "nobody but lsapid can reach PHP's sockets", CONFIG | ROOT,
		check_file_pools },
	{ "file-key", "files", "the key of Apache is root's alone", CONFIG | ROOT, check_file_key },
	{ "file-logs", "files", "log_dir can take logs of pools", CONFIG, check_file_logs },
	{ "file-images", "files", "images of PHP are root's alone", CONFIG | ROOT,
		check_file_images },
	{ "file-system", "files", "runtime_dir can hold sockets", CONFIG, check_file_system },
	{ "php-binary", "php", "the binaries of all handlers are safe to run", CONFIG,
		check_php_binary },
	{ "php-version", "php", "the binaries of all handlers run", CONFIG | ROOT,
		check_php_version },
	{ "limit-files", "limits", "the manager may open enough files", CONFIG | DAEMON | HERE,
		check_limit_files },
	{ "limit-processes", "limits", "there may be as many processes as max_children_total",
		CONFIG | DAEMON | HERE, check_limit_processes },
	{ "limit-cgroup", "limits", "limits of accounts can be read", CONFIG | HERE,
		check_limit_cgroup },
	{ "limit-children", "limits", "no pool has more children than its account processes",
		CONFIG, check_limit_children },
	{ "criu-works", "criu", "CRIU works", DAEMON, check_criu_works },
	{ "criu-per-user", "criu", "no frozen PHP is shared by virtual hosts", CONFIG | APACHE,
		check_criu_per_user },
	{ "apache-config", "apache", "Apache's configuration can be read", 0, check_apache_config },
	{ "apache-module", "apache", "Apache loads mod_lsapi", APACHE, check_apache_module },
	{ "apache-conflict", "apache", "Apache loads nothing that can not be beside mod_lsapi",
		APACHE, check_apache_conflict },
	{ "apache-handler", "apache", "no other handler takes PHP's files", APACHE,
		check_apache_handler },
	{ "apache-known", "apache", "lsapid.conf knows the handlers of Apache", CONFIG | APACHE,
		check_apache_known },
	{ "apache-engine", "apache", "lsapi_engine is on where PHP is", APACHE,
		check_apache_engine },
	{ "apache-owner", "apache", "each virtual host says whose PHP runs", APACHE,
		check_apache_owner },
	{ "apache-user", "apache", "lsapid takes requests of Apache's user", CONFIG | APACHE,
		check_apache_user },
	{ "apache-socket", "apache", "Apache asks at lsapid's socket, with its key",
		CONFIG | APACHE, check_apache_socket },
	{ "apache-lines", "apache", "Apache takes all lines about PHP", APACHE,
		check_apache_lines },
	{ "host-killer", "host", "no tool kills PHP for running long", 0, check_host_killer },
};

const struct check_row *check_table(size_t *ret_count)
{
	*ret_count = sizeof(table) / sizeof(table[0]);
	return table;
}
