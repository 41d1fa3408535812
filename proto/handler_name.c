/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/handler_name.h"

#include <string.h>

#define PREFIX      "application/x-httpd-"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)

bool handler_name_is_lsphp(const char *name)
{
	return strncmp(name, PREFIX, PREFIX_SIZE) == 0 && strstr(name + PREFIX_SIZE, "lsphp");
}
