#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* cmocka in the order that it wants, and what every unit test of ours needs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Like assert_true(), with the row of the table in the failure. */
#define T_ASSERT_ROW(row, condition)                                                               \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("row %s: %s", (row), #condition);                                 \
	} while (0)
