/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/priv.h"

#include <string.h>
#include <syslog.h>

/* Fields of a message, to say which a type has. */
enum {
	HAS_ID = 1,
	HAS_PID = 2,
	HAS_STATUS = 4,
	HAS_FAILURE = 8, /* error, reason, step, text */
	HAS_SIGNAL = 16,
	HAS_FLAGS = 32,
	HAS_KEY = 64,
	HAS_ERROR = 128,   /* without the rest of a failure */
	HAS_TEXT = 256,    /* the same */
	HAS_FIGURES = 512, /* ms, bytes */
};

struct priv_row {
	const char *name;
	unsigned fields;
	unsigned fd_count; /* without those that depend on what the message says */
	uint32_t flags;    /* those that it may have */
};

static const struct priv_row rows[] = {
	[PRIV_SETUP] = { "SETUP", HAS_FLAGS | HAS_KEY, 2,
		PRIV_SETUP_PRIVILEGED | PRIV_SETUP_ADMIN | PRIV_SETUP_METRICS | PRIV_LOG_SYSLOG |
			PRIV_LOG_FILE },
	[PRIV_READY] = { "READY", 0, 0, 0 },
	[PRIV_SPAWN] = { "SPAWN", HAS_ID | HAS_FLAGS, 3, PRIV_SPAWN_THAW },
	[PRIV_SPAWNED] = { "SPAWNED", HAS_ID | HAS_PID | HAS_FLAGS | HAS_TEXT | HAS_FIGURES, 0,
		PRIV_SPAWN_THAW },
	[PRIV_SPAWN_FAILED] = { "SPAWN_FAILED", HAS_ID | HAS_FAILURE, 0, 0 },
	[PRIV_SIGNAL] = { "SIGNAL", HAS_ID | HAS_SIGNAL, 0, 0 },
	[PRIV_EXITED] = { "EXITED", HAS_ID | HAS_PID | HAS_STATUS, 0, 0 },
	[PRIV_RELOAD] = { "RELOAD", 0, 1, 0 },
	[PRIV_RELOADED] = { "RELOADED", HAS_STATUS, 0, 0 },
	[PRIV_RELOAD_FAILED] = { "RELOAD_FAILED", 0, 1, 0 },
	[PRIV_RELOAD_REQUEST] = { "RELOAD_REQUEST", 0, 0, 0 },
	[PRIV_STOP] = { "STOP", HAS_STATUS, 0, 0 },
	[PRIV_STOPPED] = { "STOPPED", 0, 0, 0 },
	[PRIV_LOG_OPEN] = { "LOG_OPEN", HAS_ID, 1, 0 },
	[PRIV_LOG_FD] = { "LOG_FD", HAS_ID | HAS_ERROR, 0, 0 },
	[PRIV_LOG_ROTATE] = { "LOG_ROTATE", HAS_FLAGS, 0, PRIV_LOG_SYSLOG | PRIV_LOG_FILE },
	[PRIV_USER_FILE] = { "USER_FILE", HAS_ID, 1, 0 },
	[PRIV_USER_FILE_DATA] = { "USER_FILE_DATA", HAS_ID | HAS_STATUS, 1, 0 },
	[PRIV_CRIU] = { "CRIU", HAS_STATUS | HAS_TEXT, 0, 0 },
	[PRIV_FREEZE] = { "FREEZE", HAS_ID | HAS_FIGURES, 0, 0 },
	[PRIV_FROZEN] = { "FROZEN", HAS_ID | HAS_STATUS | HAS_TEXT | HAS_FIGURES, 0, 0 },
	[PRIV_IMAGES] = { "IMAGES", HAS_ID | HAS_STATUS, 1, 0 },
	[PRIV_IMAGES_DATA] = { "IMAGES_DATA", HAS_ID | HAS_STATUS, 1, 0 },
	[PRIV_JUDGE] = { "JUDGE", HAS_ID, 1, 0 },
	[PRIV_JUDGED] = { "JUDGED", HAS_ID | HAS_FAILURE, 0, 0 },
	[PRIV_PING] = { "PING", 0, 0, 0 },
	[PRIV_ALIVE] = { "ALIVE", HAS_TEXT, 0, 0 },
	[PRIV_TRY] = { "TRY", 0, 0, 0 },
	[PRIV_TRIED] = { "TRIED", HAS_STATUS, 2, 0 },
	[PRIV_LOG_LEVEL] = { "LOG_LEVEL", HAS_STATUS, 0, 0 },
	[PRIV_DUMPED] = { "DUMPED", HAS_ID | HAS_PID, 1, 0 },
};

