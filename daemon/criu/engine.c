/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/criu/reason.h"

#ifdef HAVE_LIBCRIU

#include <criu/criu.h>

#define LOG_FREEZE  "freeze.log"
#define LOG_RESTORE "restore.log"

/* Return: 0; -errno */
static int prepare(const struct engine *e, const char *log)
{
	int r = criu_init_opts();

	if (r < 0)
		return -ENOMEM;
	if (criu_set_service_binary(e->program) < 0 || criu_set_log_file(log) < 0)
		return -ENOMEM;
	criu_set_images_dir_fd(e->dir);
	criu_set_log_level(e->is_debug ? CRIU_LOG_DEBUG : CRIU_LOG_WARN);
	/* it stays, and comes back, in the cgroup that CRIU is started in: the pool's own */
	criu_set_manage_cgroups(true);
	criu_set_manage_cgroups_mode(CRIU_CG_MODE_IGNORE);
	return 0;
}

/* @r: of libcriu, which tells apart little more than whether CRIU could be run. */
static int finish(const struct engine *e, const char *log, int r, struct why *reterr)
{
	criu_free_opts();
	if (r < 0 && reason_read(e->dir, log, reterr))
		why_set(reterr, "%s failed without a word: %s", e->program, strerrordesc_np(-r));
	/* it may not have come so far that there is one */
	if (e->is_debug)
		(void)renameat(e->dir, log, e->logs, log);
	else
		(void)unlinkat(e->dir, log, 0);
	return r < 0;
}

bool engine_is_there(struct why *reterr)
{
	(void)reterr;
	return true;
}

int engine_dump(const struct engine *e, pid_t pid, uint32_t freeze_s, struct why *reterr)
{
	int r = prepare(e, LOG_FREEZE);

	if (r == 0) {
		criu_set_pid(pid);
		criu_set_leave_running(true);
		criu_set_timeout(freeze_s);
		r = criu_dump();
	}
	return finish(e, LOG_FREEZE, r, reterr);
}

int engine_restore(const struct engine *e, const struct engine_pass *pass, size_t count,
	pid_t *ret_pid, struct why *reterr)
{
	int r = prepare(e, LOG_RESTORE);
	size_t i;

	for (i = 0; r == 0 && i < count; i++)
		r = criu_add_inherit_fd(pass[i].fd, pass[i].key) < 0 ? -ENOMEM : 0;
	if (r == 0)
		r = criu_restore_child();
	if (r > 0)
		*ret_pid = (pid_t)r;
	else if (r == 0)
		r = -ESRCH;
	return finish(e, LOG_RESTORE, r, reterr);
}

#else

bool engine_is_there(struct why *reterr)
{
	why_set(reterr, "built without libcriu");
	return false;
}

int engine_dump(const struct engine *e, pid_t pid, uint32_t freeze_s, struct why *reterr)
{
	(void)e;
	(void)pid;
	(void)freeze_s;
	(void)engine_is_there(reterr);
	return 1;
}

int engine_restore(const struct engine *e, const struct engine_pass *pass, size_t count,
	pid_t *ret_pid, struct why *reterr)
{
	(void)e;
	(void)pass;
	(void)count;
	(void)ret_pid;
	(void)engine_is_there(reterr);
	return 1;
}

#endif
