/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/user_file_set.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/config/config_user.h"
#include "daemon/supervisor/launch.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/user_file.h"
#include "proto/priv.h"

struct reading {
	struct list_node node; /* in user_file_set.all */
	uint64_t id;           /* the manager's; 0 when it is answered */
	uid_t uid;
	struct user_file file;
};

static struct reading *reading_of(struct list_node *n)
{
	return LIST_OWNER(n, struct reading, node);
}

void user_file_set_init(struct user_file_set *set)
{
	list_init(&set->all);
}

static void reading_free(struct reading *r)
{
	list_remove(&r->node);
	user_file_deinit(&r->file);
	free(r);
}

void user_file_set_deinit(struct user_file_set *set)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->all, n, next)
		reading_free(reading_of(n));
}

/* --- answers ------------------------------------------------------------------------------ */

/* Contents of the memfd, see proto/priv.h. */
static size_t fill(const struct user_file *f, enum priv_user_file found, char *out, size_t size)
{
	char what[128];
	size_t used = (size_t)snprintf(out, PATH_MAX, "%.*s", PATH_MAX - 1, f->path) + 1;
	size_t text_size;
	const char *text;

	if (found == PRIV_USER_FILE_FOUND) {
		text = user_file_text(f, &text_size);
		memcpy(out + used, text, text_size);
		return used + text_size;
	}
	if (found == PRIV_USER_FILE_BAD)
		used += (size_t)snprintf(out + used, size - used, "%s%c%s",
			user_file_what(f, what, sizeof(what)), '\0', user_file_remedy(f));
	return used;
}

static void send_answer(
	struct supervisor *s, uint64_t id, enum priv_user_file found, const char *data, size_t size)
{
	struct priv_message m = {
		.type = PRIV_USER_FILE_DATA,
		.id = id,
		.status = (int32_t)found,
	};
	struct fdpass_set fds = FDPASS_SET_EMPTY;

	fds.fd[0] = fd_memfd("lsapid-user-file", data, size);
	if (fds.fd[0] < 0) {
		/* the manager waits for it in vain, and would for all that follow */
		link_kill(s, "no memory for an answer to it");
		return;
	}
	fds.count = 1;
	link_send(s, &m, &fds);
}

static void answer(struct supervisor *s, struct reading *r)
{
	enum priv_user_file found = PRIV_USER_FILE_BAD;
	char data[PATH_MAX + CONFIG_USER_MAX_BYTES];
	uint64_t id = r->id;

	if (r->file.result == USER_FILE_FOUND)
		found = PRIV_USER_FILE_FOUND;
	if (r->file.result == USER_FILE_ABSENT)
		found = PRIV_USER_FILE_ABSENT;
	r->id = 0;
	log_debug("user_file.read", F_UINT("uid", r->uid), F_STR("path", r->file.path),
		F_UINT("result", (unsigned)r->file.result), F_ERRNO(r->file.error));
	if (id)
		send_answer(s, id, found, data, fill(&r->file, found, data, sizeof(data)));
}

static void answer_absent(struct supervisor *s, uint64_t id)
{
	send_answer(s, id, PRIV_USER_FILE_ABSENT, "", 1);
}

/* --- requests ----------------------------------------------------------------------------- */

static bool is_id_known(const struct supervisor *s, uint64_t id)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->user_files.all, n, next) {
		if (reading_of(n)->id == id)
			return true;
	}
	return id == 0 || map_find(&s->spawns.by_id, id);
}

/* Why not: a home that does not answer gets one child of ours, not one for each start. */
static enum user_file_result find_obstacle(const struct user_file_set *set, uid_t uid)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->all, n, next) {
		const struct reading *r = reading_of(n);

		if (r->uid == uid && !user_file_is_open(&r->file) &&
			r->file.result == USER_FILE_E_LATE)
			return USER_FILE_E_STUCK;
	}
	return set->all.count >= USER_FILE_SET_MAX ? USER_FILE_E_CROWD : USER_FILE_FOUND;
}

