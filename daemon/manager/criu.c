/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/criu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report.h"

/** Of the list of all images: some 300 bytes for each. */
#define CRIU_DOCUMENT_MAX (16U * 1024U * 1024U)

/** Images of pools of this name have to go. */
struct criu_reset {
	struct list_node node;
	char name[];
};

static const char *const state_names[] = {
	[PRIV_CRIU_OFF] = "off",
	[PRIV_CRIU_UNKNOWN] = "unknown",
	[PRIV_CRIU_WORKS] = "works",
	[PRIV_CRIU_FAILS] = "fails",
};

_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == PRIV_CRIU_COUNT, "one per state");

const char *criu_state_name(enum priv_criu state)
{
	return state < PRIV_CRIU_COUNT ? state_names[state] : "?";
}

void criu_init(struct criu *c)
{
	c->state = PRIV_CRIU_UNKNOWN;
	list_init(&c->resets);
}

static struct criu_reset *first_reset(const struct criu *c)
{
	struct list_node *n = list_first(&c->resets);

	return n ? LIST_OWNER(n, struct criu_reset, node) : NULL;
}

/* Return: false: there was none */
static bool drop_first_reset(struct criu *c)
{
	struct list_node *n = list_pop_front(&c->resets);

	if (n)
		free(LIST_OWNER(n, struct criu_reset, node));
	return n != NULL;
}

void criu_deinit(struct criu *c)
{
	while (drop_first_reset(c))
		continue;
}

/* --- does it work ------------------------------------------------------------------------- */

bool criu_works(const struct manager *m)
{
	return m->criu.state == PRIV_CRIU_WORKS;
}

static bool is_said_not_to_work(const struct criu *c)
{
	return c->state == PRIV_CRIU_OFF || c->state == PRIV_CRIU_FAILS;
}

static void warn_broken(struct criu *c, const char *wanted_by)
{
	c->has_told = true;
	log_warn("criu.broken", F_STR("state", criu_state_name(c->state)), F_STR("why", c->text),
		F_STR("wanted_by", wanted_by), F_STR("outcome", "PHP is always started"),
		F_STR("remedy", "as lsapidctl criu check says; or lsapi_criu Off"));
}

/* Said in lsapid.conf or in a pool file. Return: where; NULL: nowhere */
static const char *find_wish(const struct config *c)
{
	if (c->defaults.criu == FREEZE_MODE_ON)
		return c->file;
	for (size_t i = 0; i < c->pool_count; i++) {
		const struct config_pool *pool = c->pools[i];

		for (size_t k = 0; k < pool->entry_count; k++) {
			if (strcmp(pool->entries[k].key, SPEC_CRIU) == 0 &&
				strcmp(pool->entries[k].value, "on") == 0)
				return pool->file;
		}
	}
	return NULL;
}

void criu_want(const struct pool *p)
{
	struct criu *c = &p->manager->criu;

	if (p->criu == FREEZE_MODE_ON && is_said_not_to_work(c) && !c->has_told)
		warn_broken(c, p->name);
}

static void wake_all(struct manager *m)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->pools.by_state[POOL_READY], n, tmp)
		care_wake(LIST_OWNER(n, struct pool, state_node));
}

bool criu_on_state(struct manager *m, const struct priv_message *msg)
{
	struct criu *c = &m->criu;
	const char *wish = find_wish(m->config);

	if ((enum priv_criu)msg->status == c->state && strcmp(msg->text, c->text) == 0)
		return true;
	c->state = (enum priv_criu)msg->status;
	(void)str_copy(c->text, sizeof(c->text), msg->text);
	c->has_told = false;
	if (is_said_not_to_work(c) && wish)
		warn_broken(c, wish);
	else
		log_info("criu.state", F_STR("state", criu_state_name(c->state)),
			F_STR("text", c->text));
	if (criu_works(m))
		wake_all(m);
	return true;
}

/* --- images ------------------------------------------------------------------------------- */

