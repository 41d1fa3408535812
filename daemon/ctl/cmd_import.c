/* SPDX-License-Identifier: Apache-2.0 */

/* Explains a configuration of httpd that was written for another mod_lsapi. Asks no daemon. */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/import.h"
#include "daemon/ctl/print_import.h"

enum {
	FOLLOW,
	HTACCESS
};

static const struct args_option options[] = {
	[FOLLOW] = { "follow", 'f', NULL, "read the files that Include names, too" },
	[HTACCESS] = { "htaccess", 0, NULL, "the files are .htaccess files, whatever their names" },
	{ NULL, 0, NULL, NULL },
};

/** Most files that are read: a loop of included files ends here, too. */
#define MAX_FILES 20000U

/** What is being read, beside the findings. */
struct reading {
	bool is_htaccess;
	bool has_failed; /* a file could not be read; said */
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* -: standard input. Return: a descriptor; -errno */
static int open_file(const char *path)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0)
		return dup(STDIN_FILENO);
	/* a fifo in a user's home must not make anybody wait */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)fd_close(fd);
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	return fd;
}

/* What read() gives, to the end; standard input has no size. Return: 0; -errno */
static int read_all(int fd, char **ret_data, size_t *ret_size)
{
	size_t room = 65536;
	size_t used = 0;
	char *data = malloc(room);

	while (data && used <= CONF_LINE_MAX_FILE) {
		ssize_t n = read(fd, data + used, room - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = errno;

			free(data);
			return -error;
		}
		if (n == 0) {
			*ret_size = used;
			*ret_data = data;
			return 0;
		}
		used += (size_t)n;
		if (used == room) {
			char *more = realloc(data, 2 * room);

			if (!more)
				break;
			data = more;
			room *= 2;
		}
	}
	free(data);
	return used > CONF_LINE_MAX_FILE ? -EFBIG : -ENOMEM;
}

static void take_file(struct import *im, struct reading *reading, const char *path)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char *data = NULL;
	size_t size = 0;
	int r = im->file_count >= MAX_FILES ? -EMFILE : (fd = open_file(path));

	if (r >= 0)
		r = read_all(fd, &data, &size);
	if (r < 0) {
		term_error(
			"%s: %s", path, r == -EINVAL ? "not a regular file" : strerrordesc_np(-r));
		reading->has_failed = true;
		return;
	}
	import_text(im, path, reading->is_htaccess || strcmp(last_part(path), ".htaccess") == 0,
		data, size);
	free(data);
}

/* Relative names are below ServerRoot, which this program does not know better than httpd does. */
static void take_pattern(struct import *im, const char *pattern, void *data)
{
	struct reading *reading = data;
	char path[4096];
	glob_t found = { .gl_pathc = 0 };

	if (pattern[0] == '/' || !im->server_root[0])
		(void)str_copy(path, sizeof(path), pattern);
	else
		(void)snprintf(path, sizeof(path), "%s/%s", im->server_root, pattern);
	/* a directory means all files in it */
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && strlen(path) + 3 <= sizeof(path))
		memcpy(path + strlen(path), "/*", 3);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	if (glob(path, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			take_file(im, reading, found.gl_pathv[i]);
	else
		import_remedy(im, import_add(im, IMPORT_NOTE, "no such file: %s", path),
			"is %s in it below ServerRoot? Then give the file that sets it first",
			pattern);
	globfree(&found);
}

static bool is_account(const char *name, bool is_group)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	return is_group ? getgrnam(name) != NULL : getpwnam(name) != NULL;
}

static int finish(const struct ctl *ctl, struct import *im, const struct reading *reading)
{
	int r = CTL_OK;

	if (im->is_out_of_memory) {
		term_error("no memory");
		return CTL_USAGE;
	}
	if (ctl->is_json)
		r = print_import_json(im);
	else
		print_import(ctl, im);
	if (reading->has_failed || r != CTL_OK)
		return CTL_USAGE;
	return import_needs_attention(im) ? CTL_FAILED : CTL_OK;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	struct reading reading = { .is_htaccess = args_has(args, HTACCESS) };
	struct import *im = import_new();
	int r;

	if (!im) {
		term_error("no memory");
		return CTL_USAGE;
	}
	im->is_account = is_account;
	if (args_has(args, FOLLOW)) {
		im->include = take_pattern;
		im->include_data = &reading;
	}
	for (int i = 0; i < args->operand_count; i++)
		take_file(im, &reading, args->operand[i]);
	import_end(im);
	r = finish(ctl, im, &reading);
	(void)import_free(im);
	return r;
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "there are lines that need attention" },
	{ CTL_USAGE, "wrong command line, or a file could not be read" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_import = {
	.name = "import",
	.operands = "FILE...",
	.min_operands = 1,
	.max_operands = 100000,
	.help = "what each line of Apache's configuration for another mod_lsapi does here",
	.more = "FILE may be - for standard input.",
	.options = options,
	.exits = exits,
	.is_alone = true,
	.run = run,
};
