/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/cost.h"

#include <sys/resource.h>
#include <time.h>

#define NS_PER_S  1000000000U
#define NS_PER_US 1000U

static uint64_t time_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_usec * NS_PER_US;
}

/* This process to the nanosecond; programs that it has run and waited for as wait4(2) counts. */
static uint64_t spent_ns(void)
{
	struct timespec own = { 0 };
	struct rusage programs = { 0 };
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own); /* neither can fail */
	(void)getrusage(RUSAGE_CHILDREN, &programs);
	return (uint64_t)own.tv_sec * NS_PER_S + (uint64_t)own.tv_nsec +
	       time_ns(programs.ru_utime) + time_ns(programs.ru_stime);
}

void cost_begin(struct cost *c, const struct lsapi_request *request)
{
	c->is_asked = lsapi_request_asks_usage(request);
	c->cpu_ns = c->is_asked ? spent_ns() : 0;
}

struct lsapi_usage cost_get(const struct cost *c, uint64_t peak_bytes)
{
	return (struct lsapi_usage){ .cpu_ns = spent_ns() - c->cpu_ns, .peak_bytes = peak_bytes };
}
