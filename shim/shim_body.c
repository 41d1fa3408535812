/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The request body. One with a length is streamed: its first bytes are read before a backend is
 * bound to the request, and kept, so that a second try is possible; the rest passes through. One
 * without a length, or whose length a filter may change, is spooled first.
 */

#include "shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

/** Kept at the least, and of a chunked body kept in memory before a file is made. */
#define KEEP_LEAST   16384U
#define SPOOL_MEMORY SHIM_BUFFER_SIZE

static int client_failed(const struct shim_body *b, apr_status_t rv)
{
	if (rv == AP_FILTER_ERROR)
		return AP_FILTER_ERROR;
	/* nobody knows where the next request begins; httpd is not to look for it */
	b->r->connection->keepalive = AP_CONN_CLOSE;
	if (b->is_spooled)
		ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, b->r,
			"lsapi: request body could not be read, totBytesRead (%" APR_UINT64_T_FMT
			")",
			b->taken);
	else
		ap_log_rerror(APLOG_MARK, APLOG_ERR, rv, b->r,
			"lsapi: the client sent less than it announced: "
			"totBytesRead (%" APR_UINT64_T_FMT ") != bodyLen (%" APR_UINT64_T_FMT ")",
			b->taken, b->size);
	return rv == APR_SUCCESS ? HTTP_BAD_REQUEST
				 : ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
}

/* The first bucket with data, or the end of stream; what is before it means nothing here. */
static apr_bucket *first_bucket(struct shim_body *b)
{
	while (!APR_BRIGADE_EMPTY(b->brigade)) {
		apr_bucket *e = APR_BRIGADE_FIRST(b->brigade);

		if (APR_BUCKET_IS_EOS(e) || (!APR_BUCKET_IS_METADATA(e) && e->length != 0))
			return e;
		apr_bucket_delete(e);
	}
	return NULL;
}

/*
 * Asks the client when there is no bucket.
 * Return: OK and the bucket, NULL at the end; an HTTP status, logged.
 */
static int next_bucket(struct shim_body *b, apr_bucket **ret_bucket)
{
	apr_bucket *e = NULL;

	while (!(e = first_bucket(b))) {
		apr_status_t rv = ap_get_brigade(b->r->input_filters, b->brigade, AP_MODE_READBYTES,
			APR_BLOCK_READ, SHIM_BUFFER_SIZE);

		if (rv == APR_SUCCESS && APR_BRIGADE_EMPTY(b->brigade))
			rv = APR_EOF;
		if (rv != APR_SUCCESS)
			return client_failed(b, rv);
	}
	*ret_bucket = APR_BUCKET_IS_EOS(e) ? NULL : e;
	return OK;
}

/* Return: OK and bytes, none at the end of the body; an HTTP status, logged. */
static int next_bytes(struct shim_body *b, struct wire_bytes *ret_bytes)
{
	apr_bucket *e = NULL;
	const char *data = NULL;
	apr_size_t size = 0;

	do {
		int status = next_bucket(b, &e);

		if (status != OK)
			return status;
		if (!e) {
			*ret_bytes = (struct wire_bytes){ NULL, 0 };
			return OK;
		}
		apr_status_t rv = apr_bucket_read(e, &data, &size, APR_BLOCK_READ);

		if (rv != APR_SUCCESS)
			return client_failed(b, rv);
	} while (size == 0);
	*ret_bytes = (struct wire_bytes){ (const uint8_t *)data, size };
	return OK;
}

/* Also over the bounds of buckets. */
static void drop_bytes(struct shim_body *b, size_t size)
{
	b->taken += size;
	while (size > 0) {
		apr_bucket *e = APR_BRIGADE_FIRST(b->brigade);

		if (!APR_BUCKET_IS_METADATA(e) && size < e->length)
			apr_bucket_split(e, size);
		if (!APR_BUCKET_IS_METADATA(e))
			size -= e->length;
		apr_bucket_delete(e);
	}
}

/* --- spooling ------------------------------------------------------------------------------ */

static apr_status_t close_spool(void *data)
{
	struct shim_body *b = data;

	if (b->spool_fd >= 0)
		(void)close(b->spool_fd);
	b->spool_fd = -1;
	return APR_SUCCESS;
}

static int spool_failed(const struct shim_body *b, const char *what, const char *dir)
{
	ap_log_rerror(APLOG_MARK, APLOG_ERR, errno, b->r,
		"lsapi: can not %s the request body in lsapi_tmpdir %s", what, dir);
	return HTTP_INTERNAL_SERVER_ERROR;
}

