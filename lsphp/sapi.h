#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The door to PHP for the rest of lsphp: start it, serve a request with it, stop it. No PHP type is
 * in here. The prefork parent starts PHP before it forks, so that children share opcache and all
 * loaded code.
 */

#include <stdbool.h>
#include <stdint.h>

struct server;

struct sapi_options {
	const char *ini_path; /* borrowed: main; -c, may be NULL */
	char *ini_entries;    /* borrowed: main; -d, may be NULL */
	bool ignores_ini;     /* -n */
};

/** sapi_add_define() - append "name=value" of -d to *entries (malloc'ed text, first NULL) */
void sapi_add_define(char **entries, const char *define);

/** sapi_start() - load PHP; Return: 0; -EINVAL (PHP has said why, or is another version) */
int sapi_start(const struct sapi_options *options) __attribute__((warn_unused_result));

/** sapi_stop() - unload PHP; not in children, which share its state with the parent */
void sapi_stop(void);

/** sapi_serve() - run the script of @s->request; Return: the script's exit status */
int sapi_serve(struct server *s);

/** sapi_peak_bytes() - most memory that PHP has had for the running request */
uint64_t sapi_peak_bytes(void);

/** sapi_interrupt() - have PHP come to a safe point soon; async-signal-safe */
void sapi_interrupt(void);

/** sapi_version() - "8.2.7": the PHP that this was built with */
const char *sapi_version(void);
