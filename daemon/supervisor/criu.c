/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/criu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/config/config_table.h"
#include "daemon/supervisor/freeze.h"
#include "daemon/supervisor/images.h"
#include "daemon/supervisor/supervisor.h"

#define HELPER_NAME "lsapid-criu"
/* After it came to no answer whether CRIU works: doubled each time. */
#define CHECK_MIN_NS (2 * NS_PER_S)
#define CHECK_MAX_NS (3600 * NS_PER_S)
/* After a thawing has failed: doubled each time. */
#define COLD_MIN_NS (60 * NS_PER_S)
#define COLD_MAX_NS (86400 * NS_PER_S)
#define COLD_ALWAYS UINT64_MAX

/** A specification of which there is no image, or one that cannot be thawed now. */
struct cold {
	uint64_t until_ns;
	uint32_t failures;
};

void criu_init(struct criu *c, const char *manager_binary)
{
	const char *slash = strrchr(manager_binary, '/');

	*c = (struct criu){ .state = PRIV_CRIU_UNKNOWN, .check_at_ns = UINT64_MAX };
	map_init(&c->cold);
	list_init(&c->to_freeze);
	if (asprintf(&c->binary, "%.*s" HELPER_NAME, slash ? (int)(slash + 1 - manager_binary) : 0,
		    manager_binary) < 0)
		c->binary = NULL;
}

void criu_deinit(struct criu *c)
{
	size_t i;

	for (i = 0; i < c->cold.capacity; i++)
		free(c->cold.slot[i].value);
	map_deinit(&c->cold);
	while (c->dirs)
		free(c->dir[--c->dirs]);
	free(c->binary);
}

/* --- does it work ------------------------------------------------------------------------- */

void criu_tell(struct supervisor *s)
{
	struct priv_message m = { .type = PRIV_CRIU, .status = (int32_t)s->criu.state };

	(void)str_copy(m.text, sizeof(m.text), s->criu.text);
	if (s->link.state == LINK_UP)
		link_send(s, &m, NULL);
}

static void set_state(struct supervisor *s, enum priv_criu state, const char *text)
{
	struct criu *c = &s->criu;
	bool is_new = c->state != state || strncmp(c->text, text, sizeof(c->text) - 1) != 0;

	c->state = state;
	(void)str_copy(c->text, sizeof(c->text), text);
	if (is_new && state == PRIV_CRIU_WORKS)
		log_notice("criu.works", F_STR("program", s->settings->config->criu_program),
			F_STR("version", text));
	else if (is_new && state == PRIV_CRIU_FAILS)
		log_info("criu.fails", F_STR("program", s->settings->config->criu_program),
			F_STR("why", text));
	criu_tell(s);
}

static uint64_t backed_off_ns(uint64_t ns, uint64_t max_ns, uint32_t failures)
{
	while (failures-- && ns < max_ns)
		ns *= 2;
	return ns < max_ns ? ns : max_ns;
}

/* CRIU's own answer holds until the next reload; that there was none (a host that is busy starting,
 * say) tells nothing of it, and it is asked again. */
static void on_check(struct supervisor *s, struct helper *h, const struct job_report *report)
{
	/* a reload has begun another one */
	if (h != s->criu.checking)
		return;
	s->criu.checking = NULL;
	/* what has become too old, or of nobody, while we were not there */
	if (report && report->result == JOB_DONE && images_sweep(s) < 0)
		log_debug("images.not_swept", F_UINT("pid", (uint64_t)s->pid));
	if (report) {
		s->criu.undecided = 0;
		set_state(s, report->result == JOB_DONE ? PRIV_CRIU_WORKS : PRIV_CRIU_FAILS,
			report->text);
		return;
	}
	set_state(s, PRIV_CRIU_FAILS, h->fault);
	s->criu.check_at_ns =
		s->now_ns + backed_off_ns(CHECK_MIN_NS, CHECK_MAX_NS, s->criu.undecided++);
}

void criu_check(struct supervisor *s)
{
	struct criu *c = &s->criu;
	struct helper_order o;
	int r;

	c->checking = NULL;
	c->check_at_ns = UINT64_MAX;
	if (!*s->settings->config->criu_program) {
		set_state(s, PRIV_CRIU_OFF, "criu_program is empty");
		return;
	}
	if (!s->settings->host.is_privileged) {
		set_state(s, PRIV_CRIU_FAILS, "lsapid was not started by root");
		return;
	}
	if (!c->binary) {
		set_state(s, PRIV_CRIU_FAILS, "out of memory");
		return;
	}
	/* whether root may run the program at all, too */
	helper_order_init(&o, s, "check");
	r = helper_start(s, &o, on_check, 0, &c->checking);
	helper_order_deinit(&o);
	if (r < 0)
		set_state(s, PRIV_CRIU_FAILS, strerrordesc_np(-r));
}

