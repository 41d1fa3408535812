#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What lsapid-criu tells the supervisor: struct job_report on JOB_FD_REPORT. */

#include "daemon/criu/job.h"
#include "daemon/criu/why.h"

/** report_send() - one report. That nobody reads it any more is no reason not to go on. */
void report_send(const struct job_report *report);

/** report_result() - one with a text and no figures. @why: NULL: no text */
void report_result(enum job_result result, const struct why *why);
