/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/err.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/log.h"

int err_origin_at(int r, const char *file, int line, const char *func)
{
	int saved_errno = errno;

	log_debug("err.origin", F_ERRNO(r), F_STR("func", func), F_STR("file", file),
		F_INT("line", line));
	errno = saved_errno;
	return r;
}

const char *err_name(int error)
{
	const char *name = NULL;

	if (error < 0 && error != INT32_MIN)
		error = -error;
	if (error > 0)
		name = strerrorname_np(error);
	return name ? name : "E?";
}
