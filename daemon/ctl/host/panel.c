/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/panel.h"

#include <stdbool.h>

/* EasyApache 4 keeps a link at the place of EasyApache 3; the last one is found on every host. */
static const struct panel *const panels[PANEL_COUNT] = {
	&panel_cpanel_ea4,
	&panel_cpanel_ea3,
	&panel_plesk,
	&panel_directadmin,
	&panel_interworx,
	&panel_ispmanager,
	&panel_none,
};

static bool has_one(const struct tree *t, const char *const *marks)
{
	bool is_empty = !*marks;

	for (; *marks; marks++) {
		if (tree_exists(t, *marks))
			return true;
	}
	return is_empty;
}

const struct panel *panel_find(const struct tree *t)
{
	size_t i = 0;

	while (!has_one(t, panels[i]->mark) || !has_one(t, panels[i]->more_mark))
		i++;
	return panels[i];
}

const struct panel *panel_get(enum panel_id id)
{
	size_t i = 0;

	while (panels[i]->id != id)
		i++;
	return panels[i];
}
