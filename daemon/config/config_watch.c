/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"

int config_watch_add(struct config_handler *h, const char *path)
{
	char **bigger = realloc(h->watch, (h->watch_count + 1) * sizeof(h->watch[0]));

	if (!bigger)
		return -ENOMEM;
	h->watch = bigger;
	h->watch[h->watch_count] = strdup(path);
	if (!h->watch[h->watch_count])
		return -ENOMEM;
	h->watch_count++;
	return 0;
}

void config_watch_clear(struct config_handler *h)
{
	for (size_t i = 0; i < h->watch_count; i++)
		free(h->watch[i]);
	free(h->watch);
	h->watch = NULL;
	h->watch_count = 0;
}

int config_watch_add_own(struct config_handler *h)
{
	static const char *const own[] = {
		LSAPID_PHP_INI_DIR "/php.ini",
		LSAPID_PHP_INI_DIR "/conf.d",
		LSAPID_PHP_LIBRARY,
		LSAPID_PHP_EXTENSION_DIR,
	};
	/* empty: lsphp was not built; volatile, or clang calls what follows dead code */
	static const char *const volatile library = LSAPID_PHP_LIBRARY;
	int r = 0;

	if (!*library || strcmp(h->binary, LSAPID_LIBEXECDIR "/lsphp") != 0)
		return 0;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && r == 0; i++)
		r = config_watch_add(h, own[i]);
	return r;
}
