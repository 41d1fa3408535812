/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/check/check.h"
#include "proto/pool_spec.h"

/** Of criu in lsapid.conf: auto, on, off. */
enum {
	CRIU_AUTO,
	CRIU_ON,
	CRIU_OFF
};

/* Where somebody says that CRIU has to be used; NULL: nowhere */
static const char *find_wish(const struct config *c)
{
	if (!c)
		return NULL;
	if (c->defaults.criu == CRIU_ON)
		return c->file;
	for (size_t i = 0; i < c->pool_count; i++)
		for (size_t k = 0; k < c->pools[i]->entry_count; k++) {
			const struct config_entry *e = &c->pools[i]->entries[k];

			if (strcmp(e->key, SPEC_CRIU) == 0 && strcmp(e->value, "on") == 0)
				return c->pools[i]->file;
		}
	return NULL;
}

/* Without it everything works, only slower. */
void check_criu_works(struct check *c)
{
	const char *wish = find_wish(c->config);

	if (answer_is(c->criu, "is_done")) {
		check_add(c, CHECK_OK, answer_text(c->criu, "program"), "CRIU works, version %s",
			answer_or_dash(c->criu, "detail"));
		return;
	}
	check_add(c, wish ? CHECK_WARNING : CHECK_NOTE, wish, "CRIU: %s, PHP is always started: %s",
		answer_or_dash(c->criu, "state"), answer_or_dash(c->criu, "detail"));
	check_remedy(c, "%s", answer_text(c->criu, "remedy"));
}

/* B73: virtual hosts of one account, with settings of their own, share one PHP and its image. */
void check_criu_per_user(struct check *c)
{
	const struct apache_fact *per_user = apache_facts_find(c->apache, APACHE_PER_USER, NULL);
	const struct apache_fact *criu = apache_facts_find(c->apache, APACHE_CRIU, NULL);
	bool is_on = c->config->defaults.criu == CRIU_ON || criu;

	if (!per_user || !*c->config->criu_program || !is_on)
		return;
	check_add(c, CHECK_WARNING, per_user->where,
		"lsapi_per_user On with CRIU: all virtual hosts of a user share one image");
	check_remedy(c, "lsapi_criu Off there, or lsapi_per_user Off");
}