static int open_spool(struct shim_body *b, const char *dir)
{
	b->spool_fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* a file system without O_TMPFILE */
	if (b->spool_fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		char *name = apr_pstrcat(b->r->pool, dir, "/lsapi-XXXXXX", NULL);

		b->spool_fd = mkostemp(name, O_CLOEXEC);
		if (b->spool_fd >= 0)
			(void)unlink(name);
	}
	if (b->spool_fd < 0)
		return spool_failed(b, "create a file for", dir);
	apr_pool_cleanup_register(b->r->pool, b, close_spool, apr_pool_cleanup_null);
	b->piece = apr_palloc(b->r->pool, SHIM_BUFFER_SIZE);
	return OK;
}

static int write_spool(const struct shim_body *b, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(b->spool_fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int spool_bytes(struct shim_body *b, struct wire_bytes bytes, const char *dir)
{
	if (b->spool_fd < 0 && b->kept_size + bytes.size <= SPOOL_MEMORY) {
		memcpy(b->kept + b->kept_size, bytes.data, bytes.size);
		b->kept_size += bytes.size;
		return OK;
	}
	if (b->spool_fd < 0) {
		int status = open_spool(b, dir);

		if (status != OK)
			return status;
		if (write_spool(b, b->kept, b->kept_size) < 0)
			return spool_failed(b, "write", dir);
		b->kept_size = 0;
	}
	return write_spool(b, bytes.data, bytes.size) < 0 ? spool_failed(b, "write", dir) : OK;
}

static int spool(struct shim_body *b, const struct shim_config *config)
{
	const char *dir = config->word[SHIM_WORD_TMPDIR] ? config->word[SHIM_WORD_TMPDIR] : "/tmp";
	struct wire_bytes bytes = { NULL, 0 };

	b->kept = apr_palloc(b->r->pool, SPOOL_MEMORY);
	b->is_resendable = true;
	for (;;) {
		int status = next_bytes(b, &bytes);

		if (status == OK && bytes.size > 0)
			status = spool_bytes(b, bytes, dir);
		if (status != OK)
			return status;
		if (bytes.size == 0)
			break;
		drop_bytes(b, bytes.size);
	}
	b->size = b->taken;
	return OK;
}

/* --- streaming ----------------------------------------------------------------------------- */

static int read_first(struct shim_body *b, const struct shim_config *config)
{
	size_t resend = (size_t)shim_config_get(config, SHIM_MAX_RESEND_KIB) * 1024;
	size_t most = resend > KEEP_LEAST ? resend : KEEP_LEAST;
	struct wire_bytes bytes = { NULL, 0 };

	if (most > b->size)
		most = (size_t)b->size;
	b->is_resendable = resend > 0;
	b->kept = apr_palloc(b->r->pool, most);
	while (b->kept_size < most) {
		int status = next_bytes(b, &bytes);

		if (status != OK)
			return status;
		if (bytes.size == 0)
			return client_failed(b, APR_SUCCESS);
		if (bytes.size > most - b->kept_size)
			bytes.size = most - b->kept_size;
		memcpy(b->kept + b->kept_size, bytes.data, bytes.size);
		b->kept_size += bytes.size;
		drop_bytes(b, bytes.size);
	}
	return OK;
}

int shim_body_open(struct shim_body *b, request_rec *r)
{
	const struct shim_config *config = shim_config_of_server(r->server);

	*b = (struct shim_body){ .r = r, .spool_fd = -1 };
	/*
	 * An ErrorDocument is a GET whose headers still tell of the body of the first request:
	 * that has been read, or is of no use.
	 */
	if (r->prev && r->method_number == M_GET)
		return ap_discard_request_body(r);
	int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);

	if (status != OK)
		return status;
	b->size = r->remaining > 0 ? (uint64_t)r->remaining : 0;
	if (!r->read_chunked && b->size == 0)
		return OK;
	b->brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
	/* filters of the request, mod_deflate for one, may change the length */
	b->is_spooled = r->read_chunked || r->input_filters != r->proto_input_filters;
	if (b->is_spooled)
		return spool(b, config);
	return read_first(b, config);
}

bool shim_body_is_sent(const struct shim_body *b)
{
	return b->sent >= b->size;
}

static bool has_come(struct shim_body *b)
{
	if (!b->more)
		b->more = apr_brigade_create(b->r->pool, b->r->connection->bucket_alloc);
	return ap_get_brigade(b->r->input_filters, b->more, AP_MODE_READBYTES, APR_NONBLOCK_READ,
		       APR_BUCKET_BUFF_SIZE) == APR_SUCCESS;
}

static void move_first(apr_bucket_brigade *from, apr_bucket_brigade *to)
{
	apr_bucket *e = APR_BRIGADE_FIRST(from);

	APR_BUCKET_REMOVE(e);
	APR_BRIGADE_INSERT_TAIL(to, e);
}

/* Return: bytes that came without waiting; what is wrong with it is found when it is waited for. */
static size_t take_more(struct shim_body *b)
{
	apr_off_t size = 0;

	if (!has_come(b) || apr_brigade_length(b->more, 0, &size) != APR_SUCCESS || size < 0)
		size = 0;
	while (!APR_BRIGADE_EMPTY(b->more))
		move_first(b->more, b->brigade);
	return (size_t)size;
}

/*
 * A client that sends faster than we do: what has come by now goes in one send, which wakes lsphp
 * once. httpd reads APR_BUCKET_BUFF_SIZE at a time; with less than that there is no more.
 */
static void gather(struct shim_body *b, size_t first)
{
	size_t have = first, last = first;

	while (last >= APR_BUCKET_BUFF_SIZE && have + last <= SHIM_BUFFER_SIZE &&
		b->taken + have < b->size) {
		last = take_more(b);
		have += last;
	}
}

/* Those that are there, as far as there is room for them. */
static size_t view(const struct shim_body *b, struct iovec *part)
{
	uint64_t left = b->size - b->sent;
	size_t count = 0;

	for (apr_bucket *e = APR_BRIGADE_FIRST(b->brigade);
		e != APR_BRIGADE_SENTINEL(b->brigade) && count < SHIM_BODY_PARTS && left > 0;
		e = APR_BUCKET_NEXT(e)) {
		const char *data = NULL;
		apr_size_t size = 0;

		if (APR_BUCKET_IS_METADATA(e))
			continue;
		if (apr_bucket_read(e, &data, &size, APR_NONBLOCK_READ) != APR_SUCCESS)
			break;
		if (size > left)
			size = (apr_size_t)left;
		/* sendmsg(2) only reads it */
		part[count++] = (struct iovec){ (void *)data, size };
		left -= size;
	}
	return count;
}

static int stream_some(struct shim_body *b, struct iovec *part, size_t *ret_count)
{
	/* what lsphp has not taken yet is enough: it is the slower one */
	bool has_waited = !first_bucket(b);
	struct wire_bytes bytes = { NULL, 0 };
	int status = next_bytes(b, &bytes);

	if (status == OK && bytes.size == 0)
		status = client_failed(b, APR_SUCCESS);
	if (status != OK)
		return status;
	if (has_waited)
		gather(b, bytes.size);
	*ret_count = view(b, part);
	return OK;
}

static int read_piece(const struct shim_body *b, struct iovec *ret_part)
{
	ssize_t n = pread(b->spool_fd, b->piece, SHIM_BUFFER_SIZE, (off_t)b->sent);

	if (n <= 0) {
		ap_log_rerror(APLOG_MARK, APLOG_ERR, n < 0 ? errno : 0, b->r,
			"lsapi: can not read the spooled request body again");
		return HTTP_INTERNAL_SERVER_ERROR;
	}
	*ret_part = (struct iovec){ b->piece, (size_t)n };
	return OK;
}

int shim_body_get(struct shim_body *b, struct iovec *part, size_t *ret_count)
{
	*ret_count = 1;
	if (b->sent < b->kept_size) {
		*part = (struct iovec){ b->kept + b->sent, b->kept_size - (size_t)b->sent };
		return OK;
	}
	return b->spool_fd >= 0 ? read_piece(b, part) : stream_some(b, part, ret_count);
}

void shim_body_advance(struct shim_body *b, size_t size)
{
	if (b->sent >= b->kept_size && b->spool_fd < 0)
		drop_bytes(b, size);
	b->sent += size;
}

bool shim_body_can_rewind(const struct shim_body *b)
{
	if (b->sent == 0)
		return true;
	return b->is_resendable && (b->spool_fd >= 0 || b->taken == b->kept_size);
}

void shim_body_rewind(struct shim_body *b)
{
	b->sent = 0;
}
