/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/sapi_internal.h"

#include <stdlib.h>
#include <string.h>

static int by_position(const void *a, const void *b)
{
	const struct lsapi_http_header *x = a;
	const struct lsapi_http_header *y = b;
	return (x->value > y->value) - (x->value < y->value);
}

static PHP_FUNCTION(litespeed_request_headers)
{
	ZEND_PARSE_PARAMETERS_NONE();

	const struct lsapi_request *request = &sapi_server()->request;
	struct lsapi_http_header header;
	struct lsapi_iter at = { 0 };
	uint32_t count = 0;
	while (lsapi_request_next_header(request, &at, &header))
		count++;

	/* As the client sent them, not as the index orders them. */
	struct lsapi_http_header *all = safe_emalloc(count, sizeof(*all), sizeof(*all));
	at = (struct lsapi_iter){ 0 };
	for (uint32_t i = 0; i < count; i++)
		(void)lsapi_request_next_header(request, &at, &all[i]); /* counted above */
	qsort(all, count, sizeof(*all), by_position);

	array_init_size(return_value, count);
	for (uint32_t i = 0; i < count; i++) {
		char *name = estrndup(all[i].name, all[i].name_size);
		add_assoc_stringl_ex(
			return_value, name, all[i].name_size, all[i].value, all[i].value_size);
		efree(name);
	}
	efree(all);
}

static void add_response_header(void *data, void *array)
{
	const sapi_header_struct *header = data;
	const char *colon = memchr(header->header, ':', header->header_len);
	if (!colon)
		return;
	const char *value = colon + 1;
	const char *end = header->header + header->header_len;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	add_assoc_stringl_ex(array, header->header, (size_t)(colon - header->header), value,
		(size_t)(end - value));
}

static PHP_FUNCTION(litespeed_response_headers)
{
	ZEND_PARSE_PARAMETERS_NONE();

	array_init(return_value);
	zend_llist_apply_with_argument(
		&SG(sapi_headers).headers, add_response_header, return_value);
}

static PHP_FUNCTION(litespeed_finish_request)
{
	ZEND_PARSE_PARAMETERS_NONE();

	struct server *s = sapi_server();
	if (s->output.has_ended || s->retire.is_copy)
		RETURN_FALSE;
	php_output_end_all();
	php_header();
	server_end_response(s, true);
	RETURN_TRUE;
}

/** Fixed: what applications ask for to decide whether pretty URLs will work. */
static PHP_FUNCTION(apache_get_modules)
{
	ZEND_PARSE_PARAMETERS_NONE();

	static const char *const module[] = { "mod_rewrite", "mod_mime", "mod_headers",
		"mod_expires", "mod_auth_basic" };
	array_init(return_value);
	for (size_t i = 0; i < sizeof(module) / sizeof(module[0]); i++)
		add_next_index_string(return_value, module[i]);
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_array, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_bool, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

/* clang-format off */
const zend_function_entry sapi_functions[] = {
	PHP_FE(litespeed_request_headers, arginfo_array)
	PHP_FALIAS(getallheaders, litespeed_request_headers, arginfo_array)
	PHP_FALIAS(apache_request_headers, litespeed_request_headers, arginfo_array)
	PHP_FE(litespeed_response_headers, arginfo_array)
	PHP_FALIAS(apache_response_headers, litespeed_response_headers, arginfo_array)
	PHP_FE(litespeed_finish_request, arginfo_bool)
	PHP_FE(apache_get_modules, arginfo_array)
	PHP_FE_END
};
/* clang-format on */
