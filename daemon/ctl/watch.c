/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/base/str.h"

#define DEFAULT_MS 2000U
#define LEAST_MS   100U
#define MOST_MS    (86400U * 1000U)

bool watch_parse(const char *text, uint64_t *ret_ms)
{
	*ret_ms = DEFAULT_MS;
	if (!*text)
		return true;
	if (str_parse_duration(text, ret_ms) && *ret_ms >= LEAST_MS && *ret_ms <= MOST_MS)
		return true;
	term_error("--watch: \"%s\" is no time like 5 or 500ms, from 100ms to 1d", text);
	return false;
}

/* The lines of a terminal; the last one stays free, so that nothing is moved up. */
static unsigned lines_left(void)
{
	struct winsize size = { .ws_row = 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return size.ws_row > 1 ? size.ws_row - 1U : 24U;
}

/* Line over line and not after erasing all: nothing flickers. */
static void show(const char *text)
{
	(void)fputs("\x1b[H", stdout);
	for (unsigned left = lines_left(); left && *text; left--) {
		size_t n = strcspn(text, "\n");

		(void)printf("%.*s\x1b[K\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
	(void)fputs("\x1b[J", stdout);
}

/* What @draw prints, on a terminal in one piece. */
static int draw_screen(const struct ctl *ctl, watch_draw_fn draw, void *data)
{
	struct ctl now = *ctl;
	FILE *real = stdout;
	char *text = NULL;
	size_t size = 0;
	int r;

	now.term.columns = term_stdout("never").columns;
	stdout = open_memstream(&text, &size);
	if (!stdout) {
		stdout = real;
		return draw(ctl, data);
	}
	r = draw(&now, data);
	(void)fclose(stdout);
	stdout = real;
	if (r == CTL_OK || r == CTL_NO_MATCH)
		show(text ? text : "");
	free(text);
	return r;
}

/* Return: a signal has come */
static bool wait_ms(const sigset_t *set, uint64_t ms)
{
	const struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000L,
	};

	/* EINTR: stopped by ^Z and continued */
	return sigtimedwait(set, NULL, &time) > 0;
}

static void block_signals(sigset_t *ret_set)
{
	(void)sigemptyset(ret_set);
	(void)sigaddset(ret_set, SIGINT);
	(void)sigaddset(ret_set, SIGTERM);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	(void)sigprocmask(SIG_BLOCK, ret_set, NULL);
}

/* What ends it: a command that went wrong, but for a daemon that is gone and may come back. */
static bool is_to_go_on(int r, bool is_first)
{
	return r == CTL_OK || r == CTL_NO_MATCH || (r == CTL_NO_DAEMON && !is_first);
}

int watch_repeat(
	const struct ctl *ctl, uint64_t interval_ms, uint64_t times, watch_draw_fn draw, void *data)
{
	sigset_t set;
	int r = CTL_OK;

	block_signals(&set);
	for (uint64_t i = 0; !times || i < times; i++) {
		if (i && wait_ms(&set, interval_ms))
			return CTL_OK;
		if (i)
			(void)putchar('\n');
		r = draw(ctl, data);
		if (!is_to_go_on(r, i == 0))
			return r;
		if (fflush(stdout) != 0)
			return CTL_FAILED;
	}
	return r;
}

int watch_run(const struct ctl *ctl, uint64_t interval_ms, watch_draw_fn draw, void *data)
{
	sigset_t set;
	int r;

	if (!ctl->term.columns)
		return watch_repeat(ctl, interval_ms, 0, draw, data);
	block_signals(&set);
	(void)fputs("\x1b[H\x1b[J", stdout);
	r = draw_screen(ctl, draw, data);
	if (!is_to_go_on(r, true))
		return r;
	while (is_to_go_on(r, false)) {
		if (fflush(stdout) != 0)
			return CTL_FAILED;
		if (wait_ms(&set, interval_ms))
			return CTL_OK;
		r = draw_screen(ctl, draw, data);
	}
	return r;
}
