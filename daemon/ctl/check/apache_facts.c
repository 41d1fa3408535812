/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/check/apache_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/base/str.h"
#include "daemon/ctl/conf_file.h"
#include "proto/handler_name.h"

/** Where distributions and panels have the first file. */
static const char *const usual_paths[] = {
	"/etc/apache2/apache2.conf",
	"/etc/httpd/conf/httpd.conf",
	"/etc/apache2/conf/httpd.conf",
	"/usr/local/apache/conf/httpd.conf",
	"/usr/local/apache2/conf/httpd.conf",
};

#define VALUE_SIZE 1024U

static void add_fact(struct apache_facts *f, enum apache_fact_kind kind, const char *name,
	const char *value, const char *where)
{
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 64;
		struct apache_fact *more = reallocarray(f->fact, room, sizeof(*more));

		if (!more || f->count == APACHE_FACTS_MAX) {
			f->is_out_of_memory = f->is_out_of_memory || !more;
			f->fact = more ? more : f->fact;
			return;
		}
		f->fact = more;
		f->room = room;
	}
	f->fact[f->count++] = (struct apache_fact){
		.kind = kind,
		.name = strdup(name),
		.value = strdup(value),
		.where = strdup(where),
	};
}

static void add_here(struct apache_facts *f, enum apache_fact_kind kind, const char *name,
	const char *value, unsigned line)
{
	char where[4096 + 16];

	(void)snprintf(where, sizeof(where), "%s:%u", f->import->path, line);
	add_fact(f, kind, name, value, where);
}

const struct apache_fact *apache_facts_find(
	const struct apache_facts *f, enum apache_fact_kind kind, const struct apache_fact *after)
{
	for (size_t i = after ? (size_t)(after - f->fact) + 1 : 0; i < f->count; i++)
		if (f->fact[i].kind == kind && f->fact[i].name && f->fact[i].value &&
			f->fact[i].where)
			return &f->fact[i];
	return NULL;
}

static const struct apache_fact *find_named(
	const struct apache_facts *f, enum apache_fact_kind kind, const char *name)
{
	const struct apache_fact *fact = NULL;

	while ((fact = apache_facts_find(f, kind, fact)))
		if (strcmp(fact->name, name) == 0)
			return fact;
	return NULL;
}

const struct apache_fact *apache_facts_module(const struct apache_facts *f, const char *name)
{
	return find_named(f, APACHE_MODULE, name);
}

/* --- variables ---------------------------------------------------------------------------- */

/* ${NAME} of what is defined; the rest as it is. One pass: values were expanded already. */
static void expand(const struct apache_facts *f, const char *text, char *out, size_t size)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		const char *end = strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;
		const struct apache_fact *v = NULL;
		char name[128];

		if (end && (size_t)(end - text) - 2 < sizeof(name)) {
			(void)snprintf(name, sizeof(name), "%.*s", (int)(end - text - 2), text + 2);
			v = find_named(f, APACHE_VARIABLE, name);
		}
		if (v) {
			used += (size_t)snprintf(out + used, size - used, "%s", v->value);
			used = used < size ? used : size - 1;
			text = end + 1;
		} else {
			out[used++] = *text++;
		}
	}
	out[used] = '\0';
}

/* $SUFFIX at the end of a value is Debian's, and empty but for a second Apache. */
static void take_shell_line(struct apache_facts *f, char *line)
{
	char *equals, *value;
	size_t size;

	line += strspn(line, " \t");
	if (strncmp(line, "export ", 7) == 0)
		line += 7 + strspn(line + 7, " \t");
	equals = strchr(line, '=');
	size = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	if (!equals || line + size != equals)
		return;
	*equals = '\0';
	value = equals + 1;
	if (*value == '"' || *value == '\'')
		value++;
	value[strcspn(value, "\"'$ \t\r#;")] = '\0';
	add_fact(f, APACHE_VARIABLE, line, value, "");
}

