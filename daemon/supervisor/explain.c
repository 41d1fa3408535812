/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/config/config_load.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_print.h"
#include "daemon/config/config_user.h"
#include "daemon/supervisor/child.h"
#include "daemon/supervisor/user_file.h"

/** What is known of the user's own file. */
struct own {
	struct config *config; /* owned: NULL: nothing of it counts */
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

int explain(const struct settings *s, const char *user, const char *vhost)
{
	struct config_whose whose = { .user = user, .vhost = vhost };
	struct own *own = calloc(1, sizeof(*own));
	int r;

	if (!own || ident_find_user(user, &whose.uid, &whose.gid)) {
		(void)fprintf(stderr, "lsapid: there is no user %s\n", user);
		free(own);
		return 1;
	}
	if (is_wanted(s, &whose)) {
		look_at_file(own, &whose);
		whose.own_note = own->note;
		whose.own = own->config;
	}
	r = config_print(s->config, &whose, stdout);
	(void)config_free(own->config);
	free(own);
	return r == 0 ? 0 : 1;
}
