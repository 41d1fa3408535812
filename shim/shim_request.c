/* SPDX-License-Identifier: Apache-2.0 */

/* From request_rec to the LSAPI packet: ini overrides, CGI environment, request headers. */

#include "shim/shim.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <util_script.h>

#include "shim/shim_line.h"

#define HTTP_PREFIX      "HTTP_"
#define HTTP_PREFIX_SIZE (sizeof(HTTP_PREFIX) - 1)

/** What the loops over httpd's tables carry. */
struct request_pass {
	request_rec *r;
	const struct shim_body *body;
	struct lsapi_request_encoder *e;
};

/* The administrator's first: that of a .htaccess completes it. */
static void put_ini_files(struct lsapi_request_encoder *e, const request_rec *r)
{
	const struct shim_config *config = shim_config_of_request(r);

	if (!shim_config_get(config, SHIM_PROCESS_PHPINI))
		return;
	if (config->word[SHIM_WORD_PHPINI])
		lsapi_request_encode_ini(e, LSAPI_INI_SERVER_FILE, LSAPI_INI_FILE_NAME,
			config->word[SHIM_WORD_PHPINI]);
	if (config->user_phpini)
		lsapi_request_encode_ini(
			e, LSAPI_INI_FILE, LSAPI_INI_FILE_NAME, config->user_phpini);
}

static void put_ini(struct lsapi_request_encoder *e, const request_rec *r)
{
	const struct shim_config *config = shim_config_of_request(r);

	if (!config->ini || !shim_config_get(config, SHIM_MOD_PHP_BEHAVIOUR))
		return;
	for (int i = 0; i < config->ini->nelts; i++) {
		const struct shim_ini *ini = &APR_ARRAY_IDX(config->ini, i, struct shim_ini);

		lsapi_request_encode_ini(e, ini->ini_class, ini->name, ini->value);
	}
}

/*
 * httpd's own idea of the CGI environment, without the HTTP_* it makes of the headers: PHP makes
 * them of the header block. So the headers are out of its sight meanwhile.
 */
static void collect_env(request_rec *r)
{
	apr_table_t *headers = r->headers_in;

	r->headers_in = apr_table_make(r->pool, 1);
	ap_add_common_vars(r);
	r->headers_in = headers;
	ap_add_cgi_vars(r);
	if (strcmp(ap_http_scheme(r), "https") == 0 && !apr_table_get(r->subprocess_env, "HTTPS"))
		apr_table_setn(r->subprocess_env, "HTTPS", "on");
}

static int add_param(void *env, const char *name, const char *value)
{
	apr_table_setn(env, name, value);
	return 1;
}

/* lsapi_param, before httpd's own variables, which are stronger. */
static void add_params(request_rec *r)
{
	const struct shim_config *config = shim_config_of_request(r);

	if (config->param)
		apr_table_do(add_param, r->subprocess_env, config->param, NULL);
}

