/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ISPManager: the distribution's Apache; virtual hosts in a directory of the panel's, with the
 * owner by AssignUserID or SuexecUserGroup.
 *
 * Source: ispmanager.com/docs, "Configuration files and logs".
 */

#include <stdbool.h>

#include "daemon/ctl/host/panel.h"

const struct panel panel_ispmanager = {
	.id = PANEL_ISPMANAGER,
	.mark = { "/usr/local/mgr5", "/usr/local/ispmgr" },
	.layout = { &layout_redhat, &layout_debian },
	.php = { &php_place_alt, &php_place_remi },
	.is_php_ours = true,
};
