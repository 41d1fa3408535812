#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What Apache's configuration says about PHP, with file and line. Read as Apache reads it, by the
 * reader of lsapidctl import: included files at their place, <IfModule> by the modules that were
 * loaded before it, <IfDefine> and ${NAME} by Define and by the file envvars beside it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/import.h"

/** Facts that are kept: ten for each of a thousand sites. */
#define APACHE_FACTS_MAX 20000U

enum apache_fact_kind {
	APACHE_MODULE,     /* LoadModule: name, path */
	APACHE_USER,       /* User */
	APACHE_GROUP,      /* Group */
	APACHE_SOCKET,     /* lsapi_daemon_socket */
	APACHE_KEY,        /* lsapi_daemon_key */
	APACHE_HANDLER,    /* a handler that is an lsphp's */
	APACHE_OTHER_PHP,  /* a handler or ProxyPass of another PHP: the name, whose it is */
	APACHE_VHOST,      /* a virtual host without a word on whose PHP runs: its ServerName */
	APACHE_OWNER,      /* the main server says whose PHP runs, for all of them */
	APACHE_PER_USER,   /* lsapi_per_user On */
	APACHE_CRIU,       /* lsapi_criu On */
	APACHE_ENGINE,     /* lsapi_engine On */
	APACHE_UNREADABLE, /* a file that could not be read: its path, why */
	APACHE_VARIABLE,   /* Define, or of envvars: name, value */
	APACHE_KIND_COUNT
};

struct apache_fact {
	enum apache_fact_kind kind;
	char *name;  /* owned */
	char *value; /* owned */
	char *where; /* owned: FILE:LINE */
};

struct apache_facts {
	char *path;               /* owned: the first file */
	struct apache_fact *fact; /* owned; in the order of reading */
	size_t count;
	size_t room;
	bool is_out_of_memory;
	struct import *import; /* owned: findings about each line */
};

/** apache_facts_new() - nothing is known yet. Return: NULL: memory */
struct apache_facts *apache_facts_new(const char *path);

/** apache_facts_free() - NULL is fine. Return: NULL */
struct apache_facts *apache_facts_free(struct apache_facts *f);

/** apache_facts_take() - all lines of one file */
void apache_facts_take(struct apache_facts *f, const char *path, const char *data, size_t size);

/** apache_facts_take_envvars() - NAME=VALUE of a shell's file, export or not. Pure. */
void apache_facts_take_envvars(struct apache_facts *f, const char *text);

/**
 * apache_facts_read() - a configuration with all that it includes
 * @path: NULL: the first of the usual ones that is there
 *
 * Return: NULL: there is none; then *ret_why says more if @path was given (static)
 */
struct apache_facts *apache_facts_read(const char *path, const char **ret_why);

/** apache_facts_find() - the next fact of a kind behind @after; NULL: the first; or NULL */
const struct apache_fact *apache_facts_find(
	const struct apache_facts *f, enum apache_fact_kind kind, const struct apache_fact *after);

/** apache_facts_module() - was it loaded? by the name of LoadModule */
const struct apache_fact *apache_facts_module(const struct apache_facts *f, const char *name);