void apache_facts_take_envvars(struct apache_facts *f, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n");
		char line[VALUE_SIZE];

		if (size < sizeof(line)) {
			memcpy(line, text, size);
			line[size] = '\0';
			take_shell_line(f, line);
		}
		text += size + (text[size] == '\n');
	}
}

/* --- conditions --------------------------------------------------------------------------- */

/* mod_php.c is what LoadModule calls php_module; event.c is mpm_event_module. */
static bool is_source_of(const char *source, const char *module)
{
	size_t size = strlen(module);
	char name[128];

	if (size < 8 || strcmp(module + size - 7, "_module") != 0)
		return false;
	(void)snprintf(name, sizeof(name), "mod_%.*s.c", (int)(size - 7), module);
	if (strcmp(source, name) == 0)
		return true;
	(void)snprintf(name, sizeof(name), "%.*s.c", (int)(size - 7), module);
	if (strcmp(source, name) == 0)
		return true;
	return strncmp(module, "mpm_", 4) == 0 && strcmp(source, name + 4) == 0;
}

static bool is_loaded(const struct apache_facts *f, const char *name)
{
	/* in every httpd that is worth the name; Debian's has these besides */
	static const char *const built_in[] = { "core.c", "core_module", "http_core.c", "mod_so.c",
		"so_module", "mod_log_config.c", "mod_logio.c", "mod_unixd.c", "mod_version.c",
		"mod_watchdog.c" };
	const struct apache_fact *m = NULL;

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (strcmp(name, built_in[i]) == 0)
			return true;
	while ((m = apache_facts_find(f, APACHE_MODULE, m)))
		if (strcmp(m->name, name) == 0 || is_source_of(name, m->name))
			return true;
	return false;
}

/* Conditions of another kind are taken to be true. */
static bool holds(struct import *im, const char *section, const char *what, void *data)
{
	const struct apache_facts *f = data;
	bool is_not = *what == '!';

	(void)im;
	if (strcasecmp(section, "IfModule") == 0)
		return is_loaded(f, what + is_not) != is_not;
	if (strcasecmp(section, "IfDefine") == 0)
		return (find_named(f, APACHE_VARIABLE, what + is_not) != NULL) != is_not;
	return true;
}

/* --- lines -------------------------------------------------------------------------------- */

static const char *word(const struct import *im, size_t i)
{
	return i < im->line->word_count ? im->line->word[i] : "";
}

static void take_handler(struct apache_facts *f, const char *name)
{
	const char *what = import_other_php(name);

	if (handler_name_is_lsphp(name))
		add_here(f, APACHE_HANDLER, name, "", f->import->line->number);
	else if (what)
		add_here(f, APACHE_OTHER_PHP, name, what, f->import->line->number);
}

/* Directives whose first word is a fact as it is. */
static const struct {
	const char *name;
	enum apache_fact_kind kind;
	bool is_switch; /* a fact only if it is On */
} plain[] = {
	{ "LoadModule", APACHE_MODULE, false },
	{ "User", APACHE_USER, false },
	{ "Group", APACHE_GROUP, false },
	{ "lsapi_daemon_socket", APACHE_SOCKET, false },
	{ "lsapi_daemon_key", APACHE_KEY, false },
	{ "lsapi_per_user", APACHE_PER_USER, true },
	{ "lsapi_criu", APACHE_CRIU, true },
	{ "lsapi_engine", APACHE_ENGINE, true },
	{ "Define", APACHE_VARIABLE, false },
};

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcasecmp(name, *names) == 0)
			return true;
	return false;
}

