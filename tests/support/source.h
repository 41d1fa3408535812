#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Files of the source tree that a test holds against a table: manuals, samples. */

/** source_read() - whole file by its path from the root; free() it; fails the running test */
char *source_read(const char *path);
