/* SPDX-License-Identifier: Apache-2.0 */

/* Explains a configuration of httpd that was written for another mod_lsapi. Asks no daemon. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/cmd.h"
#include "daemon/ctl/conf_file.h"
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

static void take_file(struct import *im, struct reading *reading, const char *path)
{
	char *data = NULL;
	size_t size = 0;
	int r = im->file_count >= MAX_FILES ? -EMFILE : conf_file_read(path, &data, &size);

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

/** Where an included file belongs. */
struct inclusion {
	struct import *im;
	struct reading *reading;
};

static void take_included(const char *path, void *data)
{
	const struct inclusion *i = data;

	take_file(i->im, i->reading, path);
}

/* ServerRoot is not known better to this program than to httpd. */
static void take_pattern(struct import *im, const char *pattern, void *data)
{
	struct inclusion inclusion = { .im = im, .reading = data };

	if (conf_file_match(im->server_root, pattern, take_included, &inclusion) < 0)
		import_remedy(im, import_add(im, IMPORT_NOTE, "no such file: %s", pattern),
			"is %s in it below ServerRoot? Then give the file that sets it first",
			pattern);
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
