# SPDX-License-Identifier: Apache-2.0
"""B51: php_value and its kin, on one tree of sections and .htaccess files, as mod_php has them.

ini_get_all() of both is compared, the local values and who may change them.
"""

import json
import os

import pytest

from harness import IS_FOREIGN_LSPHP, Vhost

REFERENCE = os.environ.get("LSAPID_REFERENCE", "")
WHY_NOT = os.environ.get("LSAPID_NO_REFERENCE") or "tests/run unpacks mod_php; it did not run"
INI = "/etc/php/8.2/embed"

# What a script can do about it comes with it: each name is tried, and nothing else is changed.
SCRIPT = r"""<?php
$tried = [];
foreach (array_filter(explode(',', $_GET['try'] ?? '')) as $name)
	$tried[$name] = @ini_set($name, '7') !== false;
echo json_encode(['all' => ini_get_all(), 'tried' => $tried], JSON_PARTIAL_OUTPUT_ON_ERROR);
"""

MAIN = """
php_value user_agent main
php_admin_value sys_temp_dir /tmp
php_value arg_separator.output main
php_admin_value arg_separator.input ;&
"""
# of a virtual host; @ is the document root
SECTIONS = r"""
php_value arg_separator.output host
php_value arg_separator.input host
php_value memory_limit 100M
php_admin_value post_max_size 11M
php_admin_flag allow_url_fopen off
php_flag allow_url_include on
php_value disable_functions exec
php_value error_append_string "a 'b' & c"
php_value date.timezone Europe/Berlin
php_value no.such.name 1
php_value MEMORY_LIMIT 1M
php_value include_path NONE
php_flag short_open_tag yes
php_flag html_errors 1
php_flag ignore_user_abort ON
php_flag log_errors true
php_value precision 5
php_admin_value precision 6
php_admin_value serialize_precision 7
php_value serialize_precision 8
<Directory @>
	php_value memory_limit 101M
	php_value post_max_size 12M
	php_flag allow_url_fopen on
</Directory>
<Directory @/dir>
	php_admin_value memory_limit 102M
	php_admin_value post_max_size 13M
	php_value open_basedir @:/tmp
</Directory>
<DirectoryMatch "/dir/deep/">
	php_value memory_limit 104M
	php_value user_agent deep
</DirectoryMatch>
<Files "special.php">
	php_value user_agent file
	php_admin_value max_input_time 33
</Files>
<Location /dir>
	php_value include_path /location
	php_value max_input_time 34
</Location>
<Location /admin>
	php_admin_value open_basedir @
	php_admin_value error_log none
</Location>
<Location /staged>
	php_admin_value open_basedir @
	php_value mail.log /etc/x
</Location>
<If "%{QUERY_STRING} =~ /if=1/">
	php_value user_agent if
</If>
<Directory @/deaf>
	AllowOverride None
</Directory>
<Directory @/some>
	AllowOverride FileInfo
</Directory>
"""
HTACCESS = {
    "": "php_value default_mimetype text/plain\nphp_value arg_separator.output htaccess\n",
    "dir": "php_value memory_limit 103M\nphp_value open_basedir /\nphp_value error_log /etc/x\n"
           "php_flag display_errors on\nphp_value session.name \"a b\"\n",
    "dir/deep": "php_value default_mimetype none\nphp_value include_path /deep\n"
                "php_value session.use_cookies 0\nphp_value zend.assertions 1\n"
                "php_value session.gc_maxlifetime -1\nphp_value variables_order x\n",
    "deaf": "php_value user_agent deaf\n",
    "admin": "php_value open_basedir /\nphp_value upload_max_filesize 3K\n"
             "<IfModule php_module>\nphp_value user_agent php\n</IfModule>\n"
             "<Files ini.php>\nphp_value highlight.html #123456\n</Files>\n"
             "php_value mbstring.language German\nphp_value pcre.backtrack_limit 12\n",
    "staged": "php_value user_agent staged\n",
    "forbidden": "php_admin_value user_agent forbidden\n",
    "forbidden-flag": "php_admin_flag log_errors on\n",
    "some": "php_value user_agent some\n",
}
# target: what it shows beside all that is compared: (name, local value, who may change it)
CASES = {
    "/ini.php?try=memory_limit,post_max_size,precision,serialize_precision,user_agent": [
        ("user_agent", "main", 7), ("memory_limit", "101M", 7), ("post_max_size", "11M", 4),
        ("arg_separator.output", "htaccess", 7), ("arg_separator.input", ";&", 4),
        ("allow_url_fopen", "0", 4), ("allow_url_include", "", 4), ("short_open_tag", "0", 6),
        ("html_errors", "1", 7), ("precision", "6", 4), ("serialize_precision", "8", 7),
        ("default_mimetype", "text/plain", 7), ("include_path", ".:/usr/share/php", 7),
        ("error_append_string", "a 'b' & c", 7)],
    "/special.php?try=max_input_time,user_agent": [
        ("user_agent", "file", 7), ("max_input_time", "33", 4)],
    "/ini.php?if=1": [("user_agent", "if", 7)],
    "/dir/ini.php?try=memory_limit,open_basedir": [
        ("memory_limit", "102M", 4), ("post_max_size", "13M", 4), ("include_path", "/location", 7),
        ("display_errors", "1", 7), ("open_basedir", "/", 7)],
    "/dir/special.php?try=max_input_time": [("max_input_time", "33", 4)],
    "/dir/deep/ini.php": [("memory_limit", "102M", 4), ("user_agent", "deep", 7),
                          ("include_path", "/location", 7)],
    "/deaf/ini.php": [("user_agent", "main", 7)],
    # outside of open_basedir: .htaccess might not, the administrator may
    "/staged/ini.php": [("mail.log", "/etc/x", 6)],
    "/admin/ini.php?try=open_basedir,user_agent": [
        ("upload_max_filesize", "3K", 6), ("user_agent", "php", 7),
        ("highlight.html", "#123456", 7)],
}


