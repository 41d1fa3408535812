#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* One printable line that says why something is not so: for a report to the supervisor, and logs.
 */

#include "daemon/base/attr.h"
#include "daemon/criu/job.h"

struct why {
	char text[JOB_TEXT_SIZE]; /* "": nothing to say */
};

/** why_set() - too long a line is cut and ends in "..."; bytes that nobody can read are escaped */
void why_set(struct why *w, const char *format, ...) ATTR_PRINTF(2, 3);
