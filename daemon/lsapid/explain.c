/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/lsapid/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/json_text.h"
#include "daemon/base/str.h"
#include "daemon/config/config_load.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_print.h"
#include "daemon/config/config_show.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_user.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/launch.h"
#include "daemon/supervisor/user_file.h"

/** What is known of the user's own file. */
struct own {
	struct config *config; /* owned: NULL: nothing of it counts */
	bool is_problem;       /* the note says what is wrong */
	char path[PATH_MAX];
	char note[PATH_MAX + CONFIG_PROBLEM_TEXT];
};

/* Return: is the user's own file read for this pool? */
static bool is_wanted(const struct settings *s, const struct config_whose *whose)
{
	return config_user_is_on(
		s->config, config_find_pool(s->config, whose->uid, whose->user, whose->vhost));
}

/* As the daemon does it, but waiting for the answer. */
static int read_file(struct user_file *f, const struct ident *ident, const char *home, int null_fd)
{
	const struct user_file_whose whose = {
		.home = home,
		.ident = ident,
		.is_privileged = geteuid() == 0,
		.null_fd = null_fd,
		.parent = getpid(),
	};
	int r = user_file_start(f, &whose, clock_now_ns());

	while (r == 0 && !user_file_read(f)) {
		struct pollfd p = { .fd = f->data_fd, .events = POLLIN };
		uint64_t left_ns = clock_since_ns(clock_now_ns(), f->deadline_ns);

		if (left_ns == 0)
			user_file_finish(f, USER_FILE_E_LATE, 0);
		else
			(void)poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1);
	}
	return r;
}

static void parse(struct own *own, const char *path, const char *text)
{
	struct config_problems problems = { .item = NULL };

	own->config = calloc(1, sizeof(*own->config));
	if (own->config && config_load_user(own->config, path, text, &problems) == 0)
		(void)snprintf(own->note, sizeof(own->note), "user file %s", path);
	else
		own->config = config_free(own->config);
	own->is_problem = problems.count != 0;
	(void)str_copy(own->path, sizeof(own->path), path);
	if (problems.count) {
		size_t used =
			(size_t)snprintf(own->note, sizeof(own->note), "user file left out: ");

		(void)config_problem_format(&problems.item[0], own->note + used);
	}
	config_problems_deinit(&problems);
}

static void take_file(struct own *own, const struct user_file *f, const struct ident *ident)
{
	char what[128];
	size_t size;

	if (f->result == USER_FILE_ABSENT) {
		(void)snprintf(own->note, sizeof(own->note), "no user file %s", f->path);
		return;
	}
	if (f->result != USER_FILE_FOUND) {
		own->is_problem = true;
		(void)snprintf(own->note, sizeof(own->note), "user file left out: %s %s; %s",
			f->path, user_file_what(f, what, sizeof(what)), user_file_remedy(f));
		return;
	}
	/* what follows is a stranger's text */
	if (child_become(ident->uid, ident->gid, ident->groups, ident->group_count)) {
		(void)snprintf(own->note, sizeof(own->note), "user file not read");
		return;
	}
	parse(own, f->path, user_file_text(f, &size));
}

static void look_at_file(struct own *own, const struct config_whose *whose)
{
	ATTR_CLEANUP(fd_cleanup) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	char *home = NULL;
	struct user_file file;
	struct ident ident;

	user_file_init(&file);
	ident_init(&ident);
	(void)snprintf(own->note, sizeof(own->note), "user file not read");
	if (null_fd >= 0 && ident_find_home(whose->uid, &home) == 0 &&
		ident_resolve(whose->uid, whose->gid, &ident) == REASON_NONE &&
		read_file(&file, &ident, home, null_fd) == 0)
		take_file(own, &file, &ident);
	user_file_deinit(&file);
	ident_deinit(&ident);
	free(home);
}

/* The specification that Apache would send. Return: false: a name that is none */
static bool build_spec(const struct explain_question *q, const struct config_whose *whose,
	char out[POOL_SPEC_MAX_BYTES], struct pool_spec *ret_spec)
{
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec_builder b;

	pool_spec_builder_init(&b, data, sizeof(data));
	pool_spec_add_uint(&b, SPEC_UID, whose->uid);
	pool_spec_add_uint(&b, SPEC_GID, whose->gid);
	pool_spec_add(&b, SPEC_SCOPE, q->vhost ? "vhost" : "user");
	pool_spec_add(&b, SPEC_HANDLER, q->handler ? q->handler : CONFIG_DEFAULT_HANDLER);
	if (q->vhost)
		pool_spec_add(&b, SPEC_NAME, q->vhost);
	if (q->docroot)
		pool_spec_add(&b, SPEC_DOCROOT, q->docroot);
	return pool_spec_finish(&b, out, POOL_SPEC_MAX_BYTES, ret_spec) == 0;
}

