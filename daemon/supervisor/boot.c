/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/listen_address.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/ini.h"

#define LISTEN_FIRST_FD 3
/* clients beyond it wait in connect(2); the manager accepts at once when it lives */
#define LISTEN_BACKLOG 1024

void boot_init(struct boot *b)
{
	*b = (struct boot){ .runtime_fd = -1,
		.lock_fd = -1,
		.control_fd = -1,
		.admin_fd = -1,
		.metrics_fd = -1,
		.ini_fd = -1 };
}

static int fail_errno(struct config_problem *p, const char *path, const char *doing, int error)
{
	char what[sizeof(p->what)];

	(void)snprintf(what, sizeof(what), "%s: %s", doing, strerrordesc_np(error));
	return config_problem_set(p, path, 0, what, "check the path and who owns what is there");
}

/* Open the directory that @path is in. */
static int open_parent(const struct settings *s, const char *path, int *ret_fd,
	const char **ret_name, struct config_problem *p)
{
	struct path_check_fault *fault = malloc(sizeof(*fault));
	int r;

	if (!fault)
		return fail_errno(p, path, "checking the directory", ENOMEM);
	r = path_check_open_parent(path, s->host.own_uid, ret_fd, ret_name, fault);
	if (r)
		r = config_problem_set_path(p, path, r, fault);
	free(fault);
	return r;
}

/* Made if missing; Apache has to reach what is in it, hence its mode. */
static int prepare_dir(
	const struct settings *s, const char *path, int *ret_fd, struct config_problem *p)
{
	ATTR_CLEANUP(fd_cleanup) int parent = -1;
	struct path_check_fault *fault;
	const char *name = "";
	int r = open_parent(s, path, &parent, &name, p);

	if (r)
		return r;
	if (mkdirat(parent, name, 0755) == 0) {
		if (fchmodat(parent, name, 0755, 0) < 0)
			return fail_errno(p, path, "setting its mode", errno);
	} else if (errno != EEXIST) {
		return fail_errno(p, path, "making the directory", errno);
	}
	fault = malloc(sizeof(*fault));
	if (!fault)
		return fail_errno(p, path, "checking the directory", ENOMEM);
	r = path_check_open(path, PATH_CHECK_DIRECTORY, s->host.own_uid, ret_fd, fault);
	if (r)
		r = config_problem_set_path(p, path, r, fault);
	free(fault);
	return r;
}

