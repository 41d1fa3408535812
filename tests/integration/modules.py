# SPDX-License-Identifier: Apache-2.0
"""Little modules of Apache that stand for real ones: they have their names and directives."""

import subprocess

SOURCE = """
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
extern module AP_MODULE_DECLARE_DATA %(name)s_module;
APLOG_USE_MODULE(%(name)s);
static const char *set(cmd_parms *cmd, void *dir, const char *args)
{
	ap_log_perror(APLOG_MARK, APLOG_NOTICE, 0, cmd->pool, "%(name)s: %%s(%%s)", cmd->cmd->name, args);
	return NULL;
}
static const command_rec commands[] = {
%(commands)s
	{ NULL },
};
static void hooks(apr_pool_t *p) { (void)p; }
module AP_MODULE_DECLARE_DATA %(name)s_module = {
	STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, hooks,
};
"""


def query(*names):
    return [subprocess.run(["apxs2", "-q", name], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.strip() for name in names]


def build(place, file, name, directives=()):
    """A module of that source file and name, which says what it is given: its shared object."""
    commands = "\n".join(f'\tAP_INIT_RAW_ARGS("{d}", set, NULL, OR_ALL | RSRC_CONF, NULL),'
                         for d in directives)
    (place.path / f"{file}.c").write_text(SOURCE % {"name": name, "commands": commands})
    include, apr, flags = query("INCLUDEDIR", "APR_INCLUDEDIR", "EXTRA_CPPFLAGS")
    subprocess.run(["cc", "-shared", "-fPIC", *flags.split(), f"-I{include}", f"-I{apr}", "-o",
                    f"{file}.so", f"{file}.c"], cwd=place.path, check=True)
    return place.path / f"{file}.so"


def load(place, file, name):
    return f"LoadModule {name}_module {place.path}/{file}.so\n"
