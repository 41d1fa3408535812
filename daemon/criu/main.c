/* SPDX-License-Identifier: Apache-2.0 */

/*
 * lsapid-criu: started by lsapid for each job with CRIU, see job.h. Not meant to be started by
 * hand.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/criu/arguments.h"
#include "daemon/criu/check.h"
#include "daemon/criu/facts.h"
#include "daemon/criu/freeze.h"
#include "daemon/criu/list.h"
#include "daemon/criu/program.h"
#include "daemon/criu/report.h"
#include "daemon/criu/reset_flag.h"
#include "daemon/criu/restore.h"
#include "daemon/criu/store.h"
#include "daemon/criu/sweep.h"

/* Return: exit status */
static int fail(const struct why *why)
{
	report_result(JOB_FAILED, why);
	return 1;
}

static int done(uint64_t bytes, const char *text)
{
	struct job_report report = { .result = JOB_DONE, .bytes = bytes };

	(void)snprintf(report.text, sizeof(report.text), "%s", text);
	report_send(&report);
	return 0;
}

static int run_check(const struct arguments *a)
{
	struct why text = { "" };

	return check_run(a->program, &text) ? done(0, text.text) : fail(&text);
}

/* Return: 0; 1 and @reterr */
static int read_facts(char **ret_data, struct facts *ret_facts, struct why *reterr)
{
	size_t size = 0;
	int r = fd_is_sealed(JOB_FD_FACTS) ? 0 : -EPERM;

	if (r == 0)
		r = fd_read_all(JOB_FD_FACTS, JOB_FACTS_MAX, ret_data, &size);
	if (r == 0)
		r = facts_parse(*ret_data, size, ret_facts);
	if (r < 0)
		why_set(reterr, "facts: %s", strerrordesc_np(-r));
	return r < 0;
}

static int run_freeze(const struct freeze *f)
{
	const struct sweep_limits limits = { f->arguments->max_bytes, f->arguments->max_age_s };
	struct sweep_result swept;
	struct job_report report;
	struct why why = { "" };

	if (freeze_run(f, &report, &why))
		return fail(&why);
	report_send(&report);
	/* there is more now than was; nobody waits for that */
	if (sweep_run(f->store, &limits, &swept, &why) < 0)
		log_warn("criu.quota", F_STR("why", why.text));
	return 0;
}

/* Freeze and restore: those for which the facts of a pool are needed. */
static int run_for_pool(const struct arguments *a, const struct store *s)
{
	char *data = NULL;
	struct facts facts;
	struct store_pool pool = {
		.name = a->pool,
		.uid = (uid_t)a->uid,
		.gid = (gid_t)a->gid,
	};
	struct why why = { "" };
	int status;

	if (read_facts(&data, &facts, &why)) {
		free(data);
		return fail(&why);
	}
	pool.handler = facts_get(&facts, "spec.handler");
	if (!pool.handler)
		pool.handler = "";
	if (a->op == ARGUMENTS_FREEZE) {
		const struct freeze f = { a, s, &pool, &facts };

		status = run_freeze(&f);
	} else {
		const struct restore r = { a, s, &pool, &facts };

		status = restore_run(&r);
	}
	free(data);
	return status;
}

/* The directories that a job is about: those that cannot be opened are told, and left out. */
struct stores {
	struct store store[ARGUMENTS_MAX_DIRS];
	size_t count;
};

static int run_list(const struct arguments *a, const struct stores *all)
{
	char identity[HOST_TEXT_SIZE] = "";
	struct host host;
	struct why why;
	char *text;

	/* without criu no image is of the one that is there */
	if (a->program && program_check(a->program, identity, sizeof(identity), &why))
		identity[0] = '\0';
	host_init(&host, identity);
	text = list_print(all->store, all->count, &host);
	if (!text || dprintf(JOB_FD_OUT, "%s", text) < 0) {
		why_set(&why, "list: %s", strerrordesc_np(errno));
		free(text);
		return fail(&why);
	}
	free(text);
	return done(0, "");
}

static int run_reset(const struct arguments *a, const struct stores *all)
{
	struct why why = { "" };
	size_t total = 0;

	for (size_t i = 0; i < all->count; i++) {
		size_t count = 0;

		if (sweep_reset(&all->store[i], a->pool, "asked", &count, &why) < 0)
			return fail(&why);
		total += count;
	}
	return done(total, "");
}

static int run_sweep(const struct arguments *a, const struct stores *all)
{
	const struct sweep_limits limits = { a->max_bytes, a->max_age_s };
	struct why why = { "" };
	uint64_t bytes = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct sweep_result result = { 0 };
		size_t count = 0;

		if (reset_flag_global(&all->store[i], RESET_FLAG_GLOBAL, &count, &why) >
			RESET_FLAG_FOUND)
			log_warn("criu.flag", F_STR("where", RESET_FLAG_GLOBAL),
				F_STR("why", why.text));
		if (sweep_run(&all->store[i], &limits, &result, &why) < 0)
			return fail(&why);
		bytes += result.removed_bytes;
	}
	return done(bytes, "");
}

static int run_one(const struct arguments *a, const struct stores *all)
{
	switch (a->op) {
	case ARGUMENTS_FREEZE:
	case ARGUMENTS_RESTORE:
		return run_for_pool(a, &all->store[0]);
	case ARGUMENTS_LIST:
		return run_list(a, all);
	case ARGUMENTS_RESET:
		return run_reset(a, all);
	case ARGUMENTS_SWEEP:
		return run_sweep(a, all);
	case ARGUMENTS_CHECK:
	case ARGUMENTS_OP_COUNT:
		break;
	}
	return 1;
}

static int run_in_stores(const struct arguments *a)
{
	struct stores all = { .count = 0 };
	struct why why = { "" };
	int status;

	for (size_t i = 0; i < a->dir_count; i++) {
		if (store_open(a->dir[i], &all.store[all.count], &why) == 0)
			all.count++;
		else if (a->dir_count > 1)
			log_warn("criu.unswept", F_STR("where", a->dir[i]), F_STR("why", why.text));
	}
	status = all.count ? run_one(a, &all) : fail(&why);
	while (all.count)
		store_close(&all.store[--all.count]);
	return status;
}

/* Return: 0; -errno */
static int prepare(void)
{
	/* what CRIU writes is the memory of a user */
	(void)umask(077);
	/* that the supervisor has died is seen by write(2), where it matters */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	/* of CRIU, which may outlive us, nobody expects a report */
	return fd_set_cloexec(JOB_FD_REPORT, true);
}

int main(int argc, char **argv)
{
	struct arguments *a = calloc(1, sizeof(*a));
	struct why why = { "" };
	int status;
	int r;

	log_init("lsapid-criu", LOG_LEVEL_NOTICE);
	if (argc < 2) {
		(void)fputs("lsapid-criu is started by lsapid, not by hand.\n", stderr);
		free(a);
		return 2;
	}
	r = a ? prepare() : -ENOMEM;
	if (r < 0)
		why_set(&why, "lsapid-criu: %s", strerrordesc_np(-r));
	if (r < 0 || arguments_parse(argc - 1, argv + 1, a, &why))
		status = fail(&why);
	else if (a->op == ARGUMENTS_CHECK)
		status = run_check(a);
	else
		status = run_in_stores(a);
	log_end();
	free(a);
	return status;
}