/* By the supervisor's own steps before a fork; the user's file can not change what is refused. */
static void judge(const struct settings *s, const struct config_pool *pool,
	const struct pool_spec *spec, struct launch_failure *ret_failure)
{
	char data[POOL_SPEC_MAX_BYTES];
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct pool_spec complete;
	struct launch l;

	launch_init(&l);
	*ret_failure = (struct launch_failure){ .reason = REASON_BAD_SPEC };
	if (config_merge(s->config, pool, NULL, spec, data, &complete) == 0)
		fd = fd_memfd("lsapid-spec", complete.data, complete.size);
	if (fd >= 0)
		launch_prepare(&l, s, fd, ret_failure);
	launch_deinit(&l);
}

static void print_start(const struct launch_failure *f, bool is_json)
{
	const char *error = f->error ? err_name(f->error) : "";

	if (!is_json && f->reason == REASON_NONE)
		(void)puts("# a start would not be refused");
	else if (!is_json)
		(void)printf("# a start would be refused: %s: %s (%s%s%s); remedy: %s\n",
			reason_name(f->reason), reason_text(f->reason), f->text, *error ? ", " : "",
			error, reason_remedy(f->reason));
	if (!is_json)
		return;
	(void)printf("\"start\": {");
	if (f->reason != REASON_NONE) {
		json_text_member(stdout, "reason", reason_name(f->reason));
		json_text_member(stdout, "text", reason_text(f->reason));
		json_text_member(stdout, "step", priv_step_name((unsigned)f->step));
		json_text_member(stdout, "detail", f->text);
		json_text_member(stdout, "error", error);
		json_text_member(stdout, "remedy", reason_remedy(f->reason));
	}
	(void)printf("\"is_refused\": %s},\n", f->reason == REASON_NONE ? "false" : "true");
}

static int print_json(const struct settings *s, const struct config_whose *whose,
	const struct pool_spec *spec, const struct own *own, bool is_wanted)
{
	ATTR_CLEANUP(fd_cleanup) int cgroup_fd = -1;
	struct config_account account;
	const struct config_shown shown = {
		.config = s->config,
		.pool = config_find_pool_of(s->config, spec, whose->user),
		.own = own->config ? config_find_pool_of(own->config, spec, "") : NULL,
		.spec = spec,
		.account = &account,
	};

	if (config_account_open(s->config, &cgroup_fd) < 0)
		cgroup_fd = -1;
	account = config_account_read(cgroup_fd, whose->uid);
	json_text_member(stdout, "name", whose->vhost ? whose->vhost : "-");
	json_text_member(stdout, "user", whose->user);
	(void)printf("\"uid\": %u, \"gid\": %u, ", whose->uid, whose->gid);
	json_text_member(stdout, "config_file", s->config->file);
	(void)printf("\"user_file\": {\"is_wanted\": %s, ", is_wanted ? "true" : "false");
	json_text_member(stdout, "path", own->config ? own->path : "");
	(void)printf("\"problem\": ");
	json_text_put(stdout, own->config || !own->is_problem ? "" : own->note);
	(void)printf("},\n");
	config_show(&shown, stdout);
	(void)printf("}\n");
	return fflush(stdout) == 0 ? 0 : -errno;
}

int explain(const struct settings *s, const struct explain_question *q)
{
	struct config_whose whose = { .user = q->user, .vhost = q->vhost };
	struct own *own = calloc(1, sizeof(*own));
	char data[POOL_SPEC_MAX_BYTES];
	struct launch_failure failure;
	struct pool_spec spec;
	bool wanted;
	int r;

	if (!own || ident_find_user(q->user, &whose.uid, &whose.gid)) {
		(void)fprintf(stderr, "lsapid: there is no user %s\n", q->user);
		free(own);
		return 1;
	}
	if (!build_spec(q, &whose, data, &spec)) {
		(void)fprintf(stderr, "lsapid: a name is too long, or has control characters\n");
		free(own);
		return 1;
	}
	judge(s, config_find_pool_of(s->config, &spec, q->user), &spec, &failure);
	if (q->is_json)
		(void)printf("{\"is_running\": false, \"is_known\": false, \"id\": 0, "
			     "\"state\": \"\", \"socket\": \"\",\n");
	print_start(&failure, q->is_json);
	wanted = is_wanted(s, &whose);
	if (wanted) {
		look_at_file(own, &whose);
		whose.own_note = own->note;
		whose.own = own->config;
	}
	r = q->is_json ? print_json(s, &whose, &spec, own, wanted)
		       : config_print(s->config, &whose, stdout);
	(void)config_free(own->config);
	free(own);
	return r == 0 ? 0 : 1;
}
