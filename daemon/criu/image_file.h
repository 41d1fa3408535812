#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Names of what is in an image's directory. CRIU's logs and statistics may be there, too. */

#define IMAGE_FILE_MANIFEST "manifest"
#define IMAGE_FILE_USED     "used" /* its mtime is the last use */
#define IMAGE_FILE_SUFFIX   ".img" /* CRIU's files that make up the image */
