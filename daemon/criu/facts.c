/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/facts.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/criu/job.h"

int facts_parse(const char *data, size_t size, struct facts *ret_facts)
{
	if (size > JOB_FACTS_MAX || (size && data[size - 1] != '\0'))
		return err_origin(-EINVAL);
	for (const char *at = data; at < data + size; at += strlen(at) + 1) {
		if (*at == '=' || !strchr(at, '='))
			return err_origin(-EINVAL);
	}
	*ret_facts = (struct facts){ .data = data, .size = size };
	return 0;
}

const char *facts_next(const struct facts *f, const char *iter)
{
	const char *next = iter ? iter + strlen(iter) + 1 : f->data;

	return next && next < f->data + f->size ? next : NULL;
}

const char *facts_get(const struct facts *f, const char *key)
{
	size_t size = strlen(key);

	for (const char *e = facts_next(f, NULL); e; e = facts_next(f, e)) {
		if (strncmp(e, key, size) == 0 && e[size] == '=')
			return e + size + 1;
	}
	return NULL;
}
