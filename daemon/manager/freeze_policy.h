#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * When the parent of a pool is frozen, whether its image is used, and how long somebody may wait
 * for CRIU. Pure: numbers in, decision out.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/manager/pace.h"

/** No connection has worked for so long: a pool that is busier than that is not disturbed. */
#define FREEZE_IDLE_NS 1000000000ULL
/** Between two looks at a pool that serves; it takes longer the longer nothing was asked of it. */
#define FREEZE_LOOK_NS      2000000000ULL
#define FREEZE_LOOK_MOST_NS 16000000000ULL
/**
 * A start that takes less is not worth an image in auto mode: thawing takes 30 to 130 ms, more for
 * larger images. Measured, first answer: hello world starts in 15 ms and thaws in 43; with 600
 * classes in its opcode cache it starts in 906 ms and thaws in 96.
 */
#define FREEZE_WORTH_NS 200000000ULL
/** After so many thawed starts it is known whether they are faster, by a quarter at least. */
#define FREEZE_JUDGE_STARTS 2U
/** A failure of CRIU will most likely repeat: 5 minutes, then twice as long each time. */
#define FREEZE_RETRY_FIRST_NS 300000000000ULL
#define FREEZE_RETRY_MOST_NS  86400000000000ULL
/** A connection that came just then is an accident. */
#define FREEZE_BUSY_FIRST_NS 1000000000ULL
#define FREEZE_BUSY_MOST_NS  300000000000ULL
/** What a cold start takes as long as none was measured. */
#define FREEZE_COLD_UNKNOWN_NS 1000000000ULL

/** Setting criu; in the order of its words. */
enum freeze_mode {
	FREEZE_MODE_AUTO = 0,
	FREEZE_MODE_ON,
	FREEZE_MODE_OFF,
	FREEZE_MODE_COUNT
};

/** Why a parent is not frozen now. */
enum freeze_why {
	FREEZE_NOW = 0,     /* it is to be */
	FREEZE_OFF,         /* as set */
	FREEZE_BROKEN,      /* CRIU does not work here, or it is not known yet */
	FREEZE_NOT_RUNNING, /* there is no parent that serves and is to go on */
	FREEZE_UNDER_WAY,
	FREEZE_THAWED,     /* it comes from its image */
	FREEZE_FROZEN,     /* there is an image of it */
	FREEZE_NEVER,      /* initial_start is 0 */
	FREEZE_PAYS_NOT,   /* auto: thawed starts were not faster */
	FREEZE_TOO_FEW,    /* requests */
	FREEZE_UNMEASURED, /* auto: no start of this pool was measured yet */
	FREEZE_TOO_QUICK,  /* auto: a start takes less than FREEZE_WORTH_NS */
	FREEZE_BACKING_OFF,
	FREEZE_BUSY,
	FREEZE_WHY_COUNT
};

struct freeze_figures {
	enum freeze_mode mode;
	bool is_working; /* CRIU, on this host */
	bool is_running; /* a parent serves, and is to go on */
	bool is_under_way;
	bool is_thawed;
	bool is_frozen;
	bool is_asked_for; /* by an administrator: what is said about requests and time is no matter
			    */
	bool pays_not;
	bool is_busy; /* a connection works, or somebody waits */
	uint32_t initial_start;
	uint64_t served;
	uint64_t last_use_ns;
	uint64_t cold_ns;  /* of a start, as measured; 0: not yet */
	uint64_t retry_ns; /* not before */
};

/**
 * freeze_policy_decide() - for the present parent
 * @ret_next_ns: when to look again; UINT64_MAX: not before something changes
 */
enum freeze_why freeze_policy_decide(
	const struct freeze_figures *f, uint64_t now_ns, uint64_t *ret_next_ns);

/** freeze_policy_pays_not() - do the starts that were measured say that thawing is no faster? */
bool freeze_policy_pays_not(const struct pace *cold, const struct pace *thawed);

/**
 * freeze_policy_patience_ns() - how long a request may wait for CRIU that is at work
 * @cold_ns: 0: not measured
 *
 * Then another parent is started for it.
 */
uint64_t freeze_policy_patience_ns(uint64_t cold_ns);

/** freeze_policy_retry_ns() - from the last of so many failures to the next try */
uint64_t freeze_policy_retry_ns(uint32_t failures);

/** freeze_policy_busy_ns() - the same after somebody came in between */
uint64_t freeze_policy_busy_ns(uint32_t times);

/** freeze_mode_name(), freeze_why_name(), freeze_why_text() - for JSON; for people; static */
const char *freeze_mode_name(enum freeze_mode mode);
const char *freeze_why_name(enum freeze_why why);
const char *freeze_why_text(enum freeze_why why);
