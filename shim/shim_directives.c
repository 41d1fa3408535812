/* SPDX-License-Identifier: Apache-2.0 */

/* The command table, from proto/directives.def, and one setter for each kind of setting. */

#include "shim/shim.h"

#include <stdint.h>

#include <apr_strings.h>

#include "proto/directive_value.h"
#include "shim/shim_images.h"
#include "shim/shim_set.h"

/** How httpd calls the contexts; options of .htaccess as mod_php has them. */
#define CONTEXT_MAIN     RSRC_CONF
#define CONTEXT_SERVER   RSRC_CONF
#define CONTEXT_SECTION  (RSRC_CONF | ACCESS_CONF)
#define CONTEXT_ANYWHERE OR_OPTIONS

/** Where the value of a directive is kept. */
struct place {
	enum directive_id id;
	bool is_of_server; /* else: of the directory */
	int at;            /* enum shim_setting, enum shim_word */
};

#define HOLDER_SERVER true
#define HOLDER_DIR    false

/* The place of an alias is that of its target. */
#define SWITCH(name, n, holder, ...)   PLACE(name, HOLDER_##holder, SHIM_##name)
#define NUMBER(name, n, holder, ...)   PLACE(name, HOLDER_##holder, SHIM_##name)
#define WORD(name, n, holder, ...)     PLACE(name, HOLDER_##holder, SHIM_WORD_##name)
#define ALIAS(name, kind, target, ...) PLACE(name, HOLDER_SERVER, PLACE_##kind(target))
#define PLACE_SWITCH(target)           SHIM_##target
#define PLACE_NUMBER(target)           SHIM_##target
#define PLACE_WORD(target)             SHIM_WORD_##target
#define OTHER(name, ...)               PLACE(name, HOLDER_SERVER, 0)
#define AT(name)                       [DIRECTIVE_ID_##name]
#define PLACE(name, holder, where)     AT(name) = { DIRECTIVE_ID_##name, holder, where },

static const struct place places[DIRECTIVE_COUNT] = {
#include "proto/directives.def"
};

#undef SWITCH
#undef NUMBER
#undef WORD
#undef ALIAS
#undef OTHER

static const struct directive *row_of(const struct place *place)
{
	return &directive_table[place->id];
}

/*
 * May it be set? What has no effect is told of once it is written; a directive about httpd as a
 * whole has none in a virtual host.
 */
static bool is_of_use(const cmd_parms *cmd, const struct directive *row)
{
	if (row->context == DIRECTIVE_IN_MAIN && cmd->server->is_virtual) {
		shim_set_tell(cmd, APLOG_WARNING,
			"%s is ignored in a virtual host, write it outside of them", row->name);
		return false;
	}
	if (row->is_of_server && cmd->path) {
		/* of .htaccess nobody is warned with each request */
		shim_set_tell(cmd, cmd->pool == cmd->temp_pool ? APLOG_INFO : APLOG_WARNING,
			"%s is ignored here, it is about the virtual host as a whole", row->name);
		return false;
	}
	if (row->effect != DIRECTIVE_ACTS)
		shim_set_tell(cmd, APLOG_INFO, "%s has no effect: %s", row->name, row->help);
	return true;
}

static struct shim_config *config_of(
	const cmd_parms *cmd, void *dir_config, const struct place *place)
{
	return place->is_of_server ? shim_config_of_server(cmd->server) : dir_config;
}

/* B21: a value that is none is not fatal; say what is used instead. */
static struct directive_value value_of(
	const cmd_parms *cmd, const struct directive *row, const char *arg)
{
	const struct directive_value value = directive_value_of(row, arg);
	char why[DIRECTIVE_VALUE_MAX_TEXT];

	directive_value_complain(row, &value, why, sizeof(why));
	if (*why)
		shim_set_tell(cmd, APLOG_WARNING, "%s %s: %s", row->name, arg, why);
	return value;
}

