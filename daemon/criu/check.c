/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/criu/capability.h"
#include "daemon/criu/engine.h"
#include "daemon/criu/program.h"
#include "daemon/criu/reason.h"

#define VERSION_SIZE 32U

/* "4.2", "6.18.44-1-amd64" to 4002, 6018; 0: no version. */
static unsigned long number_of(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10);

	if (end == text || *end != '.' || !isdigit((unsigned char)end[1]))
		return 0;
	return major * 1000 + strtoul(end + 1, NULL, 10);
}

bool check_is_too_old(const char *version, const char *release)
{
	unsigned long criu = number_of(version);

	return criu && criu < 4001 && number_of(release) >= 6013;
}

/* The word after "Version: ". */
static bool find_version(const char *text, char *ret_version, size_t size)
{
	static const char mark[] = "Version: ";
	const char *at = strstr(text, mark);
	size_t length;

	if (!at)
		return false;
	at += sizeof(mark) - 1;
	length = strcspn(at, " \r\n");
	if (!length || length >= size)
		return false;
	(void)snprintf(ret_version, size, "%.*s", (int)length, at);
	return true;
}

/* Return: true and @o; false and @reterr */
static bool ask(
	const char *program, const char *argument, struct program_output *o, struct why *reterr)
{
	int r = program_ask(program, argument, o);

	if (r < 0)
		why_set(reterr, "%s cannot be run: %s", program, strerrordesc_np(-r));
	return r == 0;
}

static void explain(const struct program_output *o, const char *version, struct why *ret_text)
{
	struct utsname host;
	struct why reason;

	if (reason_find(o->text, o->size, &reason))
		why_set(&reason,
			WIFSIGNALED(o->status) ? "it was killed by signal %d" : "exit status %d",
			WIFSIGNALED(o->status) ? WTERMSIG(o->status) : WEXITSTATUS(o->status));
	if (uname(&host) == 0 && check_is_too_old(version, host.release))
		why_set(ret_text, "criu %s is too old for kernel %.40s, install 4.1 or newer: %s",
			version, host.release, reason.text);
	else
		why_set(ret_text, "\"criu check\" of criu %s failed: %s", version, reason.text);
}

static bool ask_all(const char *program, struct program_output *o, struct why *ret_text)
{
	char version[VERSION_SIZE];

	if (program_check(program, NULL, 0, ret_text) || !ask(program, "--version", o, ret_text))
		return false;
	if (!find_version(o->text, version, sizeof(version))) {
		why_set(ret_text, "%s says no version, is it criu?", program);
		return false;
	}
	if (!ask(program, "check", o, ret_text))
		return false;
	if (o->status != 0) {
		explain(o, version, ret_text);
		return false;
	}
	why_set(ret_text, "%s", version);
	return true;
}

bool check_run(const char *program, struct why *ret_text)
{
	struct program_output *o;
	char missing[JOB_TEXT_SIZE];
	bool is_good;

	if (!engine_is_there(ret_text))
		return false;
	if (geteuid() != 0) {
		why_set(ret_text, "CRIU needs root: start lsapid as root");
		return false;
	}
	if (!capability_list_missing(missing, sizeof(missing))) {
		why_set(ret_text, "capabilities are missing, let lsapid have %s", missing);
		return false;
	}
	o = malloc(sizeof(*o));
	if (!o) {
		why_set(ret_text, "out of memory");
		return false;
	}
	is_good = ask_all(program, o, ret_text);
	free(o);
	return is_good;
}