static void see_line(struct import *im, void *data)
{
	static const char *const handlers[] = { "AddType", "AddHandler", "SetHandler", "ForceType",
		NULL };
	static const char *const passes[] = { "ProxyPass", "ProxyPassMatch", NULL };
	struct apache_facts *f = data;
	const char *name = im->line->name;
	char first[VALUE_SIZE], second[VALUE_SIZE];

	expand(f, word(im, 0), first, sizeof(first));
	expand(f, word(im, 1), second, sizeof(second));
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcasecmp(name, plain[i].name) == 0 &&
			(!plain[i].is_switch || strcasecmp(first, "On") == 0))
			add_here(f, plain[i].kind, first, second, im->line->number);
	if (is_one_of(name, handlers))
		take_handler(f, first);
	else if (is_one_of(name, passes) && strstr(im->line->rest, "fcgi://") &&
		 strstr(im->line->rest, ".ph"))
		add_here(f, APACHE_OTHER_PHP, name, "PHP-FPM", im->line->number);
}

static void see_vhost(struct import *im, const struct import_section *vhost, void *data)
{
	struct apache_facts *f = data;

	(void)im;
	if (!vhost->has_identity)
		add_here(f, APACHE_VHOST, vhost->server_name, "", vhost->line);
}

/* --- files -------------------------------------------------------------------------------- */

static void take_path(const char *path, void *data)
{
	struct apache_facts *f = data;
	char *text = NULL;
	size_t size = 0;
	int r = f->import->file_count >= 20000 ? -EMFILE : conf_file_read(path, &text, &size);

	if (r == 0)
		import_text(f->import, path, false, text, size);
	else
		add_fact(f, APACHE_UNREADABLE, path,
			r == -EINVAL ? "not a regular file" : strerrordesc_np(-r), path);
	free(text);
}

/* A pattern that matches nothing is no mistake: mods-enabled may be empty. */
static void include(struct import *im, const char *pattern, void *data)
{
	const struct apache_facts *f = data;
	char path[4096];

	expand(f, pattern, path, sizeof(path));
	(void)conf_file_match(im->server_root, path, take_path, data);
}

struct apache_facts *apache_facts_new(const char *path)
{
	struct apache_facts *f = calloc(1, sizeof(*f));
	const char *slash = strrchr(path, '/');

	if (!f)
		return NULL;
	f->path = strdup(path);
	f->import = import_new();
	if (!f->path || !f->import)
		return apache_facts_free(f);
	f->import->include = include;
	f->import->include_data = f;
	f->import->watch = (struct import_watch){
		.holds = holds,
		.line = see_line,
		.vhost = see_vhost,
		.data = f,
	};
	/* of Debian's httpd; others say it */
	if (slash)
		(void)snprintf(f->import->server_root, sizeof(f->import->server_root), "%.*s",
			(int)(slash - path), path);
	return f;
}

struct apache_facts *apache_facts_free(struct apache_facts *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->count; i++) {
		free(f->fact[i].name);
		free(f->fact[i].value);
		free(f->fact[i].where);
	}
	(void)import_free(f->import);
	free(f->fact);
	free(f->path);
	free(f);
	return NULL;
}

void apache_facts_take(struct apache_facts *f, const char *path, const char *data, size_t size)
{
	import_text(f->import, path, false, data, size);
	if (f->import->has_identity)
		add_fact(f, APACHE_OWNER, "", "", path);
}

static void read_envvars(struct apache_facts *f)
{
	char path[4096 + 16];
	char *text = NULL;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/envvars", f->import->server_root);
	if (conf_file_read(path, &text, &size) == 0)
		apache_facts_take_envvars(f, text);
	free(text);
}

struct apache_facts *apache_facts_read(const char *path, const char **ret_why)
{
	struct apache_facts *f;
	char *text = NULL;
	size_t size = 0;
	int r;

	*ret_why = NULL;
	for (size_t i = 0; !path && i < sizeof(usual_paths) / sizeof(usual_paths[0]); i++)
		if (access(usual_paths[i], F_OK) == 0)
			path = usual_paths[i];
	if (!path)
		return NULL;
	r = conf_file_read(path, &text, &size);
	f = r == 0 ? apache_facts_new(path) : NULL;
	if (f) {
		read_envvars(f);
		apache_facts_take(f, path, text, size);
	} else {
		*ret_why = strerrordesc_np(r < 0 ? -r : ENOMEM);
	}
	free(text);
	return f;
}
