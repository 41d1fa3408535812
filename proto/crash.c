/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/crash.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Longer than the words with all their numbers. */
#define CRASH_LINE_MAX 160U
#define CRASH_CORE     0x100U
#define SIGNAL_MASK    0xffU
#define SIGNAL_MOST    64U

/* Of the words with a number behind them. Return: false: other words, or too much */
static bool read_number(const char **at, const char *words, uint32_t most, uint32_t *ret)
{
	size_t size = strlen(words);
	uint64_t value = 0;
	const char *c;

	if (strncmp(*at, words, size) != 0)
		return false;
	for (c = *at + size; *c >= '0' && *c <= '9' && value <= most; c++)
		value = value * 10 + (uint64_t)(*c - '0');
	if (c == *at + size || value > most)
		return false;
	*at = c;
	*ret = (uint32_t)value;
	return true;
}

/* The end of the line, as the versions of lsphp have it. Return: false: none of them */
static bool read_core(const char *at, bool *ret_has_core)
{
	static const struct {
		const char *words;
		bool has_core;
	} ends[] = {
		{ ", core dump: 0", false },
		{ ", core dump: 1", true },
		{ ", core dumped: no", false },
		{ ", core dumped: yes", true },
		{ ", core dumped: unknown", false },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strncmp(at, ends[i].words, strlen(ends[i].words)) == 0) {
			*ret_has_core = ends[i].has_core;
			return true;
		}
	}
	return false;
}

bool crash_read(const char *line, size_t size, struct crash *ret)
{
	static const char first[] = "Child process with pid: ";
	const char *found = memmem(line, size, first, sizeof(first) - 1);
	char text[CRASH_LINE_MAX];
	const char *at = text;
	struct crash c;

	if (!found)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(size - (size_t)(found - line)), found);
	if (!read_number(&at, first, INT32_MAX, &c.pid) ||
		!read_number(&at, " was killed by signal: ", SIGNAL_MOST, &c.signal) ||
		!read_core(at, &c.has_core) || !c.pid || !c.signal)
		return false;
	*ret = c;
	return true;
}

uint32_t crash_pack(const struct crash *c)
{
	return (c->signal & SIGNAL_MASK) | (c->has_core ? CRASH_CORE : 0);
}

void crash_unpack(uint32_t packed, struct crash *ret)
{
	*ret = (struct crash){ .signal = packed & SIGNAL_MASK, .has_core = packed & CRASH_CORE };
}

const char *crash_hint(uint32_t signal_number)
{
	switch (signal_number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGABRT:
		return "it has crashed: look at the extensions of PHP that were added or updated "
		       "last, and at shared memory that is too small (apc.shm_size at least 32M, "
		       "opcache.memory_consumption); lsapi_backend_coredump On leaves a core file";
	case SIGKILL:
		return "usually a memory limit: of the account's cgroup, or of the host (see the "
		       "kernel's log); give it more memory, or PHP a lower memory_limit";
	case SIGTERM:
		return "somebody has ended it: a restart, or a process killer such as csf/lfd, "
		       "which has to be told to leave lsphp alone, see mod_lsapi(7)";
	case SIGXCPU:
		return "its limit of processor time was reached (limit_cpu)";
	case SIGXFSZ:
		return "its limit of the size of a file was reached (limit_fsize)";
	default:
		return "somebody has sent it that signal";
	}
}