static int send_images(struct manager *m, enum priv_images what, const char *name)
{
	struct priv_message msg = {
		.type = PRIV_IMAGES,
		.id = m->criu.last_id + 1,
		.status = (int32_t)what,
	};
	struct fdpass_set fds = { .count = 1 };
	int r;

	fds.fd[0] = fd_memfd("lsapid-images", name, strlen(name));
	if (fds.fd[0] < 0)
		return fds.fd[0];
	m->criu.last_id++;
	r = supervisor_link_send(&m->link, &msg, &fds);
	fdpass_close(&fds);
	return r;
}

static void send_first_reset(struct manager *m)
{
	struct criu *c = &m->criu;
	const struct criu_reset *first;

	while (!c->reset_id && (first = first_reset(c))) {
		int r = send_images(m, PRIV_IMAGES_RESET, first->name);

		if (r == 0) {
			c->reset_id = c->last_id;
			return;
		}
		log_warn("criu.reset_failed", F_STR("pool", first->name), F_ERRNO(r));
		(void)drop_first_reset(c);
	}
}

void criu_reset_later(struct manager *m, const char *name)
{
	size_t size = strlen(name) + 1;
	struct criu_reset *r;

	if (!criu_works(m) || criu_is_resetting(m, name))
		return;
	r = calloc(1, sizeof(*r) + size);
	if (!r) {
		log_warn("criu.reset_failed", F_STR("pool", name), F_ERRNO(ENOMEM));
		return;
	}
	memcpy(r->name, name, size);
	list_push_back(&m->criu.resets, &r->node);
	send_first_reset(m);
}

bool criu_is_resetting(const struct manager *m, const char *name)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->criu.resets, n, tmp) {
		if (strcmp(LIST_OWNER(n, struct criu_reset, node)->name, name) == 0)
			return true;
	}
	return false;
}

/* @name: NULL: all */
static void forget_images(struct manager *m, const char *name)
{
	struct list_node *n, *tmp;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (p->freeze && (!name || strcmp(name, p->name) == 0)) {
				freeze_forget_image(p);
				care_wake(p);
			}
		}
	}
}

int criu_ask_images(struct manager *m, struct peer *peer, uint32_t sequence, enum priv_images what,
	const char *name)
{
	int r = send_images(m, what, name);

	if (r < 0)
		return r;
	peer_wait(peer, PEER_WAIT_IMAGES, m->criu.last_id, sequence);
	if (what != PRIV_IMAGES_LIST)
		forget_images(m, what == PRIV_IMAGES_RESET ? name : NULL);
	return 0;
}

/* --- answers ------------------------------------------------------------------------------ */

void criu_answer_freeze(const struct pool *p, int error, const char *detail)
{
	char *json = report_freeze(p, error, detail);

	peer_answer(p->manager, PEER_WAIT_FREEZE, p->id, json, error);
	free(json);
}

static void end_reset(struct manager *m, const struct priv_message *msg, const char *text)
{
	struct criu *c = &m->criu;
	const struct criu_reset *first = first_reset(c);

	if (msg->status && first)
		log_warn("criu.reset_failed", F_STR("pool", first->name), F_STR("why", text));
	c->reset_id = 0;
	(void)drop_first_reset(c);
	send_first_reset(m);
}

bool criu_on_images(struct manager *m, const struct priv_message *msg, int fd)
{
	int error = msg->status ? EIO : 0;
	char *text = NULL, *json;
	size_t size;
	int r;

	if (!msg->id || msg->id > m->criu.last_id)
		return false;
	r = fd_read_all(fd, CRIU_DOCUMENT_MAX, &text, &size);
	if (r < 0)
		error = -r;
	if (m->criu.reset_id == msg->id) {
		end_reset(m, msg, r < 0 ? err_name(r) : text);
	} else {
		json = report_images(error, r < 0 ? err_name(r) : text);
		peer_answer(m, PEER_WAIT_IMAGES, msg->id, json, error);
		free(json);
	}
	free(text);
	return true;
}
