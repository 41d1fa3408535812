/* SPDX-License-Identifier: Apache-2.0 */

/* No panel: the distribution's Apache, and whoever edits its virtual hosts. */

#include <stdbool.h>

#include "daemon/ctl/host/panel.h"

const struct panel panel_none = {
	.id = PANEL_NONE,
	.layout = { &layout_debian, &layout_redhat },
	.php = { &php_place_alt, &php_place_remi },
	.is_php_ours = true,
};
