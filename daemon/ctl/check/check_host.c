/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/check/check.h"
#include "daemon/ctl/conf_file.h"

#define CSF_IGNORE "/etc/csf/csf.pignore"

/* B83: csf's lfd ends processes of users that run long. */
void check_host_killer(struct check *c)
{
	char *text = NULL;
	size_t size;

	if (conf_file_read(CSF_IGNORE, &text, &size))
		return; /* it is not installed */
	if (!memmem(text, size, "lsphp", strlen("lsphp"))) {
		check_add(c, CHECK_WARNING, CSF_IGNORE,
			"lfd of csf ends users' processes that run long, and lsphp does");
		check_remedy(c, "add the lines pexe:/usr/local/bin/lsphp.* and pcmd:lsphp.* to it, "
				"with the path of your lsphp, then csf -ra");
	}
	free(text);
}
