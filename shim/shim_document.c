/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All of @size bytes, or false. */
static bool read_whole(int fd, char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, data + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

bool shim_document_read(int fd, struct shim_document *ret_document)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
		st.st_size > SHIM_DOCUMENT_MAX)
		return false;
	char *text = malloc((size_t)st.st_size);

	if (!text || !read_whole(fd, text, (size_t)st.st_size)) {
		free(text);
		return false;
	}
	*ret_document = (struct shim_document){ .text = text, .size = (size_t)st.st_size };
	return true;
}

bool shim_document_fetch(struct shim_process *p, struct shim_document *ret_document,
	struct shim_lease_failure *reterr_failure)
{
	struct shim_call call = { .type = CONTROL_STATUS, .client_fd = -1 };
	struct shim_lease_failure f = { .session_error = 0 };

	f.session_error = shim_session_call(p->session, &call, &f.reply);
	/* of a manager that has been started anew: it answers on another connection */
	if (f.session_error == SHIM_SESSION_E_LOST)
		f.session_error = shim_session_call(p->session, &call, &f.reply);
	f.error = call.error;
	if (f.session_error == 0 && f.reply.type == CONTROL_DOCUMENT) {
		bool is_read = shim_document_read(f.reply.fd, ret_document);

		(void)close(f.reply.fd);
		if (is_read)
			return true;
		f.session_error = SHIM_SESSION_E_TOO_LARGE;
	}
	*reterr_failure = f;
	return false;
}

void shim_document_free(struct shim_document *d)
{
	free(d->text);
	d->text = NULL;
}

json_t *shim_document_parse(const char *at, size_t size)
{
	json_error_t error;

	return json_loadb(at, size, 0, &error);
}

/** The text that is left. */
struct rest {
	const char *at;
	const char *end;
};

static void skip_space(struct rest *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

static bool take_mark(struct rest *r, char mark)
{
	skip_space(r);
	if (r->at == r->end || *r->at != mark)
		return false;
	r->at++;
	return true;
}

static json_t *take_value(struct rest *r)
{
	json_error_t error;

	skip_space(r);
	json_t *value = json_loadb(
		r->at, (size_t)(r->end - r->at), JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);

	/* what was taken of it stands where otherwise the place of an error does */
	if (value)
		r->at += error.position;
	return value;
}

static bool take_pools(struct rest *r, shim_document_pool_fn take, void *context)
{
	if (!take_mark(r, '['))
		return false;
	if (take_mark(r, ']'))
		return true;
	do {
		skip_space(r);
		const char *at = r->at;
		json_t *pool = take_value(r);
		bool is_pool = json_is_object(pool);

		if (is_pool)
			take(context, pool, at, (size_t)(r->at - at));
		json_decref(pool);
		if (!is_pool)
			return false;
	} while (take_mark(r, ','));
	return take_mark(r, ']');
}

static bool take_member(struct rest *r, json_t *all, shim_document_pool_fn take, void *context)
{
	json_t *key = take_value(r);
	bool is_done = json_is_string(key) && take_mark(r, ':');

	if (is_done && strcmp(json_string_value(key), "pools") == 0)
		is_done = take_pools(r, take, context);
	else if (is_done)
		is_done = json_object_set_new(all, json_string_value(key), take_value(r)) == 0;
	json_decref(key);
	return is_done;
}

json_t *shim_document_walk(const char *text, size_t size, shim_document_pool_fn take, void *context)
{
	struct rest r = { .at = text, .end = text + size };
	json_t *all = json_object();
	bool is_good = all && take_mark(&r, '{');

	if (is_good && !take_mark(&r, '}')) {
		do
			is_good = take_member(&r, all, take, context);
		while (is_good && take_mark(&r, ','));
		is_good = is_good && take_mark(&r, '}');
	}
	skip_space(&r);
	if (is_good && r.at == r.end)
		return all;
	json_decref(all);
	return NULL;
}
