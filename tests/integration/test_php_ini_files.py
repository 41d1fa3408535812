# SPDX-License-Identifier: Apache-2.0
"""Files of settings that belong to a site: lsapi_phprc, .user.ini."""

import json
import os

import pytest

from harness import IS_FOREIGN_LSPHP, Vhost

SCRIPT = """<?php echo json_encode(['file' => php_ini_loaded_file(), 'agent' => ini_get('user_agent'),
	'out' => ini_get('arg_separator.output'), 'in' => ini_get('arg_separator.input'),
	'PHPRC' => [getenv('PHPRC'), getenv('PHPRC', true), $_ENV['PHPRC'] ?? false],
	'ppid' => posix_getppid(), 'names' => array_keys(getenv())]);"""


class Sites:
    """Sites of one user who has a home, each with directives of its own."""

    def __init__(self, stack, user, extras, **how):
        vhosts = [Vhost(name, user.pw_name, extra=extra) for name, extra in extras.items()]
        self.user = user
        self.stack = stack(*vhosts, start=False, **how)
        self.docroot = {v.name: v.docroot for v in vhosts}
        for docroot in self.docroot.values():
            self.write(docroot / "ini.php", SCRIPT)

    def write(self, path, text):
        self.stack.place.file(path, text, self.user)

    def directory(self, name):
        return self.stack.place.directory(name, self.user)

    def get(self, name, target="/ini.php"):
        answer = self.stack.get(name, target)
        assert answer.status == 200, f"{name}: {answer.text[:500]}"
        return json.loads(answer.text)


# the accounts go when the processes of the stack have gone: they are asked for first
@pytest.fixture
def sites(accounts, stack):
    return lambda extras, **how: Sites(stack, accounts.add(), extras, **how)


def agent(name):
    return f"user_agent = {name}\n"


@pytest.mark.deadline(300)
def test_phprc_in_each_form(sites):
    """B52: No, DocRoot, Auto, a path to a directory or a file; and what is none of them."""
    made = sites({
        "none.test": "", "no.test": "lsapi_phprc No", "docroot.test": "lsapi_phprc DocRoot",
        "auto.test": "lsapi_phprc auto", "home.test": "lsapi_phprc Auto",
        "bare.test": "lsapi_phprc DocRoot", "path.test": "lsapi_phprc @/etc",
        "file.test": "lsapi_phprc @/etc/own.ini", "bad.test": "lsapi_phprc maybe",
        "account.test": "lsapi_phprc DocRoot\nlsapi_per_user On"})
    for vhost in made.stack.httpd.vhosts.values():
        vhost.extra = vhost.extra.replace("@", str(made.stack.place.path))
    etc = made.directory("etc")
    made.write(etc / "php.ini", agent("path"))
    made.write(etc / "own.ini", agent("own"))
    made.write(os.path.join(made.user.pw_dir, "php.ini"), agent("home"))
    for name in ("none", "no", "docroot", "auto", "bad", "account"):
        made.write(made.docroot[f"{name}.test"] / "php.ini", agent("docroot"))
    made.stack.start()
    seen = {name.split(".")[0]: made.get(name) for name in made.docroot}
    assert {name: v["agent"] for name, v in seen.items()} == {
        "none": "", "no": "", "docroot": "docroot", "auto": "docroot", "home": "home", "bare": "",
        "path": "path", "file": "own", "bad": "", "account": "docroot"}
    assert seen["auto"]["file"] == f"{made.docroot['auto.test']}/php.ini"
    assert seen["home"]["file"] == f"{made.user.pw_dir}/php.ini"
    # the system's where there is none
    assert seen["bare"]["file"] == seen["none"]["file"]
    for name in ("none", "no", "bad"):
        assert seen[name]["PHPRC"] == [False] * 3, name
    made.stack.httpd.wait_log(
        "lsapi_phprc maybe: neither No, Env, Auto, DocRoot nor an absolute path, it is ignored")


def test_phprc_is_stronger_than_lsapids_default(sites):
    """No is a word, too: it takes away what lsapid.conf has for all."""
    made = sites({"none.test": "", "no.test": "lsapi_phprc No"})
    etc = made.directory("etc")
    made.write(etc / "php.ini", agent("all"))
    made.stack.daemon.defaults["phprc"] = etc
    made.stack.daemon.write_conf()
    made.stack.start()
    assert [made.get(name)["agent"] for name in ("none.test", "no.test")] == ["all", ""]