static const char *set_switch(cmd_parms *cmd, void *dir_config, const char *arg)
{
	const struct place *place = cmd->cmd->cmd_data;

	if (is_of_use(cmd, row_of(place)))
		config_of(cmd, dir_config, place)->value[place->at] =
			value_of(cmd, row_of(place), arg).number;
	/* httpd's own logging: this virtual host, this module */
	if (place->id == DIRECTIVE_ID_DEBUG)
		ap_set_module_loglevel(cmd->pool, &cmd->server->log, APLOG_MODULE_INDEX,
			shim_config_of_server(cmd->server)->value[SHIM_DEBUG] ? APLOG_DEBUG
									      : APLOG_WARNING);
	return NULL;
}

static const char *set_number(cmd_parms *cmd, void *dir_config, const char *arg)
{
	const struct place *place = cmd->cmd->cmd_data;

	if (is_of_use(cmd, row_of(place)))
		config_of(cmd, dir_config, place)->value[place->at] =
			value_of(cmd, row_of(place), arg).number;
	return NULL;
}

static const char **word_at(const cmd_parms *cmd, void *dir_config, const struct place *place)
{
	struct shim_config *config = config_of(cmd, dir_config, place);

	/* the file that a .htaccess names may say less, and does not take the place of the other */
	if (place->id == DIRECTIVE_ID_PHPINI && shim_set_is_htaccess(cmd))
		return &config->user_phpini;
	return &config->word[place->at];
}

/* Where it leads to; what lsapid would not take for any pool is no reason to have none. */
static const char *images_dir_of(const cmd_parms *cmd, const struct directive *row, const char *arg)
{
	char path[SHIM_IMAGES_PATH_SIZE], why[SHIM_IMAGES_WHY_SIZE];
	bool is_path = shim_images_find(arg, path, why);

	if (*why)
		shim_set_tell(cmd, APLOG_WARNING, "%s %s: %s, %s", row->name, arg, why,
			is_path ? "lsapid keeps no images there" : "it is ignored");
	return is_path ? apr_pstrdup(cmd->pool, path) : NULL;
}

static const char *set_word(cmd_parms *cmd, void *dir_config, const char *arg)
{
	const struct place *place = cmd->cmd->cmd_data;
	const struct directive *row = row_of(place);

	if (!is_of_use(cmd, row) || value_of(cmd, row, arg).use == DIRECTIVE_VALUE_IGNORED)
		return NULL;
	if (place->id == DIRECTIVE_ID_CRIU_IMGS_DIR_PATH)
		arg = images_dir_of(cmd, row, arg);
	if (arg)
		*word_at(cmd, dir_config, place) = arg;
	return NULL;
}

static const char *set_nothing(
	cmd_parms *cmd, void *dir_config, const char *first, const char *second)
{
	const struct place *place = cmd->cmd->cmd_data;

	(void)is_of_use(cmd, row_of(place));
	return NULL;
}

/* clang-format off */
#define SWITCH(id, name, holder, context, ...)                                                     \
	ROW(id, TAKE1, name, set_switch, context)
#define NUMBER(id, name, holder, context, ...)                                                     \
	ROW(id, TAKE1, name, set_number, context)
#define WORD(id, name, holder, context, ...)                                                       \
	ROW(id, TAKE1, name, set_word, context)
#define ALIAS(id, kind, target, name, context, ...)                                                \
	ROW(id, TAKE1, name, ALIAS_##kind, context)
#define ALIAS_SWITCH set_switch
#define ALIAS_NUMBER set_number
#define ALIAS_WORD   set_word
#define OTHER(id, name, takes, setter, context, ...)                                               \
	ROW(id, takes, name, setter, context)
#define ROW(id, takes, name, setter, context)                                                      \
	AP_INIT_##takes(name, setter, (void *)(uintptr_t)&places[DIRECTIVE_ID_##id],               \
		CONTEXT_##context, NULL),

const command_rec shim_directives[] = {
#include "proto/directives.def"
#define OWNER(name, module, setter, help)                                                          \
	AP_INIT_TAKE2(name, setter, NULL, CONTEXT_SECTION, NULL),
#define FOREIGN(name, module, help)                                                                \
	AP_INIT_RAW_ARGS(name, shim_set_foreign, NULL, OR_ALL, NULL),
#include "proto/directives_foreign.def"
	{ .name = NULL },
};
/* clang-format on */
