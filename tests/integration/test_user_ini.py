# SPDX-License-Identifier: Apache-2.0
"""B54: .user.ini files mean under mod_lsapi what they mean under PHP-FPM, on the same tree."""

import json

import pytest

from harness import IS_FOREIGN_LSPHP, Vhost
from test_server_vars import REFERENCE, WHY_NOT, Fpm

SCRIPT = """<?php $set = [];
foreach (['user_agent', 'memory_limit', 'allow_url_fopen'] as $name)
	$set[$name] = @ini_set($name, '99M') !== false;
$all = ini_get_all();
foreach ($all as $name => &$one) unset($one['global_value']);
echo json_encode([$all, $set], JSON_PARTIAL_OUTPUT_ON_ERROR);
"""
FILES = {
    "": "user_agent = root\narg_separator.output = root\nprecision = 7\nallow_url_fopen = Off\n",
    "a": "arg_separator.output = \"a;b\"\nmemory_limit = 77M\nno.such = 1\nopen_basedir = none\n",
    "a/b": "precision = 5\nerror_reporting = E_ALL & ~E_NOTICE\nshort_open_tag = on\n"
           "post_max_size = 3K\n",
    "broken": "user_agent = before\nthis is ( no line\narg_separator.output = after\n",
    "sections": "[PHP]\nuser_agent = php\n[other]\narg_separator.input = ;\n",
    "constants": "error_reporting = E_ERROR\narg_separator.output = ${NO_SUCH}\nuser_agent = yes\n"
                 "error_prepend_string = 'single'\nerror_append_string = \"two\nlines\"\n",
    "off": "display_errors = off\nhtml_errors = no\nlog_errors = null\nuser_agent =\n",
}
TARGETS = ["/ini.php", "/a/ini.php", "/a/b/ini.php", "/a/empty/ini.php", "/broken/ini.php",
           "/sections/ini.php", "/constants/ini.php", "/off/ini.php", "/alias/ini.php",
           "/alias/in/ini.php", "/link/ini.php", "/a/ini.php/path/info", "//a//b/ini.php"]


@pytest.fixture(scope="module")
def tree():
    if not REFERENCE:
        pytest.skip(WHY_NOT)
    from stack import Stack

    ours = Vhost("lsapi.test", "games")
    theirs = Vhost("fpm.test")
    made = Stack([ours, theirs], modules=["proxy", "proxy_fcgi"], start=False)
    theirs.docroot = ours.docroot
    alias = f"Alias /alias {made.place.path}/outside\n"
    ours.extra = f"lsapi_enable_user_ini On\n{alias}"
    theirs.extra = (f'lsapi_engine Off\n{alias}<FilesMatch "\\.php$">\n'
                    f'SetHandler "proxy:unix:{made.place.path}/fpm.sock|fcgi://localhost"\n</FilesMatch>')
    for name in [*FILES, "a/empty"]:
        inner = made.place.directory(f"{ours.docroot.name}/{name}", ours.owner)
        made.place.file(inner / "ini.php", SCRIPT, ours.owner)
        if name in FILES:
            made.place.file(inner / ".user.ini", FILES[name], ours.owner)
    for name in ("outside", "outside/in"):
        inner = made.place.directory(name, ours.owner)
        made.place.file(inner / "ini.php", SCRIPT, ours.owner)
        made.place.file(inner / ".user.ini", f"user_agent = {name}\n", ours.owner)
    (ours.docroot / "link").symlink_to(made.place.path / "outside")
    manager = Fpm(made.place, ours.owner)
    try:
        yield made.start()
    finally:
        manager.stop()
        made.end()


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="LiteSpeed's lsphp keeps what it read for another root")
@pytest.mark.parametrize("target", TARGETS)
def test_settings_are_those_of_fpm(tree, target):
    seen = []
    for vhost in ("lsapi.test", "fpm.test"):
        answer = tree.get(vhost, target)
        assert answer.status == 200, f"{vhost}: {answer.text[:500]}"
        seen.append(json.loads(answer.text[answer.text.index("["):answer.text.rindex("]") + 1]))
    (ours, ours_set), (theirs, theirs_set) = seen
    different = {name: (ours[name], theirs[name]) for name in set(ours) & set(theirs)
                 if ours[name] != theirs[name]}
    assert not different
    assert ours_set == theirs_set