def test_phprc_of_the_environment(sites):
    """B52: Env is what SetEnv PHPRC says, and each value has a PHP of its own."""
    made = sites({"env.test": "lsapi_phprc Env\nSetEnv PHPRC @/one", "no.test": "SetEnv PHPRC @/one",
                  "unset.test": "lsapi_phprc Env", "bad.test": "lsapi_phprc Env\nSetEnv PHPRC one",
                  "list.test": "lsapi_phprc Env\nSetEnv PHPRC @/two:~"})
    for vhost in made.stack.httpd.vhosts.values():
        vhost.extra = vhost.extra.replace("@", str(made.stack.place.path))
    for name in ("one", "two"):
        made.write(made.directory(name) / "php.ini", agent(name))
    made.write(os.path.join(made.user.pw_dir, "php.ini"), agent("home"))
    inner = made.directory(f"{made.docroot['env.test'].name}/in")
    made.write(inner / "ini.php", SCRIPT)
    made.write(inner / ".htaccess", f"SetEnv PHPRC {made.stack.place.path}/two\n")
    made.stack.start()
    seen = {name: made.get(name) for name in made.docroot}
    assert {name: v["agent"] for name, v in seen.items()} == {
        "env.test": "one", "no.test": "", "unset.test": "", "bad.test": "", "list.test": ""}
    other = made.get("env.test", "/in/ini.php")
    assert other["agent"] == "two" and other["ppid"] != seen["env.test"]["ppid"]
    assert made.get("env.test")["ppid"] == seen["env.test"]["ppid"]
    # without the directive it is a variable of the request like any other, and none of PHP's start
    assert seen["no.test"]["PHPRC"][1] is False
    assert seen["unset.test"]["PHPRC"] == [False] * 3
    for name in ("bad.test", "list.test"):
        made.stack.httpd.wait_log("the variable PHPRC", name)


@pytest.mark.deadline(300)
def test_phprc_of_htaccess_is_bounded(sites):
    """A file that is rewritten for ever does not fill the host with PHP."""
    limits = {"StartServers": 1, "ServerLimit": 1, "ThreadsPerChild": 4, "MaxRequestWorkers": 4,
              "MinSpareThreads": 1, "MaxSpareThreads": 4}
    made = sites({"env.test": "lsapi_phprc Env"}, limits=limits)
    places = [made.directory(f"d{i}") for i in range(10)]
    for place in places:
        made.write(place / "php.ini", agent(place.name))
    made.stack.start()
    seen = []
    for place in places:
        made.write(made.docroot["env.test"] / ".htaccess", f"SetEnv PHPRC {place}\n")
        seen.append(made.get("env.test"))
    assert [v["agent"] for v in seen] == [f"d{i}" for i in range(8)] + ["", ""]
    assert len({v["ppid"] for v in seen}) == 9
    made.stack.httpd.wait_log("this site has used 8 values of PHPRC", "env.test")
    # what it has stays
    made.write(made.docroot["env.test"] / ".htaccess", f"SetEnv PHPRC {places[3]}\n")
    assert made.get("env.test")["ppid"] == seen[3]["ppid"]


USER_INI = {
    "off.test": "", "on.test": "lsapi_enable_user_ini On",
    "home.test": "lsapi_enable_user_ini On\nlsapi_user_ini_homedir On",
    "half.test": "lsapi_user_ini_homedir On",
    "admin.test": "lsapi_enable_user_ini On\nlsapi_user_ini_homedir On\n"
                  "php_admin_value arg_separator.output admin",
}


def test_user_ini_of_a_site(sites):
    """B54: only where it is On, from the document root down to the script's directory."""
    made = sites(USER_INI)
    made.write(os.path.join(made.user.pw_dir, ".user.ini"), "user_agent = home\n"
               "arg_separator.output = home\nallow_url_fopen = 0\n")
    for docroot in made.docroot.values():
        made.write(docroot / ".user.ini", "arg_separator.output = root\narg_separator.input = r\n")
        inner = made.directory(f"{docroot.name}/in/deep")
        made.write(inner / "ini.php", SCRIPT)
        made.write(inner / ".user.ini", "arg_separator.input = d\n")
    made.stack.start()
    seen = {name: made.get(name, "/in/deep/ini.php") for name in made.docroot}
    settings = {name.split(".")[0]: (v["agent"], v["out"], v["in"]) for name, v in seen.items()}
    home = "" if IS_FOREIGN_LSPHP else "home"
    assert settings == {"off": ("", "&", "&"), "on": ("", "root", "d"), "home": (home, "root", "d"),
                        "half": ("", "&", "&"), "admin": (home, "admin", "d")}
    shallow = made.get("home.test")
    assert (shallow["agent"], shallow["out"], shallow["in"]) == (home, "root", "r")
    # nothing of ours is in the environment of scripts
    assert not [name for v in seen.values() for name in v["names"] if name.startswith("LSAPI_")]


