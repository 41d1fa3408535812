/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/t.h"

void t_assert_row(bool is_true, const char *row, const char *text, const char *file, int line)
{
	if (is_true)
		return;
	print_error("row %s: %s\n", row, text);
	_fail(file, line);
}
