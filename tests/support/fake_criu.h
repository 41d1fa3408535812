#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What fake_supervisor says about CRIU: of its thread. No image is ever written. */

#include <stdbool.h>

#include "tests/support/fake_supervisor.h"

/** fake_criu_spawned() - complete the SPAWNED that answers @spawn */
void fake_criu_spawned(
	struct fake_supervisor *s, const struct priv_message *spawn, struct priv_message *spawned);

void fake_criu_on_freeze(struct fake_supervisor *s, const struct priv_message *m);

/** fake_criu_on_images() - Return: false: the name is none */
bool fake_criu_on_images(struct fake_supervisor *s, const struct priv_message *m, int fd);
