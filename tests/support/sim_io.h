#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The world around the manager's deciding code, for a simulation: its input and output (sockets,
 * messages, the supervisor, libevent's timers) are functions of here, which the linker takes before
 * those of the manager and of libevent. Time is what the simulation says.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/manager/manager.h"

/** What the simulation wants to be told of, and decides; all have to be set. */
struct sim_io {
	struct manager *manager;
	struct heap timers;
	void *context;

	void (*granted)(void *context, uint32_t sequence, uint32_t slot, uint64_t generation);
	void (*queued)(void *context, uint32_t sequence, uint32_t wait_ms);
	void (*refused)(void *context, uint32_t sequence, enum reason reason);
	void (*grows)(void *context, struct pool *p);           /* a connection is being made */
	void (*closes)(void *context, const struct backend *b); /* ... and ended */
	void (*sent)(void *context, const struct priv_message *msg); /* to the supervisor */
	bool (*happens)(void *context, const char *what); /* something that goes wrong sometimes */
};

/** sim_io() - the one that the functions here use */
struct sim_io *sim_io(void);

/** sim_io_fire() - run what is due. Return: false: nothing was */
bool sim_io_fire(uint64_t now_ns);

/** sim_io_next_ns() - when the next timer is due; UINT64_MAX: never */
uint64_t sim_io_next_ns(void);
