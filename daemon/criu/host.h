#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What an image depends on beside its pool: an image of another kernel or processor is no good. */

#define HOST_TEXT_SIZE 80U

struct host {
	char kernel[HOST_TEXT_SIZE]; /* release, as uname -r */
	char cpu[HOST_TEXT_SIZE];    /* digest of the processor's features */
	char criu[HOST_TEXT_SIZE];   /* version, or whatever else tells one criu from another */
};

/** host_init() - ask the kernel. @criu: "3.17.1", ... */
void host_init(struct host *h, const char *criu);
