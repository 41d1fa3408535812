#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The PHPs that speak LSAPI on a host, and the handler names that panels know them by. */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/host/tree.h"

/** Where packages put lsphp: PARENT/PREFIXversionSUFFIX; handler: %s is the version's digits. */
struct php_place {
	const char *parent;
	const char *prefix;
	const char *suffix;
	const char *handler;
	const char *label; /* how people call it: "alt-php" */
};

/** "74" or "7.4" of one of them. */
#define PHP_BINARY_VERSION 8

struct php_binary {
	char *path;                      /* owned */
	char *handler;                   /* owned */
	char digits[PHP_BINARY_VERSION]; /* "74" */
	const struct php_place *place;   /* borrowed: static */
};

struct php_binaries {
	struct php_binary *item; /* owned; in the order of places, then of versions */
	size_t count;
};

extern const struct php_place php_place_alt;       /* alt-php: CloudLinux's packages */
extern const struct php_place php_place_alt_plesk; /* the same by the names that Plesk has */
extern const struct php_place php_place_ea;        /* ea-php: cPanel's packages */
extern const struct php_place php_place_plesk;     /* Plesk's own */
extern const struct php_place php_place_remi;      /* Remi's for Red Hat's systems */

/**
 * php_binary_match() - is @name (of a directory in the place's parent) one of its versions?
 * @ret_digits: "74" for "php74", "ea-php74" or "7.4"
 */
bool php_binary_match(
	const struct php_place *place, const char *name, char ret_digits[PHP_BINARY_VERSION]);

/** php_binaries_find() - all of @places, which ends in NULL. Return: 0; -ENOMEM */
int php_binaries_find(const struct tree *t, const struct php_place *const *places,
	struct php_binaries *ret) ATTR_MUST_USE;
void php_binaries_deinit(struct php_binaries *b);

/** php_binary_native() - the lsphp for the built-in handler: lsapid's own or the system's; NULL */
const char *php_binary_native(const struct tree *t);
