/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/ctl/check/check.h"
#include "daemon/ctl/check/probe.h"

/** PHP tells its version within milliseconds; a cold disk needs longer. */
#define VERSION_MS 5000U

void check_php_binary(struct check *c)
{
	for (size_t i = 0; i < c->config->handler_count; i++)
		(void)check_path(
			c, CHECK_PROBLEM, c->config->handlers[i].binary, PATH_CHECK_PROGRAM);
}

static bool is_safe(const struct check *c, const char *binary)
{
	int fd = -1;
	int r = path_check_open(binary, PATH_CHECK_PROGRAM, c->own_uid, &fd, NULL);

	(void)fd_close(fd);
	return r == 0;
}

/* B81: any lsphp will do; PHP of another kind does not speak LSAPI. */
static void judge(struct check *c, const struct config_handler *h, const struct probe *p)
{
	size_t line = strcspn(p->output, "\r\n");

	if (!WIFEXITED(p->status) || WEXITSTATUS(p->status)) {
		check_add(c, CHECK_PROBLEM, h->binary, "%s -v of handler %s %s %d: %.*s", h->binary,
			h->name, WIFEXITED(p->status) ? "exits with" : "ends by signal",
			WIFEXITED(p->status) ? WEXITSTATUS(p->status) : WTERMSIG(p->status),
			(int)line, p->output);
		check_remedy(c, "run it by hand as an ordinary user: are all of its libraries "
				"installed (ldd)?");
	} else if (!memmem(p->output, strlen(p->output), "litespeed", strlen("litespeed"))) {
		check_add(c, CHECK_WARNING, h->binary, "of handler %s is no PHP for LSAPI: %.*s",
			h->name, (int)line, p->output);
		check_remedy(c, "name an lsphp as its binary");
	} else {
		check_add(
			c, CHECK_OK, h->binary, "handler %s: %.*s", h->name, (int)line, p->output);
	}
}

void check_php_version(struct check *c)
{
	struct probe p;

	for (size_t i = 0; i < c->config->handler_count; i++) {
		const struct config_handler *h = &c->config->handlers[i];
		int r;

		/* nobody runs for us what others could have changed */
		if (!is_safe(c, h->binary))
			continue;
		r = probe_run(h->binary, "-v", VERSION_MS, &p);
		if (r == 0) {
			judge(c, h, &p);
		} else {
			check_add(c, CHECK_PROBLEM, h->binary, "%s -v of handler %s: %s", h->binary,
				h->name,
				r == -ETIME ? "no answer within 5 s" : strerrordesc_np(-r));
			check_remedy(c, "run it by hand as an ordinary user");
		}
	}
}
