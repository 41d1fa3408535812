/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/sapi_internal.h"

#include <stdlib.h>
#include <string.h>

/** "HTTP_" and the part of an unknown header's name that counts (as in the reference). */
#define HEADER_NAME_MAX 250U
#define CGI_PREFIX      "HTTP_"
#define CGI_NAME_ROOM   (sizeof(CGI_PREFIX) + HEADER_NAME_MAX)

/** A request header named "Proxy" must never look like the proxy setting of HTTP clients. */
#define FORBIDDEN_NAME "HTTP_PROXY"

static char to_cgi(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return c == '-' ? '_' : c;
}

/** cgi_name() - name of a header in $_SERVER; NULL: it is not shown */
static const char *cgi_name(const struct lsapi_http_header *h, char room[CGI_NAME_ROOM])
{
	if (h->known >= 0)
		return lsapi_header_cgi_name((unsigned)h->known);
	size_t size = h->name_size < HEADER_NAME_MAX ? h->name_size : HEADER_NAME_MAX;
	size_t at = sizeof(CGI_PREFIX) - 1;
	memcpy(room, CGI_PREFIX, at);
	for (size_t i = 0; i < size; i++)
		room[at + i] = to_cgi(h->name[i]);
	room[at + size] = '\0';
	return strcmp(room, FORBIDDEN_NAME) == 0 ? NULL : room;
}

static void add(zval *array, const char *name, const char *value, size_t size)
{
	size_t filtered = size;
	char *copy = estrndup(value, size); /* an input filter may replace it */
	if (sapi_module.input_filter(PARSE_SERVER, name, &copy, size, &filtered))
		php_register_variable_safe(name, copy, filtered, array);
	efree(copy);
}

static void add_headers(const struct lsapi_request *request, zval *array)
{
	struct lsapi_iter at = { 0 };
	struct lsapi_http_header header;
	char room[CGI_NAME_ROOM];
	while (lsapi_request_next_header(request, &at, &header)) {
		const char *name = cgi_name(&header, room);
		if (name)
			add(array, name, header.value, header.value_size);
	}
}

static void add_environment(const struct lsapi_request *request, zval *array)
{
	struct lsapi_iter at = { 0 };
	struct lsapi_env env;
	while (lsapi_request_next_env(request, &at, &env))
		if (strcmp(env.name, FORBIDDEN_NAME) != 0)
			add(array, env.name, env.value, env.value_size);
}

void sapi_vars_register(zval *track_vars_array)
{
	const struct lsapi_request *request = &sapi_server()->request;
	php_load_environment_variables(track_vars_array);
	add_headers(request, track_vars_array);
	add_environment(request, track_vars_array);
	add(track_vars_array, "PHP_SELF", request->script_name, strlen(request->script_name));
}

const char *sapi_vars_find(const struct lsapi_request *request, const char *name, size_t name_size)
{
	struct lsapi_iter at = { 0 };
	struct lsapi_env env;
	while (lsapi_request_next_env(request, &at, &env))
		if (env.name_size == name_size && memcmp(env.name, name, name_size) == 0)
			return env.value;
	return NULL;
}

/** writable() - the same text in the connection's buffer, for PHP's fields that are not const */
static char *writable(struct server *s, const char *text)
{
	return (char *)s->conn.input + (text - (const char *)s->request.data);
}

char *sapi_vars_getenv(const char *name, size_t name_size)
{
	struct server *s = sapi_server();
	if (!s || strcmp(name, FORBIDDEN_NAME) == 0)
		return NULL;
	const char *value = sapi_vars_find(&s->request, name, name_size);
	if (value)
		return writable(s, value);

	struct lsapi_iter at = { 0 };
	struct lsapi_http_header header;
	char room[CGI_NAME_ROOM];
	while (lsapi_request_next_header(&s->request, &at, &header)) {
		const char *cgi = cgi_name(&header, room);
		if (!cgi || strcmp(cgi, name) != 0)
			continue;
		/* PHP copies it at once: one text is enough, however often a script asks. */
		free(s->text);
		s->text = strndup(header.value, header.value_size);
		return s->text;
	}
	return NULL;
}

char *sapi_vars_read_cookies(void)
{
	struct lsapi_http_header header;
	if (!lsapi_request_get_header(&sapi_server()->request, LSAPI_H_COOKIE, &header))
		return NULL;
	return estrndup(header.value, header.value_size);
}

/* --- $_ENV ------------------------------------------------------------------------------- */

/* PHP's own import function, which ours goes before; written once at start. */
static void (*import_process_environment)(zval *array);

static void import_environment(zval *array)
{
	import_process_environment(array);
	const struct server *s = sapi_server();
	if (!s)
		return;
	add_headers(&s->request, array);
	add_environment(&s->request, array);
}

void sapi_vars_hook_environment(void)
{
	import_process_environment = php_import_environment_variables;
	php_import_environment_variables = import_environment;
}

/* --- SG(request_info) -------------------------------------------------------------------- */

static int protocol_number(const struct lsapi_request *request)
{
	static const char http_1_0[] = "HTTP/1.0";
	const char *protocol =
		sapi_vars_find(request, "SERVER_PROTOCOL", sizeof("SERVER_PROTOCOL") - 1);
	if (protocol && strcmp(protocol, http_1_0) == 0)
		return 1000;
	return protocol && strncmp(protocol, "HTTP/2", sizeof("HTTP/2") - 1) == 0 ? 2000 : 1001;
}

static void fill_authorization(const struct lsapi_request *request)
{
	struct lsapi_http_header header;
	char *value = NULL;
	if (lsapi_request_get_header(request, LSAPI_H_AUTHORIZATION, &header))
		value = estrndup(header.value, header.value_size);
	(void)php_handle_auth_data(value); /* no or strange credentials: nothing is set */
	if (value)
		efree(value);
}

void sapi_vars_fill_info(struct server *s)
{
	const struct lsapi_request *request = &s->request;
	sapi_request_info *info = &SG(request_info);
	*info = (sapi_request_info){ 0 };
	info->request_method = request->method;
	info->query_string = writable(s, request->query);
	info->path_translated = writable(s, request->script_file);
	info->request_uri = writable(s, request->script_name);
	info->content_length = request->body_size > 0 ? (zend_long)request->body_size : 0;
	info->proto_num = protocol_number(request);

	struct lsapi_http_header header;
	if (lsapi_request_get_header(request, LSAPI_H_CONTENT_TYPE, &header))
		info->content_type = estrndup(header.value, header.value_size);
	fill_authorization(request);
}
