/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about requests that fail. */

#include "shim/shim_set.h"

#include <stdlib.h>

#include "shim/shim_class.h"

#define ERROR_CODE_MIN 400
#define ERROR_CODE_MAX 599

const char *shim_set_error_code(cmd_parms *cmd, void *dir, const char *name, const char *code)
{
	struct shim_config *config = dir;
	enum shim_class class = shim_class_find(name);
	char *end = NULL;
	long status = strtol(code, &end, 10);

	/* B21: not fatal */
	if (class == SHIM_CLASS_NONE)
		shim_set_tell(cmd, APLOG_WARNING,
			"lsapi_error_code %s: no class of failures, see mod_lsapi(7); it is ignored",
			name);
	else if (end == code || *end != '\0' || status < ERROR_CODE_MIN || status > ERROR_CODE_MAX)
		shim_set_tell(cmd, APLOG_WARNING,
			"lsapi_error_code %s %s: not a number from %d to %d, the class keeps the "
			"status it had",
			name, code, ERROR_CODE_MIN, ERROR_CODE_MAX);
	else
		config->error_code[class] = (int)status;
	return NULL;
}
