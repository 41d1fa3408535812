/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/freeze.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/criu/capability.h"
#include "daemon/criu/engine.h"
#include "daemon/criu/gather.h"
#include "daemon/criu/image.h"
#include "daemon/criu/proc.h"
#include "daemon/criu/program.h"
#include "daemon/criu/pstree.h"
#include "daemon/criu/quiesce.h"
#include "daemon/criu/report.h"

/*
 * Of the time that we have: a quarter for children to leave, PHP's own end with all of its
 * extensions'; half for CRIU to make the parent stand still, which one process does at once. Each
 * gives up by itself and leaves all in order, as our being killed would not.
 */
#define FREEZE_LEAVE_PART 4U
#define FREEZE_STILL_PART 2U
#define FREEZE_LIMIT_MS   10000U /* without JOB_LIMIT_MS */

/*
 * A process in namespaces of its own, as a restored one is, can be dumped, but not be restored in
 * new ones.
 */
static int check_namespaces(pid_t pid, struct why *reterr)
{
	static const char *const names[] = { "ns/pid", "ns/mnt" };
	char own[64];
	char other[64];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!proc_link(getpid(), names[i], own, sizeof(own)) ||
			!proc_link(pid, names[i], other, sizeof(other))) {
			why_set(reterr, "process %d is not there", pid);
			return 1;
		}
		if (strcmp(own, other) != 0) {
			why_set(reterr, "process %d is in a namespace of its own", pid);
			return 1;
		}
	}
	return 0;
}

/* CRIU names files without the first slash, others as the link does: "pipe:[12]". */
static void put_link(struct manifest_builder *b, const char *key, pid_t pid, const char *name)
{
	char text[PATH_MAX];

	if (proc_link(pid, name, text, sizeof(text)))
		manifest_put_note(b, key, text[0] == '/' ? text + 1 : text);
}

static void put_notes(struct manifest_builder *b, pid_t pid)
{
	char path[64];
	struct stat st;

	/* ours, as the supervisor gave them: lsphp has moved its own to other numbers */
	(void)snprintf(path, sizeof(path), "fd/%d", JOB_FD_LISTENER);
	put_link(b, FREEZE_NOTE_LISTENER, getpid(), path);
	(void)snprintf(path, sizeof(path), "fd/%d", JOB_FD_STDERR);
	put_link(b, FREEZE_NOTE_STDERR, getpid(), path);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, FREEZE_INI_FD);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	(void)snprintf(path, sizeof(path), "fd/%d", FREEZE_INI_FD);
	put_link(b, FREEZE_NOTE_INI, pid, path);
}

/* What does not change by the dump. */
static int describe(const struct freeze *f, struct manifest_builder *b, struct why *reterr)
{
	const struct arguments *a = f->arguments;
	char identity[HOST_TEXT_SIZE];
	struct host host;

	if (program_check(a->program, identity, sizeof(identity), reterr))
		return 1;
	host_init(&host, identity);
	manifest_begin(b);
	manifest_put_host(b, &host);
	manifest_put_facts(b, f->facts);
	manifest_put_uint(b, "cold_ms", a->cold_ms);
	put_notes(b, (pid_t)a->pid);
	return gather(b, (pid_t)a->pid, a->watch, a->watch_count, reterr) < 0;
}

/* Return: 0; 1 and @reterr */
static int explain_quiesce(int r, pid_t pid, struct why *reterr)
{
	if (r == 0)
		return 0;
	if (r == QUIESCE_E_BUSY)
		why_set(reterr, JOB_BUSY);
	else if (r == QUIESCE_E_GONE)
		why_set(reterr, "process %d is not there", pid);
	else
		why_set(reterr, "children of process %d: %s", pid, strerrordesc_np(-r));
	return 1;
}

/* Return: 0; 1 and @reterr */
static int dump(
	const struct freeze *f, const struct image *image, uint32_t *ret_ms, struct why *reterr)
{
	const struct arguments *a = f->arguments;
	const struct engine engine = {
		.program = a->program,
		.dir = image->dir,
		.logs = image->shelf.dir,
		.is_debug = a->is_debug,
	};
	pid_t pid = (pid_t)a->pid;
	uint64_t limit_ms = a->limit_ms ? a->limit_ms : FREEZE_LIMIT_MS;
	uint32_t leave_ms = (uint32_t)(limit_ms / FREEZE_LEAVE_PART);
	uint32_t still_s = (uint32_t)(limit_ms / FREEZE_STILL_PART / 1000);
	uint64_t start_ns;
	size_t count;
	int r = capability_pose_as((uid_t)a->uid, (gid_t)a->gid);

	if (r < 0) {
		why_set(reterr, "real ids of the user: %s", strerrordesc_np(-r));
		return 1;
	}
	r = explain_quiesce(quiesce_parent(pid, JOB_FD_LISTENER, leave_ms), pid, reterr);
	if (r)
		return r;
	start_ns = clock_now_ns();
	r = engine_dump(&engine, pid, still_s ? still_s : 1, reterr);
	*ret_ms = (uint32_t)(clock_since_ns(start_ns, clock_now_ns()) / NS_PER_MS);
	if (r) {
		/* a connection that came in the meantime cannot be dumped, and is no fault of CRIU
		 */
		if (pstree_has_other(image->dir, pid))
			why_set(reterr, JOB_BUSY);
		return r;
	}
	count = pstree_read(image->dir);
	if (count == 1)
		return 0;
	if (count == 0)
		why_set(reterr, "CRIU wrote no list of processes that can be read");
	else
		why_set(reterr, JOB_BUSY);
	return 1;
}

/*
 * A stop of the daemon sends SIGTERM to all that is below it. If that ended us or CRIU half way,
 * lsphp could not obey its own, as it stands still.
 */
static void block_ends(void)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaddset(&set, ends[i]);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
}

int freeze_run(const struct freeze *f, struct job_report *ret_report, struct why *reterr)
{
	struct image image = IMAGE_NULL;
	struct manifest_builder b = { .data = NULL };
	struct job_report report = { .result = JOB_FROZEN };
	int r = check_namespaces((pid_t)f->arguments->pid, reterr);

	block_ends();
	if (r == 0)
		r = describe(f, &b, reterr);
	if (r == 0)
		r = image_begin(f->store, f->pool, &image, reterr) < 0;
	if (r == 0)
		r = dump(f, &image, &report.ms, reterr);
	if (r == 0) {
		manifest_put_uint(&b, "freeze_ms", report.ms);
		r = image_commit(&image, &b, &report.bytes, reterr) < 0;
	}
	image_close(&image);
	manifest_builder_deinit(&b);
	if (r == 0)
		*ret_report = report;
	return r;
}
