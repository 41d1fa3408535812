#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the sapi files share: PHP's callbacks, one file each for variables, output, ini and
 * functions. Only they see PHP's types.
 */

#include "lsphp/php_headers.h"
#include "lsphp/server.h"

/** sapi_server() - the server whose request runs; NULL outside of one (startup, shutdown) */
static inline struct server *sapi_server(void)
{
	return SG(server_context);
}

/* sapi_vars.c */

/** sapi_vars_register() - callback: fill $_SERVER */
void sapi_vars_register(zval *track_vars_array);

/** sapi_vars_getenv() - callback: getenv(); value that stays until the next call, or NULL */
char *sapi_vars_getenv(const char *name, size_t name_size);

/** sapi_vars_read_cookies() - callback: the Cookie header */
char *sapi_vars_read_cookies(void);

/** sapi_vars_fill_info() - SG(request_info) of the server's request */
void sapi_vars_fill_info(struct server *s);

/** sapi_vars_hook_environment() - from now on $_ENV and getenv() know the request's variables */
void sapi_vars_hook_environment(void);

/** sapi_vars_find() - a variable of the request's environment list, or NULL */
const char *sapi_vars_find(const struct lsapi_request *request, const char *name, size_t name_size);

/* sapi_output.c */

/** Callbacks of the same names in PHP's sapi_module_struct. */
size_t sapi_output_write(const char *text, size_t size);
void sapi_output_flush(void *server_context);
int sapi_output_send_headers(sapi_headers_struct *headers);
size_t sapi_output_read_post(char *buffer, size_t size);
void sapi_output_log(const char *message, int syslog_type);
int sapi_output_deactivate(void);

/* ini.c */

/** ini_apply() - overrides of this request: php.ini sections, LSAPI entries, .user.ini */
void ini_apply(struct server *s);

/** ini_has_engine() - false: the request's "engine" override forbids to run the script */
bool ini_has_engine(const struct lsapi_request *request);

/* sapi_functions.c */

/** Functions that scripts get in addition. */
extern const zend_function_entry sapi_functions[];
