/* SPDX-License-Identifier: Apache-2.0 */

/*
 * main() for a fuzz target without libFuzzer: every file of a corpus directory once, so that what
 * fuzzing has found stays an ordinary test under any compiler.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/** Above libFuzzer's own -max_len for us; a bigger file in the corpus is a mistake. */
#define REPLAY_FILE_MAX (1024U * 1024U)

/* The copy has exactly the file's size: a sanitizer then sees the first byte read past it. */
static int replay_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	int r = LLVMFuzzerTestOneInput(size > 0 ? copy : copy + 1, size);
	free(copy);
	return r;
}

static int replay_file(const char *dir, const char *name, uint8_t *buffer)
{
	char path[4096];
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -ENAMETOOLONG;
	FILE *file = fopen(path, "rbe");
	if (!file)
		return -errno;
	size_t size = fread(buffer, 1, REPLAY_FILE_MAX, file);
	int has_more = fgetc(file) != EOF;
	int has_failed = ferror(file);
	(void)fclose(file); /* read only: nothing can be lost */
	if (has_failed)
		return -EIO;
	if (has_more)
		return -EFBIG;
	return replay_bytes(buffer, size);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s CORPUS_DIRECTORY\n", argv[0]);
		return 2;
	}
	struct dirent **names = NULL;
	int count = scandir(argv[1], &names, NULL, alphasort);
	if (count < 0) {
		(void)fprintf(stderr, "%s: cannot be read\n", argv[1]);
		return 1;
	}
	uint8_t *buffer = malloc(REPLAY_FILE_MAX);
	unsigned fed = 0;
	unsigned failed = 0;
	for (int i = 0; i < count; i++) {
		if (buffer && names[i]->d_name[0] != '.') {
			int r = replay_file(argv[1], names[i]->d_name, buffer);
			if (r != 0)
				(void)fprintf(stderr, "%s: %d\n", names[i]->d_name, r);
			failed += r != 0;
			fed++;
		}
		free(names[i]);
	}
	free(names);
	free(buffer);
	(void)printf("%u inputs, %u failed\n", fed, failed);
	/* An empty corpus proves nothing. */
	return fed > 0 && failed == 0 ? 0 : 1;
}
