/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about requests that fail. */

#include "shim/shim_set.h"

#include "proto/directive_words.h"
#include "shim/shim_class.h"

const char *shim_set_error_code(cmd_parms *cmd, void *dir, const char *name, const char *code)
{
	struct shim_config *config = dir;
	const char *const words[] = { name, code };

	/* B21: not fatal */
	if (shim_set_is_good(cmd, DIRECTIVE_ID_ERROR_CODE, words, 2))
		(void)directive_words_code(code, &config->error_code[shim_class_find(name)]);
	return NULL;
}
