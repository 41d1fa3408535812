/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/layout.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/base/str.h"

/* Source: Debian's a2enmod(8), and README.Debian of apache2. */
const struct layout layout_debian = {
	.name = "Debian",
	.mark = "/etc/apache2/mods-available",
	.load_path = "/etc/apache2/mods-enabled/lsapi.load",
	.conf_path = "/etc/apache2/mods-enabled/lsapi.conf",
	.load_target = "../mods-available/lsapi.load",
	.conf_target = "../mods-available/lsapi.conf",
	.available_load = "/etc/apache2/mods-available/lsapi.load",
	.available_conf = "/etc/apache2/mods-available/lsapi.conf",
	.module_dir = { "/usr/lib/apache2/modules", LSAPID_MODULE_DIR },
	.scan = { "/etc/apache2/mods-enabled", "/etc/apache2/conf-enabled" },
	.test = { "/usr/sbin/apache2ctl", "configtest" },
	.reload = { "/usr/sbin/apache2ctl", "graceful" },
	.pid_file = "/run/apache2/apache2.pid",
};

/* Source: the package httpd of RHEL and Fedora: conf.modules.d/README, conf.d/README. */
const struct layout layout_redhat = {
	.name = "Red Hat",
	.mark = "/etc/httpd/conf.d",
	.load_path = "/etc/httpd/conf.modules.d/90-lsapi.conf",
	.conf_path = "/etc/httpd/conf.d/lsapi.conf",
	.module_dir = { "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules", "/usr/lib/apache",
		LSAPID_MODULE_DIR },
	.scan = { "/etc/httpd/conf.modules.d", "/etc/httpd/conf.d" },
	.test = { "/usr/sbin/httpd", "-t" },
	.reload = { "/usr/sbin/apachectl", "graceful" },
	.pid_file = "/run/httpd/httpd.pid",
};

/* Source: mod_lsapi-manual, "mod_lsapi is not included in output of httpd -M". */
const struct layout layout_ea3 = {
	.name = "EasyApache 3",
	.mark = "/usr/local/apache/conf",
	.conf_path = "/usr/local/apache/conf/conf.d/lsapi.conf",
	.module_dir = { "/usr/local/apache/modules", LSAPID_MODULE_DIR },
	.scan = { "/usr/local/apache/conf/httpd.conf", "/usr/local/apache/conf/conf.d",
		"/usr/local/apache/conf/includes" },
	.test = { "/usr/local/apache/bin/httpd", "-t" },
	.reload = { "/usr/local/cpanel/scripts/restartsrv_httpd", "--graceful" },
	.pid_file = "/usr/local/apache/logs/httpd.pid",
};

/* Source: docs.cpanel.net, "EasyApache 4 File System Layout". */
const struct layout layout_ea4 = {
	.name = "EasyApache 4",
	.mark = "/etc/apache2/conf.modules.d",
	.load_path = "/etc/apache2/conf.modules.d/900-lsapi.conf",
	.conf_path = "/etc/apache2/conf.d/lsapi.conf",
	.module_dir = { "/etc/apache2/modules", "/usr/lib64/apache2/modules", LSAPID_MODULE_DIR },
	.scan = { "/etc/apache2/conf.modules.d", "/etc/apache2/conf.d" },
	.test = { "/usr/sbin/httpd", "-t" },
	.reload = { "/usr/local/cpanel/scripts/restartsrv_httpd", "--graceful" },
	.pid_file = "/run/apache2/httpd.pid",
};

const struct layout *layout_find(const struct tree *t, const struct layout *const *list)
{
	for (; *list; list++) {
		if (tree_is_directory(t, (*list)->mark))
			return *list;
	}
	return NULL;
}

int layout_find_module(const struct layout *l, const struct tree *t, char *out, size_t size)
{
	for (const char *const *dir = l->module_dir; *dir; dir++) {
		if (!**dir)
			continue;
		(void)snprintf(out, size, "%s/mod_lsapi.so", *dir);
		if (tree_exists(t, out))
			return 0;
	}
	return -ENOENT;
}

bool layout_is_running(const struct layout *l, const struct tree *t)
{
	char *text = NULL;
	uint64_t pid;
	bool is_running;

	if (tree_read(t, l->pid_file, &text) < 0)
		return false;
	text[strcspn(text, "\r\n")] = '\0';
	is_running = str_parse_uint(text, 2, INT32_MAX, &pid) &&
		     (kill((pid_t)pid, 0) == 0 || errno == EPERM);
	free(text);
	return is_running;
}
