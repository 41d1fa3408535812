/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/requests.h"

#include <stddef.h>

#include "daemon/base/log.h"
#include "daemon/supervisor/freeze.h"
#include "daemon/supervisor/images.h"
#include "daemon/supervisor/judge.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/trial.h"

static int on_ready(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)m;
	(void)fds;
	link_on_ready(s);
	return 0;
}

static int on_alive(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)fds;
	link_on_alive(s, m->text);
	return 0;
}

static int on_spawn(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	return spawn_request(s, m->id, m->flags & PRIV_SPAWN_THAW, fds);
}

static int on_signal(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)fds;
	if (priv_signal_has_pid(m->signal))
		spawn_signal_child(s, m->id, m->pid, (enum priv_signal)m->signal);
	else
		spawn_signal(s, m->id, (enum priv_signal)m->signal);
	return 0;
}

static int on_reloaded(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)fds;
	if (m->status)
		log_error("config.manager_refused", F_STR("file", s->config_path),
			F_ERRNO(m->status));
	else
		log_notice("config.reloaded", F_STR("file", s->config_path));
	notify_ready(&s->notify);
	return 0;
}

static int on_reload_request(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	struct config_problem problem;

	(void)m;
	(void)fds;
	if (supervisor_reload(s, &problem))
		link_send_reload_failed(s, &problem);
	return 0;
}

static int on_try(struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)m;
	(void)fds;
	trial_request(s);
	return 0;
}

static int on_log_level(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)s;
	(void)fds;
	log_set_level((enum log_level)m->status);
	return 0;
}

static int on_stopped(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)m;
	(void)fds;
	supervisor_on_stopped(s);
	return 0;
}

static int on_log_open(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	return logs_open_pool(s, m->id, fds->fd[0]);
}

static int on_user_file(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	return user_file_set_request(s, m->id, fds);
}

static int on_freeze(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	(void)fds;
	freeze_request(s, m->id, m->ms);
	return 0;
}

static int on_images(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	return images_request(s, m->id, (enum priv_images)m->status, fds->fd[0]);
}

static int on_judge(
	struct supervisor *s, const struct priv_message *m, const struct fdpass_set *fds)
{
	return judge_request(s, m->id, fds);
}

#define RUNNING (REQUEST_PHASE_UP | REQUEST_PHASE_STOPPING)

static const struct request table[] = {
	{ PRIV_READY, REQUEST_PHASE_STARTING, on_ready },
	{ PRIV_ALIVE, RUNNING, on_alive },
	{ PRIV_SPAWN, RUNNING, on_spawn },
	{ PRIV_SIGNAL, RUNNING, on_signal },
	{ PRIV_RELOADED, RUNNING, on_reloaded },
	{ PRIV_RELOAD_REQUEST, RUNNING, on_reload_request },
	{ PRIV_TRY, RUNNING, on_try },
	{ PRIV_LOG_LEVEL, RUNNING, on_log_level },
	{ PRIV_LOG_OPEN, RUNNING, on_log_open },
	{ PRIV_STOPPED, REQUEST_PHASE_STOPPING, on_stopped },
	{ PRIV_USER_FILE, RUNNING, on_user_file },
	{ PRIV_FREEZE, RUNNING, on_freeze },
	{ PRIV_IMAGES, RUNNING, on_images },
	{ PRIV_JUDGE, RUNNING, on_judge },
};

const struct request *requests_find(enum priv_type type, enum request_phase phase)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].type == type)
			return table[i].phases & phase ? &table[i] : NULL;
	}
	return NULL;
}

static enum request_phase phase_of(const struct supervisor *s)
{
	if (s->link.state == LINK_STARTING)
		return REQUEST_PHASE_STARTING;
	return s->phase == SUPERVISOR_RUNNING ? REQUEST_PHASE_UP : REQUEST_PHASE_STOPPING;
}

const char *requests_dispatch(
	struct supervisor *s, const uint8_t *data, size_t size, const struct fdpass_set *fds)
{
	const struct request *request;
	struct priv_message m;

	if (priv_decode(data, size, &m))
		return "a message that is not understood";
	log_debug("manager.request", F_STR("type", priv_type_name((unsigned)m.type)),
		F_UINT("id", m.id));
	request = requests_find(m.type, phase_of(s));
	if (!request)
		return "a message that is not legal now";
	if (fds->count != priv_fd_count(&m))
		return "a message with a wrong number of descriptors";
	return request->run(s, &m, fds) ? "a message with wrong contents" : NULL;
}
