#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What to do about a parent that was asked for and was not seen to serve yet. Pure: what is known
 * of it and its age in, one action out.
 */

#include <stdbool.h>
#include <stdint.h>

/**
 * The supervisor answers a SPAWN within milliseconds. Without an answer for so long it hangs, and
 * who waits is told rather than left to wait for lsapi_poll_timeout.
 */
#define START_POLICY_ANSWER_NS 10000000000ULL
/** A start that answers nothing for so long, with a request unread, has failed. */
#define START_POLICY_SERVE_NS 60000000000ULL
/** A start for which nobody waits any more has nobody who could see it serve. */
#define START_POLICY_UNUSED_NS 2000000000ULL

enum start_action {
	START_WAIT,
	START_SERVED,  /* it serves, or there is nobody whom that could interest */
	START_KILL,    /* it is deaf */
	START_GIVE_UP, /* the supervisor does not answer */
	START_ACTION_COUNT
};

struct start_figures {
	uint64_t age_ns;      /* since SPAWN */
	uint64_t thaw_ns;     /* that CRIU may take before there is an answer; 0: it is not asked */
	bool is_answered;     /* by SPAWNED */
	bool has_served;      /* a child was seen to answer, or to read a request */
	bool has_connections; /* somebody waits */
	bool has_unread;      /* the request of whoever waits longest was not read */
};

/** start_policy_decide() - for one parent that is asked for, at any time until it serves */
enum start_action start_policy_decide(const struct start_figures *f);