def build(made, docroot, owner):
    for name, text in HTACCESS.items():
        inner = made.place.directory(f"{docroot.name}/{name}", owner)
        for script in ("ini.php", "special.php"):
            made.place.file(inner / script, SCRIPT, owner)
        made.place.file(inner / ".htaccess", text, owner)


@pytest.fixture(scope="module")
def tree():
    """One Apache with mod_php and mod_lsapi, both on the same tree."""
    if not REFERENCE:
        pytest.skip(WHY_NOT)
    from conftest import Stack

    ours = Vhost("lsapi.test", "games")
    theirs = Vhost("modphp.test")
    off = Vhost("off.test", "games")
    made = Stack([ours, theirs, off], mpm="prefork", start=False, extra=(
        f"LoadModule php_module {REFERENCE}/usr/lib/apache2/modules/libphp8.2.so\n"
        f"PHPIniDir {INI}\n{MAIN}"))
    ours.extra = SECTIONS.replace("@", str(ours.docroot))
    theirs.extra = (f'{ours.extra}\nlsapi_engine Off\n<FilesMatch "\\.php$">\n'
                    "SetHandler application/x-httpd-php\n</FilesMatch>")
    off.extra = (f"{ours.extra}\nlsapi_mod_php_behaviour Off\n"
                 "<Location /dir>\nlsapi_mod_php_behaviour On\n</Location>\n")
    # what is compared names it
    theirs.docroot = off.docroot = ours.docroot
    environ = made.httpd.environ
    made.httpd.environ = lambda: {**environ(), "PHP_INI_SCAN_DIR": f"{INI}/conf.d"}
    build(made, ours.docroot, ours.owner)
    try:
        yield made.start()
    finally:
        made.end()


def settings(made, vhost, target):
    answer = made.get(vhost, target)
    assert answer.status == 200, f"{vhost} {target}: {answer.text[:500]}"
    text = answer.text
    return json.loads(text[:text.rindex("}") + 1])  # error_append_string and the like follow


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="the reference knows no stage but that of .htaccess")
@pytest.mark.parametrize("target", CASES)
def test_settings_are_those_of_mod_php(tree, target):
    ours, theirs = settings(tree, "lsapi.test", target), settings(tree, "modphp.test", target)
    own = set(theirs["all"]) - set(ours["all"])
    assert own <= {"engine", "last_modified", "xbithack"}, "settings of mod_php itself"
    different = {name: (ours["all"][name], theirs["all"][name])
                 for name in set(ours["all"]) & set(theirs["all"])
                 if ours["all"][name] != theirs["all"][name]}
    assert not different
    assert ours["tried"] == theirs["tried"]
    tried = set(ours["tried"])
    for name, value, access in CASES[target]:
        seen = ours["all"][name]
        assert seen["access"] == access, name
        if name not in tried or not ours["tried"][name]:
            assert seen["local_value"] == value, name


@pytest.mark.parametrize("where", ["forbidden", "forbidden-flag", "some"])
def test_htaccess_that_says_too_much(tree, where):
    """The admin forms are none of its business, and AllowOverride Options is needed for any."""
    for vhost in ("lsapi.test", "modphp.test"):
        assert tree.get(vhost, f"/{where}/ini.php").status == 500


def test_mod_php_behaviour_off(tree):
    """lsapi_mod_php_behaviour: Off ignores all four, where it is Off."""
    default = settings(tree, "off.test", "/ini.php")["all"]
    for name in ("memory_limit", "post_max_size", "default_mimetype", "allow_url_fopen", "precision"):
        assert default[name]["local_value"] == default[name]["global_value"], name
        assert default[name]["access"] != 4 or name == "allow_url_fopen"
    there = settings(tree, "off.test", "/dir/ini.php")["all"]
    assert there["memory_limit"] == {**default["memory_limit"], "local_value": "102M", "access": 4}
