/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/ctl/check/check.h"
#include "daemon/ctl/check/who.h"

/* Return: false and a finding if it is not there */
static bool look(struct check *c, const char *path, struct stat *ret)
{
	if (lstat(path, ret) == 0)
		return true;
	check_add(c, CHECK_PROBLEM, path, "%s", strerrordesc_np(errno));
	return false;
}

void check_file_socket(struct check *c)
{
	const char *path = c->config->control_socket;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const struct group *g = getgrnam(c->config->apache_group);
	struct stat st;

	if (!look(c, path, &st)) {
		check_remedy(c, "systemctl restart lsapid: it makes the socket");
		return;
	}
	if (!S_ISSOCK(st.st_mode)) {
		check_add(c, CHECK_PROBLEM, path, "is no socket");
		check_remedy(c, "remove it, and restart lsapid");
	} else if (st.st_uid != c->own_uid || (g && st.st_gid != g->gr_gid) ||
		   (st.st_mode & 07777) != 0660) {
		check_add(c, CHECK_PROBLEM, path,
			"belongs to uid %u and gid %u with mode %04o, not to uid %u and group %s "
			"with mode 0660",
			st.st_uid, st.st_gid, st.st_mode & 07777, c->own_uid,
			c->config->apache_group);
		check_remedy(c, "restart lsapid (and lsapid.socket), which makes it as it has to "
				"be");
	}
}

/* Every directory from / to the one of @path, links resolved. */
static void check_way(struct check *c, const struct who *apache, const char *path)
{
	char real[PATH_MAX];
	char dir[PATH_MAX];
	char *slash;
	struct stat st;

	if (!str_copy(dir, sizeof(dir), path) || !(slash = strrchr(dir, '/')))
		return;
	*slash = '\0';
	if (!realpath(*dir ? dir : "/", real))
		return; /* not there: lsapid makes it */
	for (char *at = real; at; at = strchr(at + 1, '/')) {
		char *next = strchr(at + 1, '/');
		char kept = next ? *next : '\0';

		if (next)
			*next = '\0';
		if (stat(real, &st) == 0 && !who_can_search(apache, &st)) {
			check_add(c, CHECK_PROBLEM, real,
				"apache_user '%s' can not go through this directory to %s (owner "
				"uid %u, gid %u, mode %04o)",
				c->config->apache_user, path, st.st_uid, st.st_gid,
				st.st_mode & 07777);
			check_remedy(c, "chmod o+x %s, or setfacl -m u:%s:x", real,
				c->config->apache_user);
		}
		if (next)
			*next = kept;
	}
}

/* B82: the error log then says that connecting was refused, and nothing of a directory. */
void check_file_search(struct check *c)
{
	struct who apache;

	if (who_find(c->config->apache_user, &apache))
		return; /* told already */
	check_way(c, &apache, c->config->control_socket);
	who_deinit(&apache);
}

/* Who reaches a socket of lsphp may set any setting of that PHP. */
void check_file_pools(struct check *c)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/pools", c->config->runtime_dir);
	if (lstat(path, &st) < 0) {
		if (c->status)
			check_add(c, CHECK_PROBLEM, path, "%s", strerrordesc_np(errno));
		check_remedy(c, "systemctl restart lsapid: it makes the directory");
	} else if (!S_ISDIR(st.st_mode) || st.st_mode & 077) {
		check_add(c, CHECK_PROBLEM, path,
			"others can get to the sockets of PHP (owner uid %u, mode %04o)", st.st_uid,
			st.st_mode & 07777);
		check_remedy(c, "chmod 0700 %s; lsapid does so when it starts", path);
	}
}

void check_file_key(struct check *c)
{
	const char *path = c->config->key_file;
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (c->status)
			check_add(c, CHECK_PROBLEM, path, "%s", strerrordesc_np(errno));
		check_remedy(c, "restart lsapid, which makes it, and then Apache, which reads it");
		return;
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != c->own_uid || st.st_mode & 077) {
		check_add(c, CHECK_PROBLEM, path,
			"others may know the key (owner uid %u, mode %04o)", st.st_uid,
			st.st_mode & 07777);
		check_remedy(c, "remove it, restart lsapid and then Apache: whoever has it can ask "
				"for any user's PHP");
	}
}

void check_file_logs(struct check *c)
{
	if (access(c->config->log_dir, F_OK) == 0) {
		(void)check_path(c, CHECK_WARNING, c->config->log_dir, PATH_CHECK_DIRECTORY);
		return;
	}
	check_add(c, CHECK_NOTE, c->config->log_dir,
		"log_dir is not there: pools with a log of their own write to the daemon's");
	check_remedy(c, "mkdir -m 0755 %s, if a pool is to have its own log", c->config->log_dir);
}

void check_file_images(struct check *c)
{
	const char *path = c->config->defaults.criu_images_dir;
	struct stat st;

	if (!*c->config->criu_program || lstat(path, &st) < 0)
		return; /* made when there is an image */
	if (!S_ISDIR(st.st_mode) || st.st_uid != c->own_uid || st.st_mode & 077) {
		check_add(c, CHECK_PROBLEM, path,
			"others can read the memory of users' PHP (owner uid %u, mode %04o)",
			st.st_uid, st.st_mode & 07777);
		check_remedy(c, "chown root %s; chmod 0700 %s; then lsapidctl criu reset --all",
			path, path);
	}
}

/* Those that have no sockets. Source: linux/magic.h; the rest by their statfs(2) numbers. */
static const char *file_system_without_sockets(unsigned long type)
{
	static const struct {
		unsigned long type;
		const char *name;
	} names[] = {
		{ MSDOS_SUPER_MAGIC, "vfat" },
		{ EXFAT_SUPER_MAGIC, "exfat" },
		{ V9FS_MAGIC, "9p" },
		{ SMB_SUPER_MAGIC, "smb" },
		{ 0xff534d42, "cifs" },
		{ 0xfe534d42, "smb2" },
		{ 0x5346544e, "ntfs" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

void check_file_system(struct check *c)
{
	const char *path = c->config->runtime_dir;
	const char *name;
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return; /* not there: lsapid makes it */
	name = file_system_without_sockets((unsigned long)fs.f_type);
	if (name) {
		check_add(c, CHECK_PROBLEM, path, "a file system that has no sockets: %s", name);
		check_remedy(c, "set runtime_dir and control_socket to a directory below /run");
	} else if (fs.f_flags & ST_RDONLY) {
		check_add(c, CHECK_PROBLEM, path, "the file system is read-only");
		check_remedy(c, "set runtime_dir and control_socket to a directory below /run");
	}
}
