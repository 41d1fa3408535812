#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every key of lsapid.conf, one row each: the loader, the manual page and the shipped sample are
 * checked against this table. A new key is a new row and a member of the struct it is stored in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config.h"

/** The handler that exists if lsapid.conf names none. */
#define CONFIG_DEFAULT_HANDLER "application/x-httpd-lsphp"

enum config_type {
	CONFIG_TYPE_PATH,         /* char *: absolute path */
	CONFIG_TYPE_NAME,         /* char *: account or group */
	CONFIG_TYPE_FILE,         /* char *: a name in a directory that another key names */
	CONFIG_TYPE_TEXT,         /* char *: anything without control characters */
	CONFIG_TYPE_LEVEL,        /* enum log_level */
	CONFIG_TYPE_LOG_TARGET,   /* char *: stderr, syslog or an absolute path */
	CONFIG_TYPE_LISTEN,       /* char *: listen_address_parse() */
	CONFIG_TYPE_UINT,         /* uint32_t */
	CONFIG_TYPE_SECONDS,      /* uint32_t: a duration, stored in seconds */
	CONFIG_TYPE_MILLISECONDS, /* uint32_t: a duration, stored in milliseconds */
	CONFIG_TYPE_INT,          /* int32_t: may be below zero */
	CONFIG_TYPE_SIZE,         /* uint64_t: bytes */
	CONFIG_TYPE_BOOL,         /* bool */
	CONFIG_TYPE_CHOICE,       /* uint32_t: index in the row's words */
	CONFIG_TYPE_ENV_LIST,     /* list of "NAME=value" */
	CONFIG_TYPE_INI_LIST,     /* list of "name=value", settings of PHP */
	CONFIG_TYPE_PATH_LIST,    /* list of absolute paths */
	CONFIG_TYPE_NAME_LIST,    /* list of accounts */
	CONFIG_TYPE_HOST_LIST,    /* list of names of virtual hosts, "*." in front for all below */
	CONFIG_TYPE_COUNT
};

enum config_section {
	CONFIG_SECTION_TOP,      /* struct config */
	CONFIG_SECTION_HANDLER,  /* struct config_handler, one per handler "NAME" { } */
	CONFIG_SECTION_DEFAULTS, /* struct config_pool_defaults */
	CONFIG_SECTION_POOL,     /* struct config_pool, one per pool "NAME" { } in pools_dir */
	CONFIG_SECTION_COUNT
};

/** What a key may do in a file that belongs to the user himself. */
enum config_user {
	CONFIG_USER_NOT = 0, /* not be there */
	CONFIG_USER_LOWER,   /* only make the administrator's value lower; of a switch: off */
	CONFIG_USER_SHORTER, /* the same, but 0 stands for "for ever", which is the most */
	CONFIG_USER_HIGHER,  /* only make it higher; where nothing is set, than 0 */
	CONFIG_USER_ADD,     /* add names that the administrator has not set */
	CONFIG_USER_SELECT   /* say which of the user's pools it is about */
};

struct config_key {
	enum config_section section;
	enum config_type type;
	const char *name;
	uint64_t min; /* in the unit it is stored in; of an int32_t: the same bits as an int64_t */
	uint64_t max;
	const char *value; /* default, as it would be written; "" for none and an empty list */
	const char *spec;  /* key of the pool specification that it sets, or, of a list, what goes
			    * before its names; NULL: none */
	const char *const *words; /* CONFIG_TYPE_CHOICE: static, NULL at the end */
	size_t offset; /* of the member; not for the rows of a pool, whose values are entries */
	const char *help;
	bool is_fixed;         /* takes effect when the daemon starts, not at a reload */
	bool can_be_empty;     /* "" takes away what a weaker source says; a number is then unset */
	bool can_be_unlimited; /* of a number: or the word "unlimited" */
	enum config_user user; /* of the rows of a pool */
};

/** A number that nobody has set, and one without a limit, by the type of its member. */
#define CONFIG_UNSET_INT    INT32_MIN
#define CONFIG_UNSET_32     (UINT32_MAX - 1)
#define CONFIG_UNSET_64     (UINT64_MAX - 1)
#define CONFIG_UNLIMITED_32 UINT32_MAX
#define CONFIG_UNLIMITED_64 UINT64_MAX

/** config_table() - all rows, sections together */
const struct config_key *config_table(size_t *ret_count);

/** config_find_key() - the row of a section for a key of a file; NULL: there is none */
const struct config_key *config_find_key(enum config_section section, const char *name);

/** config_find_spec() - the row of a section for a key of the specification; NULL: there is none */
const struct config_key *config_find_spec(enum config_section section, const char *spec);

/** config_section_name() - "" for the top, else the word before the brace */
const char *config_section_name(enum config_section section);

/**
 * config_value_check() - is @text a value for @key
 * @ret_what: what is wrong, without the key's name; CONFIG_WHAT_SIZE bytes
 */
#define CONFIG_WHAT_SIZE 192
bool config_value_check(
	const struct config_key *key, const char *text, char ret_what[CONFIG_WHAT_SIZE]);

/**
 * config_value_store() - put a checked value into the struct that @object is
 * @object: the struct of the key's section; members that own memory are replaced
 *
 * Return: 0; -ENOMEM. Not for lists.
 */
int config_value_store(const struct config_key *key, const char *text, void *object) ATTR_MUST_USE;

/** config_value_format() - a checked value as the pool specification has it. Return: @out */
const char *config_value_format(
	const struct config_key *key, const char *text, char *out, size_t size);

/** config_value_read() - what the struct that @object is holds, in the same form. Return: @out */
const char *config_value_read(
	const struct config_key *key, const void *object, char *out, size_t size);

/** config_type_is_list() - are its values those of a list? */
bool config_type_is_list(enum config_type type);

/**
 * config_env_is_forbidden() - names that a site may not set: they would undo our limits
 * @size: of the name, which need not be ended
 */
bool config_env_is_forbidden(const char *name, size_t size);

/**
 * config_ini_is_forbidden() - names that PHP cannot read at the start of a line of its ini files
 * @size: of the name, which need not be ended
 */
bool config_ini_is_forbidden(const char *name, size_t size);

/** config_differs_in() - do two snapshots differ in the value of this key of the top section */
bool config_differs_in(
	const struct config_key *key, const struct config *a, const struct config *b);
