/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/fake_criu.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"

#define FAKE_MS    123U
#define FAKE_BYTES 8388608U

void fake_criu_spawned(
	struct fake_supervisor *s, const struct priv_message *spawn, struct priv_message *spawned)
{
	if (s->thaws && spawn->flags & PRIV_SPAWN_THAW)
		spawned->flags = PRIV_SPAWN_THAW;
	if (s->spawned_text)
		(void)str_copy(spawned->text, sizeof(spawned->text), s->spawned_text);
}

void fake_criu_on_freeze(struct fake_supervisor *s, const struct priv_message *m)
{
	s->freeze_id = m->id;
	s->freeze_ms = m->ms;
	s->freezes++;
	if (s->frozen >= 0)
		fake_supervisor_answer_freeze(s, (enum priv_frozen)s->frozen, s->frozen_text);
}

bool fake_criu_on_images(struct fake_supervisor *s, const struct priv_message *m, int fd)
{
	struct priv_message reply = { .type = PRIV_IMAGES_DATA, .id = m->id };
	const char *text = s->images_answer;
	struct fdpass_set fds = { .count = 1 };
	char *name = NULL;
	size_t size = 0;
	bool is_name = fd_read_all(fd, sizeof(s->images_name), &name, &size) == 0 &&
		       str_copy(s->images_name, sizeof(s->images_name), name);

	free(name);
	s->images_what = (uint32_t)m->status;
	s->images++;
	if (!text)
		return is_name;
	reply.status = text[0] == '!';
	text += text[0] == '!';
	fds.fd[0] = fd_memfd("images", text, strlen(text));
	fake_supervisor_send(s, &reply, &fds);
	return is_name;
}

void fake_supervisor_say_criu(struct fake_supervisor *s, enum priv_criu state, const char *text)
{
	struct priv_message m = { .type = PRIV_CRIU, .status = (int32_t)state };

	(void)str_copy(m.text, sizeof(m.text), text);
	fake_supervisor_send(s, &m, NULL);
}

void fake_supervisor_answer_freeze(
	struct fake_supervisor *s, enum priv_frozen status, const char *text)
{
	struct priv_message m = {
		.type = PRIV_FROZEN, .id = s->freeze_id, .status = (int32_t)status
	};

	if (status == PRIV_FROZEN_DONE) {
		m.ms = FAKE_MS;
		m.bytes = FAKE_BYTES;
	}
	if (text)
		(void)str_copy(m.text, sizeof(m.text), text);
	fake_supervisor_send(s, &m, NULL);
}
