/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/amount.h"

#include <stdio.h>

const char *amount_age(double s, char out[AMOUNT_SIZE])
{
	if (s < 100)
		(void)snprintf(out, AMOUNT_SIZE, "%.1fs", s);
	else if (s < 6000)
		(void)snprintf(out, AMOUNT_SIZE, "%.0fm", s / 60);
	else if (s < 172800)
		(void)snprintf(out, AMOUNT_SIZE, "%.0fh", s / 3600);
	else
		(void)snprintf(out, AMOUNT_SIZE, "%.0fd", s / 86400);
	return out;
}

const char *amount_kib(uint64_t kib, char out[AMOUNT_SIZE])
{
	if (kib < 1000)
		(void)snprintf(out, AMOUNT_SIZE, "%uK", (unsigned)kib);
	else if (kib < 1000 * 1024)
		(void)snprintf(out, AMOUNT_SIZE, "%.1fM", (double)kib / 1024);
	else
		(void)snprintf(out, AMOUNT_SIZE, "%.1fG", (double)kib / 1048576);
	return out;
}

const char *amount_time(double s, char out[AMOUNT_SIZE])
{
	unsigned long long hundredths = (unsigned long long)(s * 100 + 0.5);
	unsigned long long whole = hundredths / 100;

	if (whole < 60)
		(void)snprintf(out, AMOUNT_SIZE, "%llu.%02llu", whole, hundredths % 100);
	else if (whole < 3600)
		(void)snprintf(out, AMOUNT_SIZE, "%llu:%02llu.%02llu", whole / 60, whole % 60,
			hundredths % 100);
	else
		(void)snprintf(out, AMOUNT_SIZE, "%llu:%02llu:%02llu", whole / 3600,
			whole / 60 % 60, whole % 60);
	return out;
}
