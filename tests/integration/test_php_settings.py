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
    for name, (text, script, _) in ACTS.items():
        inner = made.place.directory(f"{docroot.name}/acts/{name}", owner)
        made.place.directory(f"{docroot.name}/acts/{name}/lib", owner)
        # what the tree around it says would only be in the way
        made.place.file(inner / ".htaccess", f"php_value error_append_string none\n{text}\n", owner)
        made.place.file(inner / "act.php", script, owner)
        for part in ("before.inc", "after.inc", "lib/in.inc"):
            made.place.file(inner / part, f"<?php echo '[{part}]';", owner)


# what settings of a .htaccess do: (.htaccess, script, how it is asked)
POST = {"method": "POST", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
ACTS = {
    "argv": ("php_flag register_argc_argv on", "<?php echo json_encode([$argc, $argv]);",
             {"query": "?foo+bar&x"}),
    "no-argv": ("php_flag register_argc_argv off",
                "<?php echo json_encode([isset($argc), isset($_SERVER['argc'])]);",
                {"query": "?foo+bar"}),
    "order": ("php_value variables_order GP\nphp_value request_order P",
              "<?php echo json_encode([$_REQUEST, $_COOKIE, count($_SERVER)]);",
              {**POST, "query": "?a=1&b=2", "body": b"a=3"}),
    "env": ("php_value variables_order E", "<?php echo json_encode([$_GET, $_POST, isset($_ENV)]);",
            {"query": "?a=1"}),
    "prepend": ("php_value auto_prepend_file before.inc\nphp_value auto_append_file after.inc",
                "<?php echo 'script';", {}),
    "short": ("php_flag short_open_tag on", "<? echo 'short';", {}),
    "long": ("php_flag short_open_tag off", "<? echo 'short';", {}),
    "post-size": ("php_value post_max_size 10", "<?php echo json_encode([$_POST, $_GET]);",
                  {**POST, "query": "?a=1", "body": b"abcdefghij=klmnop"}),
    "vars": ("php_value max_input_vars 2", "<?php echo json_encode($_GET);",
             {"query": "?a=1&b=2&c=3"}),
    "raw": ("php_flag enable_post_data_reading off",
            "<?php echo json_encode([$_POST, file_get_contents('php://input')]);",
            {**POST, "body": b"a=1"}),
    "type": ("php_value default_mimetype text/x-own\nphp_value default_charset koi8-r",
             "<?php echo 1;", {}),
    "no-type": ("php_value default_charset none", "<?php echo 1;", {}),
    "separator": ("php_value arg_separator.input ;", "<?php echo json_encode($_GET);",
                  {"query": "?a=1;b=2&c=3"}),
    "memory": ("php_value memory_limit 4M\nphp_flag display_errors off",
               "<?php echo 'begin'; $x = str_repeat('x', 9000000); echo 'end';", {}),
    "shown": ("php_flag display_errors on\nphp_flag html_errors off\nphp_value error_reporting 32767",
              "<?php echo $nothing; trigger_error('own', E_USER_DEPRECATED);", {}),
    "level": ("php_flag display_errors on\nphp_flag html_errors on\nphp_value error_reporting 1",
              "<?php echo $nothing; no_such_function();", {}),
    "strings": ("php_value error_prepend_string <b>\nphp_value error_append_string </b>\n"
                "php_flag display_errors on\nphp_flag html_errors off",
                "<?php no_such_function();", {}),
    "zlib": ("php_flag zlib.output_compression on", "<?php echo str_repeat('x', 5000);",
             {"headers": {"Accept-Encoding": "gzip"}}),
    "handler": ("php_value output_handler strtoupper", "<?php echo 'loud';", {}),
    "session": ("php_value session.name OWN\nphp_value session.cache_limiter private\n"
                "php_flag session.cookie_httponly on\nphp_value session.save_path /tmp",
                "<?php session_id('fixed'); session_start(); echo session_name(); "
                "session_destroy();", {}),
    "basedir": ("php_value open_basedir /no/such\nphp_flag display_errors off", "<?php echo 1;", {}),
    "include": ("php_value include_path ./lib", "<?php include 'in.inc';", {}),
    "precision": ("php_value precision 4\nphp_value serialize_precision 3",
                  "<?php echo 1/3, ' ', json_encode(1/3);", {}),
    "expose": ("php_flag expose_php off", "<?php echo 1;", {}),
    "time": ("php_value max_execution_time 1\nphp_flag display_errors on\nphp_flag html_errors off",
             "<?php echo ini_get('max_execution_time'); set_time_limit(3); "
             "echo ini_get('max_execution_time');", {}),
    "zone": ("php_value date.timezone Asia/Tokyo", "<?php echo date_default_timezone_get();", {}),
}


@pytest.fixture(scope="module")
def tree():
    """One Apache with mod_php and mod_lsapi, both on the same tree."""
    if not REFERENCE:
        pytest.skip(WHY_NOT)
    from stack import Stack

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


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="another php.ini and another build of PHP")
@pytest.mark.parametrize("name", ACTS)
def test_what_settings_do(tree, name):
    """They count from the first moment of a request, and for what PHP does before the script."""
    _, _, how = ACTS[name]
    seen = []
    for vhost in ("lsapi.test", "modphp.test"):
        rest = {key: value for key, value in how.items() if key != "query"}
        answer = tree.get(vhost, f"/acts/{name}/act.php{how.get('query', '')}", **rest)
        names = ("content-type", "content-encoding", "content-length", "set-cookie", "x-powered-by",
                 "cache-control", "expires", "pragma", "vary")
        fields = [(key.lower(), value) for key, value in answer.headers if key.lower() in names]
        seen.append((answer.status, sorted(fields), answer.body))
    assert seen[0] == seen[1]


ENGINE = {"php_flag engine off": 403, "php_value engine Off": 403, "php_value engine no": 403,
          "php_value engine none": 403, "php_value engine 0": 403, "php_flag engine on": 200,
          "php_value engine yes": 200, "php_value engine 1": 200}


def test_engine_off_shows_nothing_of_a_script(stack):
    """mod_php would send the source; the word of the administrator is the stronger, as ever."""
    made = stack(Vhost("a.test", "games"), Vhost("off.test", "games", extra="php_admin_flag engine off"),
                 start=False)
    made.httpd.vhosts["off.test"].docroot = docroot = made.httpd.vhosts["a.test"].docroot
    made.start()
    owner = made.httpd.vhosts["a.test"].owner
    made.place.file(docroot / "engine.php", "<?php echo 'ran'; /* source */", owner)
    for text, status in ENGINE.items():
        made.place.file(docroot / ".htaccess", f"{text}\n", owner)
        answer = made.get("a.test", "/engine.php")
        assert (answer.status, answer.text == "ran") == (status, status == 200), text
        assert b"source" not in answer.body
        assert made.get("off.test", "/engine.php").status == 403


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