static const char *const step_names[] = {
	[PRIV_STEP_NONE] = "none",
	[PRIV_STEP_POLICY] = "policy",
	[PRIV_STEP_BINARY] = "binary",
	[PRIV_STEP_INI] = "ini",
	[PRIV_STEP_FORK] = "fork",
	[PRIV_STEP_SETSID] = "setsid",
	[PRIV_STEP_FDS] = "fds",
	[PRIV_STEP_LIMITS] = "limits",
	[PRIV_STEP_PRIORITY] = "priority",
	[PRIV_STEP_GROUPS] = "groups",
	[PRIV_STEP_GID] = "gid",
	[PRIV_STEP_UID] = "uid",
	[PRIV_STEP_PROOF] = "proof",
	[PRIV_STEP_CHDIR] = "chdir",
	[PRIV_STEP_EXEC] = "exec",
};

_Static_assert(sizeof(step_names) / sizeof(step_names[0]) == PRIV_STEP_COUNT, "one per step");

/* Largest errno that the kernel returns: MAX_ERRNO of linux/err.h. */
#define PRIV_MAX_ERRNO 4095

static const struct priv_row *priv_find_row(unsigned type)
{
	if (type >= sizeof(rows) / sizeof(rows[0]) || !rows[type].name)
		return NULL;
	return &rows[type];
}

/* A SIGNAL names a pid if it is for a child, and only then. */
static bool has_pid(const struct priv_message *m, unsigned fields)
{
	if (m->type == PRIV_SIGNAL)
		return priv_signal_has_pid(m->signal);
	return fields & HAS_PID;
}

/* Only what the type has: what lies in the other fields of @m stays here. */
static struct priv_message priv_reduce(const struct priv_message *m, unsigned fields)
{
	struct priv_message out = { .type = m->type };

	if (fields & HAS_ID)
		out.id = m->id;
	if (has_pid(m, fields))
		out.pid = m->pid;
	if (fields & HAS_STATUS)
		out.status = m->status;
	if (fields & HAS_SIGNAL)
		out.signal = m->signal;
	if (fields & HAS_FLAGS)
		out.flags = m->flags;
	if (fields & HAS_KEY)
		memcpy(out.key, m->key, sizeof(out.key));
	if (fields & HAS_ERROR)
		out.error = m->error;
	if (fields & HAS_FAILURE) {
		out.error = m->error;
		out.reason = m->reason;
		out.step = m->step;
	}
	/* the last byte stays NUL, and so does all that follows the text */
	if (fields & (HAS_FAILURE | HAS_TEXT))
		memcpy(out.text, m->text, strnlen(m->text, sizeof(m->text) - 1));
	if (fields & HAS_FIGURES) {
		out.ms = m->ms;
		out.bytes = m->bytes;
	}
	return out;
}

void priv_encode(uint8_t out[PRIV_MESSAGE_SIZE], const struct priv_message *m)
{
	const struct priv_row *row = priv_find_row((unsigned)m->type);
	struct priv_message clean = priv_reduce(m, row ? row->fields : 0);
	struct wire_writer w;

	wire_writer_init(&w, out, PRIV_MESSAGE_SIZE);
	wire_put_u32(&w, (uint32_t)clean.type);
	wire_put_u32(&w, clean.flags);
	wire_put_u64(&w, clean.id);
	wire_put_u32(&w, (uint32_t)clean.pid);
	wire_put_u32(&w, (uint32_t)clean.status);
	wire_put_u32(&w, (uint32_t)clean.error);
	wire_put_u32(&w, clean.reason);
	wire_put_u32(&w, clean.step);
	wire_put_u32(&w, clean.signal);
	wire_put_bytes(&w, clean.key, sizeof(clean.key));
	wire_put_bytes(&w, clean.text, sizeof(clean.text));
	wire_put_u32(&w, clean.ms);
	wire_put_u64(&w, clean.bytes);
	wire_put_zeros(&w, PRIV_MESSAGE_SIZE - w.used);
}

static bool is_zero(const void *data, size_t size)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++) {
		if (p[i])
			return false;
	}
	return true;
}

static bool is_text_valid(const struct priv_message *m)
{
	size_t size = strnlen(m->text, sizeof(m->text));

	return size < sizeof(m->text) && is_zero(m->text + size, sizeof(m->text) - size);
}

/* ALIVE becomes a line of sd_notify(3): no further line may be in it. */
static bool is_line_valid(const struct priv_message *m)
{
	for (const char *c = m->text; *c; c++) {
		if (*c < ' ' || *c > '~')
			return false;
	}
	return true;
}

static bool is_failure_valid(const struct priv_message *m)
{
	bool has_reason = m->reason != REASON_NONE;

	if (!has_reason && (m->type != PRIV_JUDGED || m->error || m->step || m->text[0]))
		return false;
	return m->error >= 0 && m->error <= PRIV_MAX_ERRNO && m->reason < REASON_COUNT &&
	       m->step < PRIV_STEP_COUNT && is_text_valid(m);
}

