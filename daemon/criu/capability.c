/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct capability {
	unsigned number;
	const char *name;
};

/*
 * Source: freeze and restore of an lsphp, tried without one after the other (criu 4.2). Only
 * CAP_DAC_OVERRIDE was not missed there; it is for what is mapped from directories of others.
 */
static const struct capability needed[] = {
	{ CAP_CHOWN, "CAP_CHOWN" },
	{ CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE" },
	{ CAP_FOWNER, "CAP_FOWNER" },
	{ CAP_KILL, "CAP_KILL" },
	{ CAP_SETGID, "CAP_SETGID" },
	{ CAP_SETUID, "CAP_SETUID" },
	{ CAP_SETPCAP, "CAP_SETPCAP" },
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	{ CAP_SYS_CHROOT, "CAP_SYS_CHROOT" },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
	{ CAP_SYS_TIME, "CAP_SYS_TIME" },
};

/** The kernel's interface has two words of 32 bits for each set. */
#define SET_WORDS 2U

/* Return: 0; -errno */
static int get_sets(struct __user_cap_data_struct sets[SET_WORDS])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, sets) < 0 ? -errno : 0;
}

static bool has(const struct __user_cap_data_struct sets[SET_WORDS], unsigned number)
{
	return sets[number / 32].effective & (1U << (number % 32));
}

bool capability_list_missing(char *ret_text, size_t size)
{
	struct __user_cap_data_struct sets[SET_WORDS] = { 0 };
	size_t used = 0;
	size_t i;

	ret_text[0] = '\0';
	if (get_sets(sets) < 0) /* a kernel that has no such thing has no limits of it either */
		return true;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (has(sets, needed[i].number) || used >= size)
			continue;
		used += (size_t)snprintf(
			ret_text + used, size - used, "%s%s", used ? " " : "", needed[i].name);
	}
	return used == 0;
}

int capability_pose_as(uid_t uid, gid_t gid)
{
	struct __user_cap_data_struct sets[SET_WORDS] = { 0 };
	int r = get_sets(sets);

	if (r < 0)
		return r;
	if (has(sets, CAP_SYS_RESOURCE))
		return 0;
	if (setresgid(gid, (gid_t)-1, (gid_t)-1) < 0 || setresuid(uid, (uid_t)-1, (uid_t)-1) < 0)
		return -errno;
	return 0;
}

int capability_keep_kill(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[SET_WORDS] = { 0 };
	unsigned number;

	/* until the kernel knows no more of them */
	for (number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) {
		if (number != CAP_KILL && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
			return -errno;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	sets[CAP_KILL / 32].effective = 1U << (CAP_KILL % 32);
	sets[CAP_KILL / 32].permitted = 1U << (CAP_KILL % 32);
	return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}
