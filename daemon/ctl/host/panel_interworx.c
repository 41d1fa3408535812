/* SPDX-License-Identifier: Apache-2.0 */

/* InterWorx: Red Hat's Apache; virtual hosts in conf.d, with SuexecUserGroup. */

#include <stdbool.h>

#include "daemon/ctl/host/panel.h"

const struct panel panel_interworx = {
	.id = PANEL_INTERWORX,
	.mark = { "/usr/local/interworx", "/home/interworx" },
	.version_path = "/usr/local/interworx/version",
	.layout = { &layout_redhat, &layout_debian },
	.php = { &php_place_alt, &php_place_remi },
	.is_php_ours = true,
};
