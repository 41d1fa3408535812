/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/manager_world.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

/* Of a machine that does a lot else. */
#define PATIENCE_MS 30000

void world_start(struct world *w, const char *config, uint64_t instance)
{
	fake_supervisor_start(&w->sv, config);
	fake_shim_hello_of(&w->s, w->sv.key, instance);
	fake_shim_connect(&w->admin);
}

void world_start_frozen(struct world *w, uint64_t instance)
{
	world_start(w, "stop_grace = 2s", instance);
	w->sv.images_answer = "{}";
	fake_supervisor_say_criu(&w->sv, PRIV_CRIU_WORKS, "4.2");
}

int world_teardown(void **state)
{
	struct world *w = *state;

	fake_shim_bye(&w->s);
	fake_shim_bye(&w->admin);
	fake_supervisor_end(&w->sv);
	return 0;
}

static char *read_status(struct world *w)
{
	uint32_t status;

	return fake_shim_document(&w->s, CONTROL_STATUS, &status);
}

bool world_has_status(struct world *w, const char *part)
{
	char *json = read_status(w);
	bool has = strstr(json, part) != NULL;

	free(json);
	return has;
}

void world_until_status(struct world *w, const char *part)
{
	for (int ms = 0; !world_has_status(w, part); ms += 10) {
		if (ms > PATIENCE_MS)
			fail_msg("status always without %s: %s", part, read_status(w));
		(void)poll(NULL, 0, 10);
	}
}

void world_serve(struct world *w, struct fake_lease *l)
{
	fake_shim_lease(&w->s, w->pool, l);
	assert_true(fake_shim_get(&w->s, l, "x"));
	if (!fake_shim_done(&w->s, l))
		fake_shim_return(&w->s, l);
}

void world_warm_up(struct world *w, const char *spec, struct fake_lease *l)
{
	world_until_status(w, "\"state\":\"works\"");
	w->pool = fake_shim_pool(&w->s, spec);
	world_serve(w, l); /* the first request times the start: its connection comes back */
	world_serve(w, l);
}

void world_expect_answer(struct world *w, uint32_t error, const char *part)
{
	uint32_t status;
	char *json = fake_shim_take_document(&w->admin, &status);

	if (!strstr(json, part) || status != error)
		fail_msg("%u, not %u, or no %s in %s", status, error, part, json);
	free(json);
}
