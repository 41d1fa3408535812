/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Plesk: each PHP is a handler that its own command registers, and the configuration of a domain is
 * made of templates. Ours are of type cgi; our template of that type gives their domains SetHandler
 * of the name that lsapid.conf has, and all other domains to Plesk's own template.
 *
 * Source: docs.plesk.com, "php_handler: PHP Handlers", "Changing Virtual Hosts Settings Using
 * Configuration Templates".
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/ctl/conf_line.h"
#include "daemon/ctl/host/domains.h"
#include "daemon/ctl/host/host.h"

#define PSA         "/usr/local/psa"
#define TEMPLATES   PSA "/admin/conf/templates"
#define TEMPLATE    "/service/php_over_cgi.php"
#define PHP_HANDLER "/usr/local/psa/bin/php_handler"
#define VHOSTS      "/var/www/vhosts/system"
#define TYPE        "application/"
#define ID          "x-httpd-lsphp-"

static const char template_text[] =
	"<?php\n"
	"/* Written by lsapid: domains whose PHP handler is one of its own go to mod_lsapi. */\n"
	"/** @var Template_VariableAccessor $VAR */\n"
	"$lsapidHandler = $VAR->domain->physicalHosting->phpHandlerId;\n"
	"if (preg_match('/^" ID "[a-z0-9-]+$/', (string)$lsapidHandler)): ?>\n"
	"        <Files ~ (\\.php$)>\n"
	"            SetHandler " TYPE "<?php echo $lsapidHandler ?>\n"
	"\n"
	"        </Files>\n"
	"<?php else:\n"
	"    include '" TEMPLATES "/default" TEMPLATE "';\n"
	"endif; ?>\n";

static int write_template(struct host *h)
{
	static const char path[] = TEMPLATES "/custom" TEMPLATE;
	char *text = NULL;
	int r = tree_read(&h->tree, path, &text);
	bool is_others = r == 0 && strcmp(text, template_text) != 0;

	free(text);
	if (is_others && !h->options.is_forced)
		return host_fail(
			"%s%s is there, and not of lsapid; take into it what 'setup --force' would "
			"replace it with, or use that (uninstall brings it back)",
			h->tree.path, path);
	r = change_mkdir(&h->change, TEMPLATES "/custom/service");
	return r < 0 ? r : change_write(&h->change, path, template_text);
}

static bool is_registered(const struct host *h, const char *id)
{
	for (size_t i = 0; i < h->change.journal.count; i++) {
		const struct journal_entry *e = &h->change.journal.entry[i];

		if (e->is_command && e->argv[3] && strcmp(e->argv[0], PHP_HANDLER) == 0 &&
			strcmp(e->argv[3], id) == 0)
			return true;
	}
	return false;
}

static int register_php(struct host *h, const struct php_binary *php)
{
	const char *id = php->handler + sizeof(TYPE) - 1;
	char name[64];
	char cli[PATH_MAX];
	char ini[PATH_MAX];
	const char *add[] = { PHP_HANDLER, "--add", "-displayname", name, "-path", php->path,
		"-clipath", cli, "-phpini", ini, "-type", "cgi", "-id", id, NULL };
	const char *remove[] = { PHP_HANDLER, "--remove", "-id", id, NULL };
	int size = (int)(strlen(php->path) - strlen("lsphp"));
	int home = (int)(strlen(php->path) - strlen(php->place->suffix));

	if (is_registered(h, id))
		return 0;
	(void)snprintf(name, sizeof(name), "LSPHP%s %s", php->digits, php->place->label);
	(void)snprintf(cli, sizeof(cli), "%.*sphp", size, php->path);
	(void)snprintf(ini, sizeof(ini), "%.*s/etc/php.ini", home, php->path);
	return change_do(&h->change, add, remove);
}

static int setup(struct host *h)
{
	struct php_binaries php;
	int r = php_binaries_find(&h->tree, h->panel->php, &php);

	if (r < 0)
		return r;
	r = write_template(h);
	for (size_t i = 0; r == 0 && i < php.count; i++)
		r = register_php(h, &php.item[i]);
	php_binaries_deinit(&php);
	return r;
}

/* --- domains ------------------------------------------------------------------------------- */

/* The first handler of ours in a domain's configuration, without the type. NULL: none */
static const char *find_handler(const char *text, struct conf_line *line)
{
	struct conf_text conf = { .data = text, .size = strlen(text) };

	while (conf_line_next(&conf, line)) {
		if (line->kind == CONF_LINE_DIRECTIVE &&
			strcasecmp(line->name, "SetHandler") == 0 && line->word_count == 1 &&
			strncmp(line->word[0], TYPE ID, sizeof(TYPE ID) - 1) == 0)
			return line->word[0] + sizeof(TYPE) - 1;
	}
	return NULL;
}

static int count_domains(const struct host *h, struct domains *d)
{
	struct tree_names names;
	struct conf_line *line = malloc(sizeof(*line));
	struct php_binaries php;
	int r = line ? php_binaries_find(&h->tree, h->panel->php, &php) : -ENOMEM;

	if (r < 0) {
		free(line);
		return r;
	}
	for (size_t i = 0; i < php.count; i++)
		domains_add(d, php.item[i].handler + sizeof(TYPE) - 1, 0);
	php_binaries_deinit(&php);
	if (tree_list(&h->tree, VHOSTS, &names) == 0) {
		for (size_t i = 0; i < names.count; i++) {
			char path[PATH_MAX];
			char *text = NULL;

			(void)snprintf(
				path, sizeof(path), VHOSTS "/%s/conf/httpd.conf", names.name[i]);
			const char *id = tree_read(&h->tree, path, &text) == 0
						 ? find_handler(text, line)
						 : NULL;

			if (id)
				domains_add(d, id, 1);
			free(text);
		}
		tree_names_deinit(&names);
	}
	free(line);
	return 0;
}

const struct panel panel_plesk = {
	.id = PANEL_PLESK,
	.mark = { PSA "/version", "/opt/psa/version" },
	.version_path = PSA "/version",
	.layout = { &layout_debian, &layout_redhat },
	.php = { &php_place_alt_plesk, &php_place_plesk },
	.next = "choose one of the handlers LSPHP in the PHP settings of each domain",
	.setup = setup,
	.count_domains = count_domains,
};