/* Of a type whose status is an enum. */
static const int32_t status_counts[] = {
	[PRIV_USER_FILE_DATA] = PRIV_USER_FILE_COUNT,
	[PRIV_CRIU] = PRIV_CRIU_COUNT,
	[PRIV_FROZEN] = PRIV_FROZEN_COUNT,
	[PRIV_IMAGES] = PRIV_IMAGES_COUNT,
	[PRIV_IMAGES_DATA] = 2,
	[PRIV_TRIED] = 2,
};

static bool is_status_valid(const struct priv_message *m)
{
	if (m->type == PRIV_RELOADED)
		return m->status >= 0 && m->status <= PRIV_MAX_ERRNO;
	if (m->type == PRIV_STOP)
		return m->status >= 0;
	if (m->type == PRIV_LOG_LEVEL)
		return m->status >= LOG_ERR && m->status <= LOG_DEBUG;
	if (m->type == PRIV_EXITED)
		return true;
	return m->status >= 0 && m->status < status_counts[m->type];
}

static bool are_flags_valid(const struct priv_message *m, const struct priv_row *row)
{
	static const uint32_t targets = PRIV_LOG_SYSLOG | PRIV_LOG_FILE;

	return !(m->flags & ~row->flags) && (m->flags & targets) != targets;
}

static bool is_signal_valid(const struct priv_message *m, unsigned fields)
{
	if (!(fields & HAS_SIGNAL))
		return m->signal == 0;
	return m->signal >= PRIV_SIGNAL_RETIRE && m->signal < PRIV_SIGNAL_COUNT;
}

/* Every field in its range, and those that the type has not are 0. */
static bool is_message_valid(const struct priv_message *m, const struct priv_row *row)
{
	unsigned fields = row->fields;

	if (!(fields & HAS_ID) && m->id)
		return false;
	if (has_pid(m, fields) ? m->pid <= 0 : m->pid != 0)
		return false;
	if (fields & HAS_STATUS ? !is_status_valid(m) : m->status != 0)
		return false;
	if (!is_signal_valid(m, fields))
		return false;
	if (!(fields & HAS_FIGURES) && (m->ms || m->bytes))
		return false;
	if (!are_flags_valid(m, row) || (!(fields & HAS_KEY) && !is_zero(m->key, sizeof(m->key))))
		return false;
	if (fields & HAS_FAILURE)
		return is_failure_valid(m);
	if (fields & HAS_ERROR ? m->error < 0 || m->error > PRIV_MAX_ERRNO : m->error != 0)
		return false;
	if (m->reason || m->step)
		return false;
	if (!(fields & HAS_TEXT))
		return is_zero(m->text, sizeof(m->text));
	return is_text_valid(m) && (m->type != PRIV_ALIVE || is_line_valid(m));
}

int priv_decode(const uint8_t *data, size_t size, struct priv_message *ret)
{
	struct priv_message m;
	const struct priv_row *row;
	struct wire_reader r;
	uint32_t type;
	size_t rest;

	if (size != PRIV_MESSAGE_SIZE)
		return PRIV_E_SIZE;
	wire_reader_init(&r, data, size);
	type = wire_get_u32(&r);
	row = priv_find_row(type);
	if (!row)
		return PRIV_E_TYPE;
	m.type = (enum priv_type)type;
	m.flags = wire_get_u32(&r);
	m.id = wire_get_u64(&r);
	m.pid = (int32_t)wire_get_u32(&r);
	m.status = (int32_t)wire_get_u32(&r);
	m.error = (int32_t)wire_get_u32(&r);
	m.reason = wire_get_u32(&r);
	m.step = wire_get_u32(&r);
	m.signal = wire_get_u32(&r);
	/* the size was checked, so there are all of them */
	memcpy(m.key, wire_get_bytes(&r, sizeof(m.key)), sizeof(m.key));
	memcpy(m.text, wire_get_bytes(&r, sizeof(m.text)), sizeof(m.text));
	m.ms = wire_get_u32(&r);
	m.bytes = wire_get_u64(&r);
	rest = wire_reader_left(&r);
	if (!is_zero(wire_get_bytes(&r, rest), rest) || !is_message_valid(&m, row))
		return PRIV_E_VALUE;
	*ret = m;
	return 0;
}

const char *priv_type_name(unsigned type)
{
	const struct priv_row *row = priv_find_row(type);

	return row ? row->name : "?";
}

const char *priv_step_name(unsigned step)
{
	return step < PRIV_STEP_COUNT ? step_names[step] : "?";
}

size_t priv_fd_count(const struct priv_message *m)
{
	const struct priv_row *row = priv_find_row((unsigned)m->type);
	size_t count = row ? row->fd_count : 0;

	if (m->flags & PRIV_LOG_FILE)
		count++;
	if (m->flags & PRIV_SETUP_ADMIN)
		count++;
	if (m->flags & PRIV_SETUP_METRICS)
		count++;
	if (m->type == PRIV_LOG_FD && m->error == 0)
		count++;
	return count;
}
