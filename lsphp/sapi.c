/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/sapi.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "lsphp/report.h"
#include "lsphp/sapi_internal.h"

#define STATUS_OK    200
#define STATUS_ERROR 500

/** Answer to a request whose "engine" is off; the length is what users of the reference know. */
#define ENGINE_OFF_TEXT "PHP is switched off for this URL.\n"
_Static_assert(sizeof(ENGINE_OFF_TEXT) - 1 == 34, "as long as the reference's text");

/* --- PHP's life -------------------------------------------------------------------------- */

/** RSHUTDOWN runs after shutdown functions and destructors, when no script reads any more. */
static int module_request_shutdown(int type, int number)
{
	(void)type;
	(void)number;
	/* PHP would read away any unread body before the response ends; server.c does it after. */
	SG(post_read) = 1;
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(lsphp)
{
	(void)zend_module;
	php_info_print_table_start();
	php_info_print_table_row(2, "LSAPI server", "lsapid lsphp " LSAPID_VERSION);
	php_info_print_table_end();
}

static zend_module_entry lsphp_module = {
	STANDARD_MODULE_HEADER,
	"lsphp",
	NULL, /* functions come with the SAPI */
	NULL,
	NULL,
	NULL,
	module_request_shutdown,
	PHP_MINFO(lsphp),
	LSAPID_VERSION,
	STANDARD_MODULE_PROPERTIES,
};

static int start_module(sapi_module_struct *module)
{
	return php_module_startup(module, &lsphp_module);
}

/** Comes when an output handler or PHP itself wants the process to end at once. */
static void terminate(void)
{
	_exit(1);
}

static void set_ini_defaults(HashTable *configuration)
{
	zval value;
	/* Errors belong into the log, not before the user, whatever php.ini is (not) there. */
	ZVAL_NEW_STR(&value, zend_string_init("0", 1, 1));
	zend_hash_str_update(configuration, "display_errors", sizeof("display_errors") - 1, &value);
}

/* PHP keeps a pointer to this and writes into it: it cannot be const. */
static sapi_module_struct lsphp_sapi = {
	.name = (char[]){ "litespeed" },
	.pretty_name = (char[]){ "LSAPI (lsapid " LSAPID_VERSION ")" },
	.startup = start_module,
	.shutdown = php_module_shutdown_wrapper,
	.deactivate = sapi_output_deactivate,
	.ub_write = sapi_output_write,
	.flush = sapi_output_flush,
	.getenv = sapi_vars_getenv,
	.sapi_error = php_error,
	.send_headers = sapi_output_send_headers,
	.read_post = sapi_output_read_post,
	.read_cookies = sapi_vars_read_cookies,
	.register_server_variables = sapi_vars_register,
	.log_message = sapi_output_log,
	.terminate_process = terminate,
	.php_ini_ignore_cwd = 1,
	.ini_defaults = set_ini_defaults,
	.additional_functions = sapi_functions,
};

void sapi_add_define(char **entries, const char *define)
{
	struct php_ini_builder builder;
	php_ini_builder_init(&builder);
	if (*entries)
		php_ini_builder_prepend(&builder, *entries, strlen(*entries));
	php_ini_builder_define(&builder, define);
	free(*entries);
	*entries = php_ini_builder_finish(&builder);
}

const char *sapi_version(void)
{
	return PHP_VERSION;
}

/**
 * The library's SONAME carries no version: a search path could bring another PHP, with other
 * structures. The name of the file that was found tells.
 */
static bool is_our_php(void)
{
	Dl_info found;
	char path[PATH_MAX];
	const void *symbol = dlsym(RTLD_DEFAULT, "php_module_startup");
	if (!symbol || !dladdr(symbol, &found) || !realpath(found.dli_fname, path)) {
		report_line("Can not find out which PHP was loaded");
		return false;
	}
	const char *name = strrchr(path, '/') + 1;
	if (strcmp(name, LSPHP_LIBRARY) == 0)
		return true;
	report_line(
		"Built for %s, but %s was loaded: install the embed library of PHP %s, or look for "
		"LD_LIBRARY_PATH",
		LSPHP_LIBRARY, path, PHP_VERSION);
	return false;
}

/** PHP_BINARY; without it, the constant would be empty */
static char *own_path(void)
{
	static char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (size <= 0)
		return NULL;
	path[size] = '\0';
	return path;
}

/** A safe point of the engine: a script that was told to stop ends here, like by exit(). */
static void on_safe_point(zend_execute_data *execute_data)
{
	const struct server *s = sapi_server();
	if (s && s->retire.wants_stop && !EG(exception))
		zend_throw_unwind_exit();
	else if (s && s->retire.wants_stop)
		sapi_interrupt();
	(void)execute_data;
}

int sapi_start(const struct sapi_options *options)
{
	if (!is_our_php())
		return -EINVAL;
#ifdef ZEND_SIGNALS
	zend_signal_startup();
	/* Our handlers stay as they are; PHP would ask the kernel about each of them per request.
	 */
	SIGG(reset) = 0;
#endif
	sapi_startup(&lsphp_sapi);
	SG(options) |= SAPI_OPTION_NO_CHDIR; /* run_script() does it */
	if (options->ini_path)
		lsphp_sapi.php_ini_path_override = strdup(options->ini_path);
	lsphp_sapi.php_ini_ignore = options->ignores_ini;
	lsphp_sapi.ini_entries = options->ini_entries;
	lsphp_sapi.executable_location = own_path();
	if (lsphp_sapi.startup(&lsphp_sapi) == FAILURE)
		return -EINVAL;
	sapi_vars_hook_environment();
	zend_interrupt_function = on_safe_point;
	return 0;
}

void sapi_stop(void)
{
	php_module_shutdown();
	free(lsphp_sapi.php_ini_path_override);
	lsphp_sapi.php_ini_path_override = NULL;
	sapi_shutdown();
}

void sapi_interrupt(void)
{
	zend_atomic_bool_store(&EG(vm_interrupt), true);
}

uint64_t sapi_peak_bytes(void)
{
	return zend_memory_peak_usage(true);
}

/* --- one request ------------------------------------------------------------------------- */

static void answer(
	struct server *s, uint32_t status, const char *const *line, size_t count, const char *text)
{
	uint32_t line_size[4];
	for (size_t i = 0; i < count; i++)
		line_size[i] = (uint32_t)strlen(line[i]);
	size_t size = lsapi_response_header_size(line_size, count);
	uint8_t *room = output_reserve_header(&s->output, size);
	if (room) {
		struct lsapi_response_encoder e;
		lsapi_response_encode_init(&e, room, size, (uint32_t)count, status);
		for (size_t i = 0; i < count; i++)
			lsapi_response_encode_line(&e, line[i], line_size[i]);
		if (lsapi_response_encode_finish(&e, &size) == 0)
			output_commit_header(&s->output, size);
	}
	(void)output_write(
		&s->output, text, strlen(text)); /* a gone client is noticed at the end */
	server_end_response(s, false);
}

static void answer_engine_off(struct server *s)
{
	/* Status 0 sends the web server to the line; so does the reference. */
	static const char *const line[] = { "status: 403", "content-type: text/html" };
	answer(s, 0, line, sizeof(line) / sizeof(line[0]), ENGINE_OFF_TEXT);
}

static void answer_startup_failed(struct server *s)
{
	static const char *const line[] = { "content-type: text/plain" };
	answer(s, STATUS_ERROR, line, 1, "PHP could not begin the request.\n");
}

static void run_script(const struct server *s)
{
	zend_file_handle file;
	zend_stream_init_filename(&file, s->request.script_file);
	file.primary_script = 1;
	/*
	 * A script runs in its own directory. PHP would also ask for the old one before and go back
	 * there after; but the next request changes it anyway.
	 */
	(void)VCWD_CHDIR_FILE(s->request.script_file); /* without it the script runs all the same */
	zend_try
	{
		(void)php_execute_script(&file); /* 0 after exit() too: it tells nothing */
	}
	zend_end_try();
	zend_destroy_file_handle(&file);
}

int sapi_serve(struct server *s)
{
	if (!ini_has_engine(&s->request)) {
		answer_engine_off(s);
		return 0;
	}
	SG(server_context) = s;
	SG(sapi_headers).http_response_code = STATUS_OK;
	zend_first_try
	{
		/* Before the request starts: limits of uploads count from its first moment. */
		ini_apply(s);
		sapi_vars_fill_info(s);
	}
	zend_end_try();

	if (php_request_startup() == SUCCESS) {
		run_script(s);
	} else {
		answer_startup_failed(s);
	}
	int status = EG(exit_status);
	php_request_shutdown(NULL);
	SG(server_context) = NULL;
	return status;
}
