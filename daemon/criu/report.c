/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/report.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "daemon/base/str.h"

_Static_assert(sizeof(struct job_report) <= PIPE_BUF, "a write is all or nothing");

void report_send(const struct job_report *report)
{
	while (write(JOB_FD_REPORT, report, sizeof(*report)) < 0 && errno == EINTR)
		;
}

void report_result(enum job_result result, const struct why *why)
{
	struct job_report report = { .result = (uint32_t)result };

	if (why)
		(void)str_copy(report.text, sizeof(report.text), why->text);
	report_send(&report);
}