static void begin(struct supervisor *s, struct reading *r, const struct launch *l, const char *home)
{
	const struct user_file_whose whose = {
		.home = home,
		.ident = &l->ident,
		.is_privileged = l->is_privileged,
		.null_fd = s->null_fd,
		.parent = s->pid,
	};
	enum user_file_result obstacle = find_obstacle(&s->user_files, r->uid);
	int error = 0;

	if (obstacle == USER_FILE_FOUND) {
		error = user_file_start(&r->file, &whose, s->now_ns);
		if (error)
			obstacle = USER_FILE_E_SYSTEM;
	}
	if (!r->file.path && asprintf(&r->file.path, "%s/" CONFIG_USER_FILE, home) < 0)
		r->file.path = NULL;
	if (obstacle == USER_FILE_FOUND) {
		list_push_back(&s->user_files.all, &r->node);
		return;
	}
	user_file_finish(&r->file, obstacle, -error);
	if (r->file.path)
		answer(s, r);
	else
		answer_absent(s, r->id);
	reading_free(r);
}

static void prepare(struct supervisor *s, uint64_t id, struct launch *l)
{
	struct reading *r = NULL;
	char *home = NULL;

	if (!config_user_is_on(s->settings->config, launch_find_pool(l, s->settings))) {
		answer_absent(s, id);
		return;
	}
	if (ident_find_home(l->order.uid, &home) == 0)
		r = calloc(1, sizeof(*r));
	if (r) {
		user_file_init(&r->file);
		r->id = id;
		r->uid = l->order.uid;
		begin(s, r, l, home);
	} else {
		answer_absent(s, id);
	}
	free(home);
}

int user_file_set_request(struct supervisor *s, uint64_t id, const struct fdpass_set *fds)
{
	struct launch_failure failure;
	struct launch l;

	if (!fd_is_sealed(fds->fd[0]) || is_id_known(s, id))
		return 1;
	launch_init(&l);
	launch_read(&l, s->settings, fds->fd[0], &failure);
	if (s->phase != SUPERVISOR_RUNNING || failure.reason != REASON_NONE)
		answer_absent(s, id);
	else
		prepare(s, id, &l);
	launch_deinit(&l);
	return 0;
}

/* --- what becomes of them ----------------------------------------------------------------- */

void user_file_set_read(struct supervisor *s)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->user_files.all, n, next) {
		struct reading *r = reading_of(n);

		if (!user_file_is_open(&r->file))
			continue;
		if (!user_file_read(&r->file)) {
			if (s->now_ns < r->file.deadline_ns)
				continue;
			user_file_finish(&r->file, USER_FILE_E_LATE, 0);
		}
		answer(s, r);
	}
}

bool user_file_set_on_exit(struct supervisor *s, pid_t pid)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&s->user_files.all, n, next) {
		struct reading *r = reading_of(n);

		if (r->file.pid != pid)
			continue;
		/* all that it wrote is in the pipe by now */
		if (user_file_is_open(&r->file)) {
			if (!user_file_read(&r->file))
				user_file_finish(&r->file, USER_FILE_E_DIED, 0);
			answer(s, r);
		}
		reading_free(r);
		return true;
	}
	return false;
}

uint64_t user_file_set_next_ns(const struct user_file_set *set)
{
	uint64_t first = UINT64_MAX;
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->all, n, next) {
		const struct reading *r = reading_of(n);

		if (user_file_is_open(&r->file) && r->file.deadline_ns < first)
			first = r->file.deadline_ns;
	}
	return first;
}

size_t user_file_set_fds(const struct user_file_set *set, int *out)
{
	struct list_node *n;
	struct list_node *next;
	size_t count = 0;

	LIST_FOREACH (&set->all, n, next) {
		const struct reading *r = reading_of(n);

		if (user_file_is_open(&r->file) && count < USER_FILE_SET_MAX)
			out[count++] = r->file.data_fd;
	}
	return count;
}

void user_file_set_forget_manager(struct user_file_set *set)
{
	struct list_node *n;
	struct list_node *next;

	LIST_FOREACH (&set->all, n, next) {
		struct reading *r = reading_of(n);

		if (user_file_is_open(&r->file))
			user_file_finish(&r->file, USER_FILE_E_DIED, 0);
		r->id = 0;
	}
}
