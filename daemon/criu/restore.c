/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/criu/engine.h"
#include "daemon/criu/freeze.h"
#include "daemon/criu/image.h"
#include "daemon/criu/init.h"
#include "daemon/criu/program.h"
#include "daemon/criu/report.h"
#include "daemon/criu/reset_flag.h"

/** What one image is given in place of what it had. */
#define RESTORE_MAX_PASS 3U

/* Return: 0; 1 and @reterr */
static int fail_mount(const char *what, struct why *reterr)
{
	why_set(reterr, "%s: %s", what, strerrordesc_np(errno));
	return 1;
}

/*
 * CRIU needs the /proc of the pid namespace that it restores into. PHP shall see the one that it
 * has seen before, so this one goes afterwards. What is mounted on the host later is seen here,
 * too, and nothing of ours is seen there.
 */
static int mount_proc(struct why *reterr)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return fail_mount("cannot make the mounts our own", reterr);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail_mount("cannot mount /proc", reterr);
	return 0;
}

static int unmount_proc(struct why *reterr)
{
	return umount2("/proc", MNT_DETACH) < 0 ? fail_mount("cannot unmount /proc", reterr) : 0;
}

static void log_flag(enum reset_flag found, const char *where, const struct why *why)
{
	if (found != RESET_FLAG_ABSENT && found != RESET_FLAG_FOUND)
		log_warn("criu.flag", F_STR("where", where), F_STR("why", why->text));
}

/*
 * Flags by which somebody wants images to go. One that cannot be looked for is no reason to keep
 * PHP from starting, nor to drop anything.
 *
 * Return: 0; -errno and @reterr: an image that somebody wants gone is still there.
 */
static int obey_flags(const struct restore *r, struct why *reterr)
{
	const struct arguments *a = r->arguments;
	const struct reset_flag_user user = {
		.home = a->home,
		.server = a->server,
		.uid = (uid_t)a->uid,
		.gid = (gid_t)a->gid,
	};
	struct why why = { "" };
	enum reset_flag found;
	size_t count;

	found = reset_flag_global(r->store, RESET_FLAG_GLOBAL, &count, &why);
	log_flag(found, RESET_FLAG_GLOBAL, &why);
	if (!a->home || !a->server)
		return 0;
	found = reset_flag_user(&user, RESET_FLAG_USER_MS, &why);
	log_flag(found, a->home, &why);
	if (found != RESET_FLAG_FOUND && found != RESET_FLAG_STAYS)
		return 0;
	return image_reset(r->store, r->pool, reterr);
}

/* Return: 0; enum image_found; -errno and @ret_why */
static int find_image(const struct restore *r, struct image *ret_image, struct why *ret_why)
{
	char identity[HOST_TEXT_SIZE];
	struct host host;
	struct image_now now = { .facts = *r->facts, .host = &host };
	int error;

	if (program_check(r->arguments->program, identity, sizeof(identity), ret_why))
		return err_origin(-EACCES);
	host_init(&host, identity);
	error = obey_flags(r, ret_why);
	return error ? error : image_find(r->store, r->pool, &now, ret_image, ret_why);
}

static size_t add_pass(struct engine_pass *pass, size_t count, int fd, const char *key)
{
	/* /dev/null is not given, as every process can open it */
	if (!key || strcmp(key, "dev/null") == 0)
		return count;
	pass[count] = (struct engine_pass){ .fd = fd, .key = key };
	return count + 1;
}

/* Return: 0; 1 and @reterr */
static int restore_image(
	const struct restore *r, const struct image *image, pid_t *ret_pid, struct why *reterr)
{
	const struct engine engine = {
		.program = r->arguments->program,
		.dir = image->dir,
		.logs = image->shelf.dir,
		.is_debug = r->arguments->is_debug,
	};
	struct engine_pass pass[RESTORE_MAX_PASS];
	size_t count = 0;

	count = add_pass(pass, count, JOB_FD_LISTENER,
		manifest_note(&image->manifest, FREEZE_NOTE_LISTENER));
	count = add_pass(
		pass, count, JOB_FD_STDERR, manifest_note(&image->manifest, FREEZE_NOTE_STDERR));
	count = add_pass(pass, count, JOB_FD_INI, manifest_note(&image->manifest, FREEZE_NOTE_INI));
	return engine_restore(&engine, pass, count, ret_pid, reterr);
}

/* Up to a running lsphp. Return: 0; 1 and @reterr, and whatever there is goes with this process. */
static int bring_back(const struct restore *r, const struct image *image, pid_t *ret_pid,
	uint32_t *ret_ms, struct why *reterr)
{
	uint64_t start_ns;
	int failed = mount_proc(reterr);

	if (failed)
		return failed;
	start_ns = clock_now_ns();
	failed = restore_image(r, image, ret_pid, reterr);
	*ret_ms = (uint32_t)(clock_since_ns(start_ns, clock_now_ns()) / NS_PER_MS);
	return failed ? failed : unmount_proc(reterr);
}

int restore_run(const struct restore *r)
{
	struct job_report report = { .result = JOB_RESTORED };
	struct image image = IMAGE_NULL;
	struct why why = { "" };
	pid_t pid = -1;
	int signal_fd = init_block();
	int found;
	int error;

	found = find_image(r, &image, &why);
	if (found) {
		report_result(found < 0 ? JOB_FAILED : JOB_NO_IMAGE, &why);
		return found < 0;
	}
	if (signal_fd < 0 || bring_back(r, &image, &pid, &report.ms, &why)) {
		if (signal_fd < 0)
			why_set(&why, "signals: %s", strerrordesc_np(-signal_fd));
		/* what failed once would fail at each start */
		image_drop(&image);
		report_result(JOB_FAILED, &why);
		return 1;
	}
	image_used(&image, report.ms);
	image_close(&image);
	error = init_confine(signal_fd);
	if (error < 0) {
		why_set(&why, "privileges of init: %s", strerrordesc_np(-error));
		report_result(JOB_FAILED, &why);
		return 1;
	}
	report_send(&report);
	init_run(signal_fd, pid);
	return 0;
}
