/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define REPORT_LINE_MAX 1024U

void report_line(const char *format, ...)
{
	char line[REPORT_LINE_MAX];
	int prefix = snprintf(line, sizeof(line), "lsphp[%d]: ", (int)getpid());
	size_t used = prefix > 0 ? (size_t)prefix : 0;

	va_list args;
	va_start(args, format);
	int text = vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	if (text > 0)
		used += (size_t)text;
	if (used > sizeof(line) - 1)
		used = sizeof(line) - 1;
	line[used] = '\n';
	/* Nobody is left to be told when stderr itself fails. */
	ssize_t ignored = write(STDERR_FILENO, line, used + 1);
	(void)ignored;
}
