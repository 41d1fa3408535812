/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"

void why_set(struct why *w, const char *format, ...)
{
	/* room for a path, of which log_put_text() keeps the beginning */
	char text[4 * JOB_TEXT_SIZE];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0)
		text[0] = '\0';
	(void)log_put_text(w->text, sizeof(w->text), text, strlen(text));
}
