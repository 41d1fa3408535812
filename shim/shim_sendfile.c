/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_sendfile.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_portable.h>
#include <http_core.h>
#include <http_request.h>

#include "shim/shim_beneath.h"

#define TEXT_SIZE 128

static int refuse(const struct shim_response *o, int status, const char *why)
{
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, o->r,
		"lsapi: X-Sendfile %s: %s; script(%s) uri(%s)", o->sendfile, why, o->r->filename,
		o->r->uri);
	return status;
}

static int refuse_errno(const struct shim_response *o, int error)
{
	char text[TEXT_SIZE];

	switch (error) {
	case EXDEV:
	case ELOOP:
		return refuse(o, HTTP_FORBIDDEN, "a link or .. leads out of its directory");
	case EACCES:
		return refuse(o, HTTP_FORBIDDEN, "the user of httpd may not read it");
	case ENOENT:
	case ENOTDIR:
		return refuse(o, HTTP_NOT_FOUND, "there is no such file");
	case ENOSYS:
		return refuse(o, HTTP_INTERNAL_SERVER_ERROR,
			"the kernel has no openat2(2), which came with 5.6");
	default:
		return refuse(
			o, HTTP_INTERNAL_SERVER_ERROR, apr_strerror(error, text, sizeof(text)));
	}
}

/* In the first of the directories that has it. Return: descriptor; negative errno */
static int open_allowed(const struct shim_response *o)
{
	const apr_array_header_t *dirs = shim_config_of_server(o->r->server)->sendfile;
	int r = -EPERM;

	for (int i = 0; dirs && i < dirs->nelts && r < 0; i++) {
		const char *dir = APR_ARRAY_IDX(dirs, i, const char *);
		const char *name = shim_beneath_find(dir, o->sendfile);

		if (name)
			r = shim_beneath_open(dir, name);
	}
	return r;
}

/* A handle of httpd's kind, which closes the file with its pool; @fd is closed in any case. */
static apr_file_t *take_fd(request_rec *r, int fd)
{
	apr_file_t *borrowed = NULL;
	apr_file_t *file = NULL;

	if (apr_os_file_put(&borrowed, &fd, APR_FOPEN_READ, r->pool) == APR_SUCCESS &&
		apr_file_dup(&file, borrowed, r->pool) != APR_SUCCESS)
		file = NULL;
	(void)close(fd);
	return file;
}

/* What PHP said of its own output is not true of the file; what it said of the file stays. */
static int describe_file(request_rec *r, apr_file_t *file, const struct stat *st)
{
	apr_finfo_t finfo;

	apr_table_unset(r->err_headers_out, "Content-Encoding");
	ap_set_content_length(r, st->st_size);
	if (!apr_table_get(r->headers_out, "Last-Modified")) {
		ap_update_mtime(r, apr_time_from_sec(st->st_mtime));
		ap_set_last_modified(r);
	}
	if (!apr_table_get(r->headers_out, "ETag") &&
		apr_file_info_get(&finfo, APR_FINFO_NORM, file) == APR_SUCCESS) {
		etag_rec facts = { .request_time = r->request_time, .finfo = &finfo, .fd = file };
		const char *etag = ap_make_etag_ex(r, &facts);

		if (etag && *etag)
			apr_table_setn(r->headers_out, "ETag", etag);
	}
	return r->status == HTTP_OK ? ap_meets_conditions(r) : OK;
}

static int send_file(struct shim_response *o, apr_file_t *file, const struct stat *st)
{
	request_rec *r = o->r;
	apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
	int status = describe_file(r, file, st);

	if (status == HTTP_NOT_MODIFIED) {
		r->status = HTTP_NOT_MODIFIED;
		return OK;
	}
	if (status != OK)
		return status;
	apr_brigade_cleanup(o->brigade);
	if (st->st_size > 0) {
		apr_bucket *e = apr_brigade_insert_file(o->brigade, file, 0, st->st_size, r->pool);

		/* its owner may cut it short while it is read: that must not be a signal */
		for (; e != APR_BRIGADE_SENTINEL(o->brigade); e = APR_BUCKET_NEXT(e))
			if (APR_BUCKET_IS_FILE(e))
				(void)apr_bucket_file_enable_mmap(e, 0);
	}
	APR_BRIGADE_INSERT_TAIL(o->brigade, apr_bucket_eos_create(alloc));
	o->has_output = true;
	apr_status_t rv = ap_pass_brigade(r->output_filters, o->brigade);

	if (rv != APR_SUCCESS)
		ap_log_rerror(APLOG_MARK, APLOG_DEBUG, rv, r,
			"lsapi: the client left before the end of %s", o->sendfile);
	return OK;
}

int shim_sendfile_answer(struct shim_response *o, uid_t uid)
{
	int fd = open_allowed(o);
	struct stat st;

	if (fd == -EPERM)
		return refuse(
			o, HTTP_FORBIDDEN, "it is not below a directory of lsapi_xsendfile_path");
	if (fd < 0)
		return refuse_errno(o, -fd);
	int error = fstat(fd, &st) < 0 ? errno : 0;
	apr_file_t *file = take_fd(o->r, fd);

	if (error != 0 || !file)
		return refuse(o, HTTP_INTERNAL_SERVER_ERROR, "it can not be taken for sending");
	if (!S_ISREG(st.st_mode))
		return refuse(o, HTTP_FORBIDDEN, "it is no regular file");
	if (st.st_uid != uid && (st.st_uid != 0 || !(st.st_mode & S_IROTH)))
		return refuse(o, HTTP_FORBIDDEN,
			"it belongs neither to the user who runs PHP nor to root for all to read");
	return send_file(o, file, &st);
}
