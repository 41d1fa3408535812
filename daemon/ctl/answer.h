#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers of the daemon: asking, and reading out of their JSON. What is missing or of another type
 * reads as 0, false and ""; keys may be added, and none has to be there.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"

/** What is wrong, in one line. */
#define ANSWER_WHY_SIZE (CONTROL_MAX_TEXT + 64U)

/** Prints an answer for people. Return: enum ctl_exit */
typedef int (*answer_print_fn)(const struct ctl *ctl, const json_t *answer);

/**
 * answer_try() - one question
 * @ret_answer: json_decref() it
 * @ret_status: what the daemon says of the command: 0 or an errno
 * @reterr_why: ANSWER_WHY_SIZE bytes: what is wrong, for people
 *
 * Return: CTL_OK; what the command ends with
 */
int answer_try(const struct ctl *ctl, const struct client_question *question, json_t **ret_answer,
	uint32_t *ret_status, char *reterr_why) ATTR_MUST_USE;

/** answer_ask() - the same; what is wrong is said on stderr */
int answer_ask(const struct ctl *ctl, const struct client_question *question, json_t **ret_answer,
	uint32_t *ret_status) ATTR_MUST_USE;

/**
 * answer_show() - ask, and print the answer: as JSON, or by @print
 *
 * Return: enum ctl_exit: what @print says; CTL_FAILED if the daemon says that the command failed
 */
int answer_show(
	const struct ctl *ctl, const struct client_question *question, answer_print_fn print);

/** answer_dump() - @o on stdout, for --json. Return: enum ctl_exit */
int answer_dump(const json_t *o);

long long answer_number(const json_t *o, const char *key);
double answer_real(const json_t *o, const char *key);
bool answer_is(const json_t *o, const char *key);

/** answer_text() - borrowed: @o */
const char *answer_text(const json_t *o, const char *key);

/** answer_or_dash() - the same, "-" if it is empty */
const char *answer_or_dash(const json_t *o, const char *key);