GET = """<?php foreach (explode(',', $_GET['n']) as $name) $got[$name] = ini_get($name);
	$got['set'] = @ini_set('user_agent', 'script') !== false;
	$got['ppid'] = posix_getppid();
	echo json_encode($got);"""
NAMES = "user_agent,memory_limit,precision,allow_url_fopen,allow_url_include,open_basedir"
ADMIN_INI = """[PHP]
user_agent = admin
memory_limit = 77M
precision = 9
allow_url_fopen = Off
open_basedir = "%s:/run:/tmp"
"""
USER_INI_FILE = """user_agent = %s
memory_limit = 78M
allow_url_include = On
allow_url_fopen = On
open_basedir = /
precision[] = list
[PATH=/]
precision = 3
"""


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="the reference cannot read a file for one request")
def test_phpini_of_server_and_htaccess(sites):
    """B53: that of the administrator is as php.ini, that of .htaccess says what .htaccess may."""
    made = sites({
        "off.test": "lsapi_phpini @/admin.ini",
        "on.test": "lsapi_process_phpini On\nlsapi_phpini @/admin.ini\nphp_admin_value memory_limit 99M",
        "user.test": "lsapi_process_phpini On\n<Location /no>\nlsapi_process_phpini Off\n</Location>"})
    top = made.stack.place.path
    for vhost in made.stack.httpd.vhosts.values():
        vhost.extra = vhost.extra.replace("@", str(top))
    made.stack.place.file("admin.ini", ADMIN_INI % top, mode=0o644)
    # root's own, which only Apache's parent could read
    made.stack.place.file("root.ini", "user_agent = root\n", mode=0o600)
    asks = {"one": "one/own.ini", "two": "two/own.ini", "gone": "gone/own.ini", "no": "one/own.ini",
            "root": f"{top}/root.ini", "relative": "x/php.ini"}
    for docroot in made.docroot.values():
        made.write(docroot / "get.php", GET)
        for name, path in asks.items():
            inner = made.directory(f"{docroot.name}/{name}")
            made.write(inner / "get.php", GET)
            path = path if name in ("root", "relative") else docroot / path
            made.write(inner / ".htaccess", f"lsapi_phpini {path}\n")
            if name in ("one", "two"):
                made.stack.place.file(inner / "own.ini", USER_INI_FILE % name, made.user, 0o600)
        made.write(made.directory(f"{docroot.name}/switch") / ".htaccess", "lsapi_process_phpini On\n")
        made.write(docroot / "switch/get.php", GET)
    made.stack.start()

    def get(site, where=""):
        return made.get(f"{site}.test", f"/{where}{'/' if where else ''}get.php?n={NAMES}")

    default = get("off")
    assert (default["user_agent"], default["memory_limit"]) == ("", "128M")
    assert get("off", "one") == default and "lsapi_phpini" not in made.stack.httpd.text()
    admin = get("on")
    assert admin == {**default, "user_agent": "admin", "memory_limit": "99M", "precision": "9",
                     "allow_url_fopen": "", "open_basedir": f"{top}:/run:/tmp", "set": True,
                     "ppid": admin["ppid"]}
    # completes that of the administrator, whose open_basedir it cannot widen
    assert get("on", "one") == {**admin, "user_agent": "one"}
    user = {name: get("user", name) for name in ("one", "two", "no", "gone", "root", "relative")}
    mine = {**get("user"), "user_agent": "one", "memory_limit": "78M", "open_basedir": "/"}
    assert mine["allow_url_fopen"] == "1"  # as before
    assert user["one"] == mine and user["two"] == {**mine, "user_agent": "two"}
    for name in ("no", "gone", "root", "relative"):
        assert user[name] == get("user"), name
    assert made.stack.get("user.test", f"/switch/get.php?n={NAMES}").status == 500
    made.stack.httpd.wait_log("gone/own.ini is not used: No such file or directory", "user.test")
    made.stack.httpd.wait_log("root.ini is not used: Permission denied", "user.test")
    made.stack.httpd.wait_log("lsapi_phpini x/php.ini: not an absolute path, it is ignored")
    # a change counts at once
    made.write(made.docroot["user.test"] / "one/own.ini", "user_agent = changed\n")
    assert get("user", "one")["user_agent"] == "changed"