static int take_lock(struct boot *b, const struct settings *s, struct config_problem *p)
{
	const char *path = s->config->runtime_dir;
	char pid[16];
	int size;

	b->lock_fd = openat(b->runtime_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (b->lock_fd < 0)
		return fail_errno(p, path, "opening 'lock' in it", errno);
	if (flock(b->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail_errno(p, path, "locking 'lock' in it", errno);
		return config_problem_set(p, path, 0, "another lsapid uses this directory",
			"stop it (its pid is in the file 'lock' there), or set another "
			"runtime_dir");
	}
	/* for people; the lock itself is what counts */
	size = snprintf(pid, sizeof(pid), "%d\n", getpid());
	if (ftruncate(b->lock_fd, 0) < 0 || pwrite(b->lock_fd, pid, (size_t)size, 0) < 0)
		return fail_errno(p, path, "writing 'lock' in it", errno);
	return 0;
}

/* pools/: nobody but the manager may reach the sockets in it (they accept any ini value). */
static int prepare_pools_dir(
	const struct boot *b, const struct settings *s, struct config_problem *p)
{
	const char *path = s->config->runtime_dir;
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	if (mkdirat(b->runtime_fd, "pools", 0700) < 0 && errno != EEXIST)
		return fail_errno(p, path, "making 'pools' in it", errno);
	fd = openat(b->runtime_fd, "pools", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(p, path, "opening 'pools' in it", errno);
	if (s->host.is_privileged && fchown(fd, s->manager.uid, s->manager.gid) < 0)
		return fail_errno(p, path, "giving 'pools' in it to manager_user", errno);
	if (fchmod(fd, 0700) < 0)
		return fail_errno(p, path, "setting the mode of 'pools' in it", errno);
	return 0;
}

static int prepare_ini_dir(struct boot *b, const struct settings *s, struct config_problem *p)
{
	int r = ini_prepare(b->runtime_fd, &b->ini_fd);

	return r ? fail_errno(p, s->config->runtime_dir, "making and emptying 'ini' in it", -r) : 0;
}

static int read_key(struct boot *b, int fd, const char *path, struct config_problem *p)
{
	uint8_t more[PRIV_KEY_SIZE + 1];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return fail_errno(p, path, "checking the key", errno);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return config_problem_set(p, path, 0, "the key can be read or changed by others",
			"remove the file: a new key is made (then restart Apache)");
	n = pread(fd, more, sizeof(more), 0);
	if (n != PRIV_KEY_SIZE)
		return config_problem_set(p, path, 0, "the key is not 32 bytes long",
			"remove the file: a new key is made (then restart Apache)");
	memcpy(b->key, more, PRIV_KEY_SIZE);
	explicit_bzero(more, sizeof(more));
	return 0;
}

/* Whole under its name or not at all, also if we are killed half way. */
static int make_key(
	struct boot *b, int dir, const char *name, const char *path, struct config_problem *p)
{
	char temporary[NAME_MAX + 1];
	int fd;
	int error = 0;

	(void)snprintf(temporary, sizeof(temporary), "%.200s.%d.new", name, getpid());
	if (getrandom(b->key, sizeof(b->key), 0) != (ssize_t)sizeof(b->key))
		return fail_errno(p, path, "getting random bytes", EIO);
	(void)unlinkat(dir, temporary, 0);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(p, path, "making the key", errno);
	if (write(fd, b->key, sizeof(b->key)) != (ssize_t)sizeof(b->key) || fsync(fd) < 0 ||
		renameat(dir, temporary, dir, name) < 0)
		error = errno ? errno : EIO;
	(void)fd_close(fd);
	if (!error)
		return 0;
	(void)unlinkat(dir, temporary, 0);
	return fail_errno(p, path, "writing the key", error);
}

static int prepare_key(struct boot *b, const struct settings *s, struct config_problem *p)
{
	const char *path = s->config->key_file;
	const char *name = strrchr(path, '/') + 1;
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char parent[PATH_MAX];
	int r;

	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(name - 1 - path), path);
	r = prepare_dir(s, parent, &dir, p);
	if (r)
		return r;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		return read_key(b, fd, path, p);
	if (errno != ENOENT)
		return fail_errno(p, path, "opening the key", errno);
	return make_key(b, dir, name, path, p);
}

/*
 * Where to bind @name: beside @path, so that tools show a name that means something; by way of
 * /proc if that is too long for sun_path.
 */
static int fill_address(struct sockaddr_un *address, int dir, const char *name, const char *path)
{
	int size = snprintf(address->sun_path, sizeof(address->sun_path), "%.*s/%s",
		(int)(strrchr(path, '/') - path), path, name);

	if (size < 0 || (size_t)size >= sizeof(address->sun_path))
		size = snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s",
			dir, name);
	return size < 0 || (size_t)size >= sizeof(address->sun_path) ? ENAMETOOLONG : 0;
}

/* A socket that is to be bound. */
struct door {
	const char *path;
	const char *key; /* that sets the path */
	gid_t gid;       /* who may connect, beside root */
	int type;        /* SOCK_SEQPACKET, SOCK_STREAM */
	int fd;          /* owned until it is bound */
};

static int bind_as(const struct door *d, int dir, const char *name, const struct settings *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r = fill_address(&address, dir, name, d->path);

	if (r)
		return r;
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return errno;
	if (bind(d->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno;
	/* umask made it 0600; opened to the group only when that is the right one */
	if (s->host.is_privileged && fchownat(dir, name, 0, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	if (fchmodat(dir, name, s->host.is_privileged ? 0660 : 0600, 0) < 0)
		return errno;
	return listen(d->fd, LISTEN_BACKLOG) < 0 ? errno : 0;
}

static int bind_door(
	struct door *d, const struct settings *s, int *ret_fd, struct config_problem *p)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	char temporary[NAME_MAX + 1];
	char remedy[64];
	const char *name = "";
	struct stat st;
	int r = open_parent(s, d->path, &dir, &name, p);

	if (r)
		return r;
	(void)snprintf(remedy, sizeof(remedy), "remove it, or set another %s", d->key);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISSOCK(st.st_mode))
		return config_problem_set(
			p, d->path, 0, "something that is no socket is in its place", remedy);
	d->fd = socket(AF_UNIX, d->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd < 0)
		return fail_errno(p, d->path, "making a socket", errno);
	(void)snprintf(temporary, sizeof(temporary), ".%.60s.%d", name, getpid());
	r = bind_as(d, dir, temporary, s);
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = errno;
	if (r == 0) {
		*ret_fd = fd_steal(&d->fd);
		return 0;
	}
	(void)unlinkat(dir, temporary, 0);
	d->fd = fd_close(d->fd);
	return fail_errno(p, d->path, "binding the socket", r);
}

static int bind_doors(struct boot *b, const struct settings *s, struct config_problem *p)
{
	struct door control = {
		.path = s->config->control_socket,
		.key = "control_socket",
		.type = SOCK_SEQPACKET,
		.gid = s->socket_gid,
	};
	struct door admin = {
		.path = s->config->admin_socket,
		.key = "admin_socket",
		.type = SOCK_SEQPACKET,
		.gid = s->admin_gid,
	};
	struct door metrics = {
		.path = s->config->metrics,
		.key = "metrics",
		.type = SOCK_STREAM,
		.gid = s->has_admin ? s->admin_gid : 0,
	};
	int r = b->is_adopted ? 0 : bind_door(&control, s, &b->control_fd, p);

	if (r == 0 && s->has_admin)
		r = bind_door(&admin, s, &b->admin_fd, p);
	/* an address is the manager's to bind: that needs no privilege, and may fail */
	if (r == 0 && listen_address_is_path(metrics.path))
		r = bind_door(&metrics, s, &b->metrics_fd, p);
	return r;
}

int boot_adopt_socket(struct boot *b, struct config_problem *ret_problem)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): this process has one thread */
	const char *pid_text = getenv("LISTEN_PID");
	const char *count_text = getenv("LISTEN_FDS");
	uint64_t pid = 0;
	uint64_t count = 0;
	bool is_ours = pid_text && count_text && str_parse_uint(pid_text, 1, INT32_MAX, &pid) &&
		       (pid_t)pid == getpid() && str_parse_uint(count_text, 0, 1024, &count);

	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	/* NOLINTEND(concurrency-mt-unsafe) */
	if (!is_ours || count == 0)
		return 0;
	if (count != 1 || !fd_is_unix_listener(LISTEN_FIRST_FD, SOCK_SEQPACKET) ||
		fd_set_cloexec(LISTEN_FIRST_FD, true) || fd_set_nonblock(LISTEN_FIRST_FD, true))
		return config_problem_set(ret_problem, "LISTEN_FDS", 0,
			"the socket handed over is not one listening SEQPACKET socket",
			"use the shipped lsapid.socket (ListenSequentialPacket=)");
	b->control_fd = LISTEN_FIRST_FD;
	b->is_adopted = true;
	return 0;
}

int boot_prepare(struct boot *b, const struct settings *s, struct config_problem *ret_problem)
{
	int r;

	/* whatever is made from here on is nobody else's until it is opened on purpose */
	(void)umask(077);
	r = prepare_dir(s, s->config->runtime_dir, &b->runtime_fd, ret_problem);
	if (r == 0)
		r = take_lock(b, s, ret_problem);
	if (r == 0)
		r = prepare_pools_dir(b, s, ret_problem);
	if (r == 0)
		r = prepare_ini_dir(b, s, ret_problem);
	if (r == 0)
		r = prepare_key(b, s, ret_problem);
	if (r == 0)
		r = bind_doors(b, s, ret_problem);
	return r;
}

static void remove_socket(const struct settings *s, const char *path)
{
	struct config_problem ignored;
	const char *name = "";
	int dir = -1;

	if (open_parent(s, path, &dir, &name, &ignored) == 0)
		(void)unlinkat(dir, name, 0);
	(void)fd_close(dir);
}

void boot_deinit(struct boot *b, const struct settings *s)
{
	/* while the lock is held: they cannot be another daemon's */
	if (b->control_fd >= 0 && !b->is_adopted)
		remove_socket(s, s->config->control_socket);
	if (b->admin_fd >= 0)
		remove_socket(s, s->config->admin_socket);
	if (b->metrics_fd >= 0)
		remove_socket(s, s->config->metrics);
	b->control_fd = fd_close(b->control_fd);
	b->admin_fd = fd_close(b->admin_fd);
	b->metrics_fd = fd_close(b->metrics_fd);
	b->ini_fd = fd_close(b->ini_fd);
	b->lock_fd = fd_close(b->lock_fd);
	b->runtime_fd = fd_close(b->runtime_fd);
	explicit_bzero(b->key, sizeof(b->key));
}