/* X-Foo and x-foo name the same variable */
static char cgi_char(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

static bool is_cgi_name_of(const char *variable, const char *header)
{
	for (; *variable && *header; variable++, header++)
		if (*variable != cgi_char(*header))
			return false;
	return *variable == *header;
}

static bool has_header_for(const request_rec *r, const char *variable)
{
	const apr_array_header_t *headers = apr_table_elts(r->headers_in);

	for (int i = 0; i < headers->nelts; i++) {
		const apr_table_entry_t *header = &APR_ARRAY_IDX(headers, i, apr_table_entry_t);

		if (shim_line_is_header_name(header->key) &&
			is_cgi_name_of(variable + HTTP_PREFIX_SIZE, header->key))
			return true;
	}
	return false;
}

static bool is_env_dropped(const request_rec *r, const char *name)
{
	/* httpd's own PATH; PHP has one from its pool */
	if (strcmp(name, "PATH") == 0)
		return true;
	if (strncmp(name, HTTP_PREFIX, HTTP_PREFIX_SIZE) != 0)
		return false;
	/* what SetEnv and the like have made up is passed on, what is a header comes as one */
	return strcmp(name, "HTTP_PROXY") == 0 || has_header_for(r, name);
}

/* A certificate in PEM form has line ends; LSAPI values have none. */
static const char *one_line(apr_pool_t *p, const char *value)
{
	if (!strpbrk(value, "\r\n"))
		return value;
	char *copy = apr_pstrdup(p, value);

	for (char *c = copy; (c = strpbrk(c, "\r\n")); c++)
		*c = ' ';
	return copy;
}

static int put_env(void *pass_data, const char *name, const char *value)
{
	struct request_pass *pass = pass_data;

	if (!name[0] || !value || is_env_dropped(pass->r, name))
		return 1;
	value = one_line(pass->r->pool, value);
	lsapi_request_encode_env(pass->e, name, strlen(name), value, strlen(value));
	return 1;
}

/*
 * PHP_SELF is what the packet names as the script's name; with path info that is the whole path
 * of the URI, as under mod_php, while SCRIPT_NAME is the part before it.
 */
static void put_php_self(struct lsapi_request_encoder *e, const request_rec *r)
{
	static const char name[] = "PHP_SELF";

	if (!r->path_info || !r->path_info[0])
		return;
	size_t size = strlen(r->uri);

	lsapi_request_encode_env(e, name, sizeof(name) - 1, r->uri, size);
	if (!e->error && !e->w.has_failed)
		e->off_script_name = (uint32_t)(e->w.used - size - 1);
}

/* B50: where the script is, which is where PHP runs it; SetEnv PWD is stronger. */
static void put_pwd(struct lsapi_request_encoder *e, const request_rec *r)
{
	static const char name[] = "PWD";
	const char *end = strrchr(r->filename, '/');

	if (shim_config_get(shim_config_of_server(r->server), SHIM_DISABLE_FORCED_PWD) || !end ||
		apr_table_get(r->subprocess_env, name))
		return;
	size_t size = end == r->filename ? 1 : (size_t)(end - r->filename);

	lsapi_request_encode_env(e, name, sizeof(name) - 1, r->filename, size);
}

static int put_header(void *pass_data, const char *name, const char *value)
{
	struct request_pass *pass = pass_data;

	if (shim_line_is_request_hop(name) || !shim_line_is_header_name(name) ||
		strcasecmp(name, "Content-Length") == 0)
		return 1;
	lsapi_request_encode_header(pass->e, name, strlen(name), value, strlen(value));
	return 1;
}

/* The true length: a chunked body had none, a filter may have changed it. */
static void put_content_length(struct request_pass *pass)
{
	static const char name[] = "Content-Length";
	const struct shim_body *body = pass->body;

	if (body->size == 0 && !body->is_spooled && !apr_table_get(pass->r->headers_in, name))
		return;
	const char *value = apr_psprintf(pass->r->pool, "%" APR_UINT64_T_FMT, body->size);

	lsapi_request_encode_header(pass->e, name, sizeof(name) - 1, value, strlen(value));
}

int shim_request_encode(request_rec *r, const struct shim_body *body, struct shim_scratch *scratch,
	size_t *ret_size)
{
	struct request_pass pass = { .r = r, .body = body, .e = &scratch->encoder };

	lsapi_request_encode_init(pass.e, scratch->packet, sizeof(scratch->packet));
	put_ini_files(pass.e, r);
	put_ini(pass.e, r);
	if (shim_record_of(r)->is_asking)
		lsapi_request_encode_ask_usage(pass.e);
	add_params(r);
	collect_env(r);
	apr_table_do(put_env, &pass, r->subprocess_env, NULL);
	put_php_self(pass.e, r);
	put_pwd(pass.e, r);
	apr_table_do(put_header, &pass, r->headers_in, NULL);
	put_content_length(&pass);
	int error = lsapi_request_encode_finish(pass.e, body->size, ret_size);

	if (error == 0)
		return OK;
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
		"lsapi: request headers, environment and php_value settings can not be sent to "
		"PHP: %s (at most %u bytes in all)",
		lsapi_error_text(error), LSAPI_REQUEST_MAX);
	return error == LSAPI_E_FULL || error == LSAPI_E_COUNT
		       ? HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE
		       : HTTP_INTERNAL_SERVER_ERROR;
}
