/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/log_journal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "daemon/base/str.h"

/* journald that is behind gets so much time before an entry becomes a line of stderr. */
#define PATIENCE_US 100000
/* Less room than that for a value is none. */
#define VALUE_MIN 16U

struct buffer {
	char *out; /* borrowed: caller */
	size_t size;
	size_t used;
};

/* Keys are ours: lower case letters, digits and underscores. */
static void put_key(struct buffer *b, const char *key)
{
	for (; *key; key++)
		b->out[b->used++] = (char)toupper((unsigned char)*key);
}

static void put(struct buffer *b, const char *prefix, const char *key, const char *value)
{
	if (b->size - b->used < strlen(prefix) + strlen(key) + VALUE_MIN)
		return;
	put_key(b, prefix);
	put_key(b, key);
	b->out[b->used++] = '=';
	b->used += log_put_text(b->out + b->used, b->size - b->used - 1, value, strlen(value));
	b->out[b->used++] = '\n';
}

static void put_field(struct buffer *b, const struct log_field *f)
{
	bool is_plain = strcmp(f->key, "pool") == 0 || strcmp(f->key, "user") == 0;
	char number[LOG_NUMBER_SIZE];

	if (f->type == LOG_FIELD_STR) {
		if (f->str)
			put(b, is_plain ? "" : "lsapid_", f->key, f->str);
		return;
	}
	if (!log_put_number(f, number))
		return;
	put(b, "lsapid_", f->key, number);
	if (f->type != LOG_FIELD_ERRNO)
		return;
	/* the journal knows the number by this name */
	(void)snprintf(number, sizeof(number), "%lld", (long long)(f->i < 0 ? -f->i : f->i));
	put(b, "", "errno", number);
}

size_t log_journal_encode(char *out, size_t size, const struct log_journal_entry *e)
{
	struct buffer b = { .out = out, .size = size };
	char level[LOG_NUMBER_SIZE];

	(void)snprintf(level, sizeof(level), "%u", (unsigned)e->level);
	put(&b, "", "priority", level);
	put(&b, "", "syslog_identifier", e->ident);
	put(&b, "", "syslog_facility", "3"); /* daemon */
	if (e->id)
		put(&b, "", "message_id", e->id);
	put(&b, "lsapid_", "event", e->event);
	put(&b, "", "message", e->message);
	for (size_t i = 0; i < e->count; i++)
		put_field(&b, &e->fields[i]);
	return b.used;
}

int log_journal_open(void)
{
	const struct timeval patience = { .tv_usec = PATIENCE_US };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

bool log_journal_send(int fd, const char *path, const char *data, size_t size)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (!str_copy(to.sun_path, sizeof(to.sun_path), path))
		return false;
	return sendto(fd, data, size, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to)) ==
	       (ssize_t)size;
}
