/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/build_lsphp.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/php_words.h"
#include "daemon/ctl/host/run.h"

/* Source: mod_lsapi-manual, FAQ of EasyApache 3. */
#define SOURCES    "/home/cpeasyapache/src"
#define PHP_CONFIG "/usr/local/bin/php-config"
#define BUILD      LSAPID_STATEDIR "/build-lsphp"
#define LSPHP      "/usr/local/bin/lsphp"
#define KEPT       "/usr/local/bin/lsphp.before-lsapid"
#define GROUP      HOST_GROUP_SETUP "-lsphp"
/* a machine that builds all of PHP in more is broken */
#define LIMIT_S 14400U

/* php-5.6.40, the last of them by name. Return: malloc'ed; NULL, and it was told */
static char *find_source(const struct host *h)
{
	struct tree_names names;
	char *found = NULL;
	int r = tree_list(&h->tree, SOURCES, &names);

	for (size_t i = r == 0 ? names.count : 0; i > 0 && !found; i--) {
		if (strncmp(names.name[i - 1], "php-", 4) != 0)
			continue;
		if (asprintf(&found, SOURCES "/%s", names.name[i - 1]) < 0)
			found = NULL;
	}
	if (r == 0)
		tree_names_deinit(&names);
	if (!found)
		(void)host_fail(SOURCES " has no source of PHP; name its directory "
					"(build-native-lsphp-cust)");
	return found;
}

static int run_in(const struct host *h, const char *const *argv, struct run_output *output)
{
	char line[1024];
	int r;

	h->change.tell(h->change.tell_data, CHANGE_STEP, run_join(argv, line, sizeof(line)));
	r = run_program_in(BUILD, argv, LIMIT_S, output);
	if (r == 0 && run_has_worked(output))
		return 0;
	return host_fail("%s has failed: %s", argv[0], r < 0 ? strerrordesc_np(-r) : output->text);
}

/* The options that the panel has built PHP with, and what makes lsphp of it. */
static int configure(const struct host *h, const char *source, struct run_output *output)
{
	static const char *const ask[] = { PHP_CONFIG, "--configure-options", NULL };
	struct php_words words;
	char path[PATH_MAX];
	int r = run_in(h, ask, output);

	if (r < 0)
		return r;
	if (snprintf(path, sizeof(path), "%s/configure", source) >= PATH_MAX)
		return host_fail("%s is too long", source);
	r = php_words_configure(&words, path, output->text);
	if (r < 0)
		return host_fail("%s says what nobody can read: %s", PHP_CONFIG, output->text);
	r = run_in(h, words.argv, output);
	php_words_deinit(&words);
	return r;
}

/* An lsphp that was there comes back with uninstall. */
static int install(struct host *h, const char *built)
{
	static const char *const keep[] = { "/bin/cp", "-p", LSPHP, KEPT, NULL };
	static const char *const restore[] = { "/bin/mv", "-f", KEPT, LSPHP, NULL };
	static const char *const remove[] = { "/bin/rm", "-f", LSPHP, NULL };
	const char *const put[] = { "/usr/bin/install", "-m", "755", built, LSPHP, NULL };
	bool is_there = tree_exists(&h->tree, LSPHP);
	bool is_ours = change_has(&h->change, GROUP);
	int r = 0;

	h->change.group = GROUP;
	if (!is_ours && is_there)
		r = change_run(&h->change, keep);
	if (r == 0 && !is_ours)
		r = change_undo_by(&h->change, is_there ? restore : remove);
	return r == 0 ? change_run(&h->change, put) : r;
}

static int build(struct host *h, const char *source, struct run_output *output)
{
	static const char *const make[] = { "/usr/bin/make", NULL };
	static const char *const clear[] = { "/bin/rm", "-rf", BUILD, NULL };
	static const char *const results[] = { BUILD "/sapi/litespeed/lsphp",
		BUILD "/sapi/litespeed/php" };
	size_t i = 0;
	int r = change_run(&h->change, clear);

	r = r == 0 ? tree_mkdir(&h->tree, BUILD, 0700) : r;
	if (r < 0)
		return host_fail(BUILD ": %s", strerrordesc_np(-r));
	r = configure(h, source, output);
	r = r == 0 ? run_in(h, make, output) : r;
	if (r < 0)
		return r;
	while (i < 2 && !tree_exists(&h->tree, results[i]))
		i++;
	if (i == 2)
		return host_fail("the build has made no sapi/litespeed/lsphp; is %s the source of "
				 "a PHP with the SAPI litespeed?",
			source);
	r = install(h, results[i]);
	return r == 0 ? change_run(&h->change, clear) : r;
}

int build_lsphp(struct host *h, const char *source)
{
	struct run_output *output = malloc(sizeof(*output));
	char *found = NULL;
	int r;

	if (h->tree.path[0] || h->options.is_dry) {
		free(output);
		(void)host_fail("lsphp is built on the host that it is for, and not in a dry run");
		return CTL_FAILED;
	}
	if (!source)
		source = found = find_source(h);
	r = source && output ? build(h, source, output) : -ENOMEM;
	if (r == 0)
		host_note(h, LSPHP " was built of %s", source);
	free(found);
	free(output);
	return r == 0 ? CTL_OK : CTL_FAILED;
}
