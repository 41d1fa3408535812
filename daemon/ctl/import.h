#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a configuration of httpd, written for another mod_lsapi, does with this one: a finding for
 * each of its lines that concerns PHP. No input or output; texts of strangers come in, too, as
 * users write .htaccess files.
 *
 *     import.c        findings, sections, lines
 *     import_ours.c   directives of mod_lsapi
 *     import_httpd.c  directives of httpd and of other modules
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/conf_line.h"

/** Sections in sections; httpd has no bound, and nobody writes more. */
#define IMPORT_MAX_DEPTH 64U
/** Files that include files; httpd's own bound. */
#define IMPORT_MAX_INCLUDE 20U
/** Findings that are kept; what a file of garbage has beyond is counted. */
#define IMPORT_MAX_FINDINGS 100000U
/** Longest text of a line in a finding. */
#define IMPORT_MAX_LINE 200U

/** In the order of the summary; from IMPORT_FIRST_TO_DO on somebody has to look. */
enum import_result {
	IMPORT_WORKS,
	IMPORT_REPLACED,
	IMPORT_IGNORED,
	IMPORT_NOTE,
	IMPORT_VALUE,
	IMPORT_CONTEXT,
	IMPORT_SYNTAX,
	IMPORT_UNKNOWN,
	IMPORT_TO_DO,
	IMPORT_RESULT_COUNT
};
#define IMPORT_FIRST_TO_DO IMPORT_VALUE

/** One thing to say of one line. */
struct import_finding {
	const char *file; /* borrowed: the import */
	unsigned line;
	enum import_result result;
	char *directive; /* owned; as it was written, made printable */
	char *used;      /* owned; the value that counts instead; NULL: what was written */
	char *text;      /* owned */
	char *remedy;    /* owned; NULL: nothing to do */
};

/** A section that is open. */
struct import_section {
	char name[32];
	unsigned line;
	bool is_vhost;
	bool is_skipped;      /* httpd will not read it, nor do we */
	const char *gone;     /* static; a module that it is for, and that is not loaded any more */
	bool is_of_directory; /* <Directory> and the like */
	bool has_identity;    /* virtual host: says whose PHP runs */
	char server_name[128]; /* virtual host */
};

/** Reads the files that @pattern names, and calls import_text() for each. */
struct import;
typedef void (*import_include_fn)(struct import *im, const char *pattern, void *data);

/** Does this host know an account: a user, or a group? */
typedef bool (*import_account_fn)(const char *name, bool is_group);

/** Who else wants to know what counts, for facts of their own; all may be NULL. */
struct import_watch {
	/* does the condition of <IfModule @what> and the like hold? NULL: each does */
	bool (*holds)(struct import *im, const char *section, const char *what, void *data);
	void (*line)(struct import *im, void *data); /* each directive that httpd reads */
	/* each virtual host, at its end */
	void (*vhost)(struct import *im, const struct import_section *vhost, void *data);
	void *data;
};

struct import {
	struct import_finding *finding; /* owned */
	size_t finding_count;
	size_t finding_room;
	size_t count[IMPORT_RESULT_COUNT];
	size_t untold; /* findings beyond IMPORT_MAX_FINDINGS */
	size_t others; /* directives that are httpd's own */
	size_t file_count;
	char **file; /* owned */
	bool is_out_of_memory;
	import_account_fn is_account; /* NULL: not looked at */
	import_include_fn include;    /* NULL: not followed */
	void *include_data;
	struct import_watch watch;
	/* while a file is read */
	const char *path; /* borrowed: file */
	bool is_htaccess;
	unsigned include_depth;
	struct import_section section[IMPORT_MAX_DEPTH];
	size_t depth;
	struct conf_line *line; /* borrowed */
	/* of the main server */
	char server_root[1024]; /* as ServerRoot says; empty: not said */
	bool has_identity;
	bool has_engine;  /* lsapi_engine was seen */
	bool has_handler; /* a handler of lsphp was seen */
};

/** import_new() - NULL without memory */
struct import *import_new(void);
struct import *import_free(struct import *im);

/**
 * import_text() - all lines of one file
 * @path:        for the findings; copied
 * @is_htaccess: it is a .htaccess file
 *
 * Included files are read where they are included: the sections that are open stay so.
 */
void import_text(
	struct import *im, const char *path, bool is_htaccess, const char *data, size_t size);

/** import_end() - after the last file: what is missing in all of them */
void import_end(struct import *im);

/** import_needs_attention() - is there a line that somebody has to look at? */
bool import_needs_attention(const struct import *im);

/** import_result_name() - "works", "value": for programs, too */
const char *import_result_name(enum import_result result);

/** import_result_help() - what a result means, and what is to be done, for the summary */
const char *import_result_help(enum import_result result);

/* --- for the files of import only -------------------------------------------------------- */

/** import_add() - a finding about the line that is being read. Return: it, never NULL */
struct import_finding *import_add(
	struct import *im, enum import_result result, const char *format, ...) ATTR_PRINTF(3, 4);

void import_remedy(struct import *im, struct import_finding *f, const char *format, ...)
	ATTR_PRINTF(3, 4);
void import_used(struct import *im, struct import_finding *f, const char *format, ...)
	ATTR_PRINTF(3, 4);

/** import_vhost() - the virtual host that is open; NULL: none */
struct import_section *import_vhost(struct import *im);

/** import_directory() - the innermost <Directory> or the like; NULL: none */
const struct import_section *import_directory(const struct import *im);

/** import_gone() - the module that is not loaded any more, and that an open section is for; or NULL
 */
const char *import_gone(const struct import *im);

/** import_has_identity() - the line says whose PHP runs */
void import_has_identity(struct import *im);

/** import_is_owned() - has any line before this one said so, for this virtual host? */
bool import_is_owned(struct import *im);

/** import_check_owner() - are there the user and group that the line names? Else it is told. */
bool import_check_owner(struct import *im);

/** import_ours() - is it a directive of mod_lsapi? Then it is told of */
bool import_ours(struct import *im);

/** import_unknown() - is it named like one, and is none? Then it is told of */
bool import_unknown(struct import *im);

/** import_httpd() - is it one of httpd or of another module that matters? Then it is told of */
bool import_httpd(struct import *im);

/** import_other_php() - a handler of another way to run PHP. Return: whose it is; NULL: none such
 */
const char *import_other_php(const char *name);

/** import_gone_module() - a module that mod_lsapi takes the place of, by file, source or name */
const char *import_gone_module(const char *name);
