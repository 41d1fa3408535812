#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * lsapidctl top: what it shows, and what was seen before, as the share of a processor is what was
 * used between two looks. Printed as text; top_screen.h puts that on a full screen.
 */

#include <jansson.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/select.h"

#define TOP_FILTER_SIZE 128U
struct top {
	struct select select;
	const char *sort; /* borrowed: argv, or select_next_key() */
	bool is_reverse;
	bool has_requests;            /* else pools */
	char filter[TOP_FILTER_SIZE]; /* a part of a pool's name, or a pattern; "": any */
	json_t *answer;               /* owned: the last one; NULL: none yet */
	json_t *cpu;                  /* owned: seconds by pid and pool when it was asked before */
	double asked_s;               /* the answer's time, monotonic */
	char why[ANSWER_WHY_SIZE];    /* the daemon did not answer the last time; "": it did */
};

/** top_look() - ask again; without an answer the last one stays, and @why says so. Return: enum
 * ctl_exit */
int top_look(struct top *t, const struct ctl *ctl);

/** top_print() - on stdout: the daemon in lines, and a table */
void top_print(const struct top *t, const struct ctl *ctl);

/** top_requests() - what runs now, longest first. Return: a new array */
json_t *top_requests(const json_t *answer);

void top_deinit(struct top *t);
