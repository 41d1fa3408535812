#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a reload would bring: read and checked as for one, and handed over, but not put in force. */

struct supervisor;

/** trial_request() - TRY has come; TRIED answers it */
void trial_request(struct supervisor *s);