void criu_on_time(struct supervisor *s)
{
	if (s->criu.check_at_ns <= s->now_ns)
		criu_check(s);
}

uint64_t criu_next_ns(const struct criu *c)
{
	return c->check_at_ns;
}

/* --- which need not be tried -------------------------------------------------------------- */

bool criu_is_cold(const struct supervisor *s, uint64_t hash)
{
	const struct cold *cold = map_find(&s->criu.cold, hash);

	return cold && s->now_ns < cold->until_ns;
}

/* Without memory for it, it is just tried again. */
void criu_note_cold(struct supervisor *s, uint64_t hash, bool has_failed)
{
	struct cold *cold = map_find(&s->criu.cold, hash);

	if (!cold) {
		cold = calloc(1, sizeof(*cold));
		if (!cold || map_put(&s->criu.cold, hash, cold)) {
			free(cold);
			return;
		}
	}
	if (!has_failed) {
		*cold = (struct cold){ .until_ns = COLD_ALWAYS };
		return;
	}
	cold->until_ns = s->now_ns + backed_off_ns(COLD_MIN_NS, COLD_MAX_NS, cold->failures++);
}

void criu_forget_cold(struct supervisor *s, uint64_t hash)
{
	struct cold *cold = map_find(&s->criu.cold, hash);

	map_remove(&s->criu.cold, hash, cold);
	free(cold);
}

/* --- what the helper is told -------------------------------------------------------------- */

static const char *images_dir(const struct supervisor *s, const struct pool_spec *spec)
{
	const char *dir = pool_spec_get(spec, SPEC_CRIU_IMAGES_DIR);

	return dir && *dir ? dir : s->settings->config->defaults.criu_images_dir;
}

/* What Apache names is known only when a pool of it starts. */
static void note_dir(struct criu *c, const char *dir)
{
	size_t i;

	for (i = 0; i < c->dirs; i++) {
		if (strcmp(c->dir[i], dir) == 0)
			return;
	}
	if (c->dirs == CRIU_DIRS_MAX)
		return;
	c->dir[c->dirs] = strdup(dir);
	if (c->dir[c->dirs])
		c->dirs++;
}

static void note_dirs_of_files(struct supervisor *s)
{
	const struct config *c = s->settings->config;
	size_t i, k;

	note_dir(&s->criu, c->defaults.criu_images_dir);
	for (i = 0; i < c->pool_count; i++) {
		const struct config_pool *p = c->pools[i];

		for (k = 0; k < p->entry_count; k++) {
			if (strcmp(p->entries[k].key, SPEC_CRIU_IMAGES_DIR) == 0)
				note_dir(&s->criu, p->entries[k].value);
		}
	}
}

void criu_add_dirs(struct supervisor *s, struct helper_order *o)
{
	size_t i;

	note_dirs_of_files(s);
	for (i = 0; i < s->criu.dirs; i++)
		environ_append(&o->words, JOB_DIR, s->criu.dir[i]);
}

void criu_fill_order(struct helper_order *o, struct supervisor *s, const struct launch *l)
{
	uint64_t is_debug = 0;

	(void)pool_spec_get_uint(&l->spec, SPEC_CRIU_DEBUG, 0, 1, &is_debug);
	note_dir(&s->criu, images_dir(s, &l->spec));
	environ_set(&o->words, JOB_DIR, images_dir(s, &l->spec));
	environ_set(&o->words, JOB_POOL, l->order.name);
	environ_set_uint(&o->words, JOB_UID, l->order.uid);
	environ_set_uint(&o->words, JOB_GID, l->order.gid);
	environ_set_uint(&o->words, JOB_DEBUG, is_debug);
	o->has_nice = l->order.nice != CONFIG_UNSET_INT;
	o->nice = l->order.nice;
	o->has_oom_score_adj = l->has_oom_score_adj;
	o->oom_score_adj = l->oom_score_adj;
}

void criu_log_failure(
	const char *event, const struct spawn *sp, const char *why, const char *remedy)
{
	log_warn(event, F_SPAWN(sp), F_STR("why", why), F_STR("remedy", remedy));
}

void criu_stop(struct spawn *sp)
{
	if (sp->helper && !sp->is_thawed)
		helper_kill(sp->helper);
}

void criu_forget(struct spawn *sp)
{
	freeze_give_up(sp);
	list_remove(&sp->freeze_node);
	if (sp->helper)
		sp->helper->spawn = NULL;
	sp->helper = NULL;
}
