#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* cmocka in the order that it wants, and what every unit test of ours needs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Like assert_true(), with the row of the table in the failure. */
#define T_ASSERT_ROW(row, condition)                                                               \
	t_assert_row((condition), (row), #condition, __FILE__, __LINE__)

void t_assert_row(bool is_true, const char *row, const char *text, const char *file, int line);
