#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The readings of users' own files that are under way, each an answer to one USER_FILE of the
 * manager. Owned by the supervisor; nothing here waits for anybody.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/list.h"
#include "proto/fdpass.h"

struct supervisor;

/**
 * Readers at once, with those that were killed and do not end because their home does not answer.
 * The manager asks for no more than max_concurrent_starts, whose bound this is.
 */
#define USER_FILE_SET_MAX 256U

struct user_file_set {
	struct list all; /* owned: answered ones too, until their child is reaped */
};

void user_file_set_init(struct user_file_set *set);
void user_file_set_deinit(struct user_file_set *set);

/**
 * user_file_set_request() - a USER_FILE has come: read it and answer, now or when it is known
 * @fds: the specification; not consumed
 *
 * What is asked for may be refused by the policy, or switched off: then there is no file, and
 * SPAWN, which follows, tells the reason.
 *
 * Return: 0; 1 if this is not what a manager sends.
 */
int user_file_set_request(struct supervisor *s, uint64_t id, const struct fdpass_set *fds);

/** user_file_set_read() - look at all of them, and answer those that are known or late */
void user_file_set_read(struct supervisor *s);

/** user_file_set_on_exit() - was reaped. Return: true if @pid was one of ours */
bool user_file_set_on_exit(struct supervisor *s, pid_t pid);

/** user_file_set_next_ns() - when user_file_set_read() has to be called next; UINT64_MAX: never */
uint64_t user_file_set_next_ns(const struct user_file_set *set);

/** user_file_set_fds() - what to wait for: at most USER_FILE_SET_MAX into @out. Return: how many */
size_t user_file_set_fds(const struct user_file_set *set, int *out);

/** user_file_set_forget_manager() - nobody wants the answers any more */
void user_file_set_forget_manager(struct user_file_set *set);
