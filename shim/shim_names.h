#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Names of hosts that pools may have with lsapi_use_req_hostname. A client can make up any number
 * of them, so all children of httpd count together how many each virtual host has had. Nothing of
 * httpd in here.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Names of one virtual host: an idle PHP has some MiB, and a client may start one for each. */
#define SHIM_NAMES_MAX 256U
/** Names in all; the memory is used as they come. */
#define SHIM_NAMES_SLOTS 65536U
/** Longest name (RFC 1035), with its NUL. */
#define SHIM_NAME_SIZE 254U

/** In memory that the children of httpd share. */
struct shim_names {
	uint64_t seed;
	_Atomic uint64_t slot[SHIM_NAMES_SLOTS]; /* hash of virtual host and name; 0: free */
	_Atomic uint32_t count[];                /* of each virtual host */
};

enum shim_names_error {
	SHIM_NAMES_E_FULL = 1,   /* as many names as there may be */
	SHIM_NAMES_E_FULL_FIRST, /* the same, for the first time: to be told of */
};

/** shim_names_size() - bytes for that many virtual hosts */
size_t shim_names_size(size_t servers);

/**
 * shim_names_admit() - may a pool of the virtual host number @server have that name?
 *
 * Return: 0: yes, and it may from now on; enum shim_names_error.
 */
int shim_names_admit(struct shim_names *n, size_t server, const char *name);

/**
 * shim_names_canonical() - the name of a host as it is compared: lower case, no dot at its end
 *
 * Return: false: it is none (an address in brackets, an empty label, other characters).
 */
bool shim_names_canonical(const char *host, char ret_name[SHIM_NAME_SIZE]);
