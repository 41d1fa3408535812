/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_names.h"

#include <string.h>

#define IS_TOLD    0x80000000U
#define PROBES_MAX 64U

size_t shim_names_size(size_t servers)
{
	return sizeof(struct shim_names) + servers * sizeof(_Atomic uint32_t);
}

static uint64_t hash_name(const struct shim_names *n, size_t server, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ULL ^ n->seed;

	hash = (hash ^ server) * 0x100000001b3ULL;
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3ULL;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

static int refuse(struct shim_names *n, size_t server)
{
	return atomic_fetch_or(&n->count[server], IS_TOLD) & IS_TOLD ? SHIM_NAMES_E_FULL
								     : SHIM_NAMES_E_FULL_FIRST;
}

static bool reserve(struct shim_names *n, size_t server)
{
	if ((atomic_fetch_add(&n->count[server], 1) & ~IS_TOLD) < SHIM_NAMES_MAX)
		return true;
	atomic_fetch_sub(&n->count[server], 1);
	return false;
}

int shim_names_admit(struct shim_names *n, size_t server, const char *name)
{
	uint64_t hash = hash_name(n, server, name);
	bool is_reserved = false;

	for (unsigned i = 0; i < PROBES_MAX; i++) {
		_Atomic uint64_t *slot = &n->slot[(hash + i) % SHIM_NAMES_SLOTS];
		uint64_t seen = atomic_load(slot);

		if (seen == 0) {
			if (!is_reserved && !reserve(n, server))
				return refuse(n, server);
			is_reserved = true;
			if (atomic_compare_exchange_strong(slot, &seen, hash))
				return 0;
		}
		/* also if another child was faster */
		if (seen == hash) {
			if (is_reserved)
				atomic_fetch_sub(&n->count[server], 1);
			return 0;
		}
	}
	if (is_reserved)
		atomic_fetch_sub(&n->count[server], 1);
	return refuse(n, server);
}

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool shim_names_canonical(const char *host, char ret_name[SHIM_NAME_SIZE])
{
	size_t size = strlen(host);

	if (size > 0 && host[size - 1] == '.')
		size--;
	if (size == 0 || size >= SHIM_NAME_SIZE)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] - 'A' + 'a') : host[i];
		bool is_start = i == 0 || ret_name[i - 1] == '.';

		if (c == '.' ? is_start || i + 1 == size : !is_of_name(c))
			return false;
		ret_name[i] = c;
	}
	ret_name[size] = '\0';
	return true;
}
