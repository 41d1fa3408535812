# SPDX-License-Identifier: Apache-2.0
"""Moving from another mod_lsapi: its files load, serve, and mean what lsapidctl import says."""

import importlib.util
import json
import pwd
import re
import subprocess

import pytest

from harness import HANDLER, Vhost
from place import ROOT


def table():
    """Rows of proto/directives.def, as the lint reads them."""
    spec = importlib.util.spec_from_file_location("directives", ROOT / "tests/lint/directives.py")
    lint = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lint)
    return lint.directives(), lint.reference()


ROWS, REFERENCE = table()
#: what an administrator has written in earnest; everything else stands there with its default
WRITTEN = {
    "lsapi_engine": "On", "lsapi_backend_connect_timeout": "100000",
    "lsapi_backend_connect_tries": "10", "lsapi_backend_children": "20",
    "lsapi_set_env": 'OLD_NAME "old value"', "lsapi_set_env_path": "/opt/bin:/usr/bin:/bin",
    "lsapi_terminate_backends_on_exit": "Off", "lsapi_avoid_zombies": "On",
    "lsapi_criu_use_shm": "Signals", "lsapi_sentry": "On", "lsapi_poll_timeout": "60",
    "php_value": "memory_limit 96M", "php_flag": "display_errors on",
    "php_admin_value": "sendmail_path /bin/true", "php_admin_flag": "allow_url_fopen off",
    "lsapi_error_code": "BACKEND_CONNECT 502", "lsapi_starter_log": "/var/log/starter.log",
    "lsapi_log": "/var/log/lsapi.log", "lsapi_param": "OLD_PARAM value",
    "lsapi_hostname_on_debug": "www.example.org",
    "lsapi_access_log": "Off",
}
#: of one site, or another name of what is written already
ELSEWHERE = {"lsapi_user_group", "lsapi_uid_gid", "lsapi_user", "LSAPIPath", "lsapi_phpini",
             "lsapi_daemon_socket", "lsapi_daemon_key", "lsapi_pwd_disabled", "lsapi_handler",
             "lsapi_check_owner", "lsapi_check_script", "lsapi_pool_size", "lsapi_sock_path",
             "lsapi_reset_criu_on_restart", "lsapi_socket_path"}
#: httpd's words about a line of its configuration
TOLD = re.compile(r"\[lsapi:(\w+)\] \[pid [^]]*\] lsapi: (/[^:]+):(\d+): (.*)$", re.MULTILINE)
ATTENTION = {"value", "context", "to do"}


def sample(row):
    """A value that the directive takes."""
    text = WRITTEN.get(row["name"], row["value"])
    if text == "-":
        text = {"uid gid": "1 1", "user group": "games games", "user [group]": "games",
                "file": "/x/php.ini", "handler": HANDLER}.get(row["arguments"], "/x/%u/")
    return text


def old_conf():
    """Every directive of the reference manual and of other editions, as one lsapi.conf."""
    lines = ["<IfModule lsapi_module>", f"\tAddType {HANDLER} .php"]
    lines += [f"\t{name} {sample(row)}" for name, row in ROWS.items() if name not in ELSEWHERE]
    return "\n".join([*lines, "</IfModule>", ""])


def configtest(made):
    """What httpd says of its configuration: (level, file, line, text) of each line."""
    made.httpd.write_conf()
    done = subprocess.run(made.httpd.argv("-t", "-e", "info"), env=made.httpd.environ(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Syntax OK" in done.stdout
    return {(file, int(line)): (level, text)
            for level, file, line, text in TOLD.findall(done.stdout)}, done.stdout


def import_of(made, *files):
    done = subprocess.run([str(made.place.bin / "lsapidctl"), "import", "--json", *map(str, files)],
                          stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, 1)
    return {(f["file"], f["line"]): f for f in json.loads(done.stdout)["findings"]}


def assert_alike(told, found):
    """No line is judged differently: what httpd warns of, import has to do, and the reverse."""
    warned = {where for where, (level, _) in told.items() if level == "warn"}
    wanted = {where for where, f in found.items() if f["result"] in ATTENTION}
    assert warned == wanted, [(where, told.get(where), found.get(where))
                              for where in warned ^ wanted]
    informed = {where for where, (level, _) in told.items() if level == "info"}
    idle = {where for where, f in found.items() if f["result"] in ("no need", "no effect")}
    assert informed == idle, [(where, told.get(where), found.get(where))
                              for where in informed ^ idle]


@pytest.mark.single_user
def test_every_mistake_is_told_alike(stack):
    """Each directive with a value that is none: the same line, the same words, the same value."""
    bad = {"SWITCH": "maybe", "NUMBER": "many", "WORD": "relative"}
    made = stack(start=False)
    conf = made.place.file("bad.conf", "".join(
        f"{name} {bad[row['kind']]}\n" for name, row in ROWS.items() if row["kind"] in bad
        and not name.startswith("lsapi_daemon")))
    made.httpd.extra = f"Include {conf}"
    told, output = configtest(made)
    found = import_of(made, conf)
    for where, f in found.items():
        if f["result"] != "value":
            continue
        why = f["text"].partition(" (")[0]
        # httpd may have told of a second thing, that the directive has no effect
        assert f"{where[0]}:{where[1]}: {f['directive']}: {why}" in output
        if f["used"] not in (None, ROWS[f["directive"].split()[0]]["value"]):
            assert f"{f['used']} is used" in why
    warned = {where for where, (level, _) in told.items() if level == "warn"}
    assert warned == {where for where, f in found.items() if f["result"] in ATTENTION}


@pytest.mark.single_user
def test_numbers_beyond_their_bounds_are_told_alike(stack):
    made = stack(start=False)
    lines = []
    for name, row in ROWS.items():
        if "min" in row:
            lines += [f"{name} {text}" for text in ("-99999", "99999999999999999999", "5x", "+7")]
    conf = made.place.file("bad.conf", "\n".join(lines) + "\n")
    made.httpd.extra = f"Include {conf}"
    _, output = configtest(made)
    for where, f in import_of(made, conf).items():
        if f["result"] == "value":
            why = f["text"].partition(" (")[0]
            assert f"{where[0]}:{where[1]}: {f['directive']}: {why}" in output
        else:
            assert f"{where[0]}:{where[1]}: {f['directive']}: " not in output


@pytest.mark.single_user
def test_words_that_are_none_are_told_alike(stack):
    """Of directives of several words, and accounts that this host does not know."""
    made = stack(start=False)
    conf = made.place.file("bad.conf", "\n".join([
        "lsapi_set_env NO-NAME 1", "lsapi_set_env PATH /bin", "lsapi_set_env GOOD 1",
        "lsapi_error_code NO_CLASS 500", "lsapi_error_code BACKEND_CONNECT 200",
        "lsapi_error_code BACKEND_CONNECT 500", "lsapi_phprc Sometimes",
        "lsapi_resend_if_method GET;POST", ""]))
    made.httpd.extra = f"Include {conf}"
    told, output = configtest(made)
    found = import_of(made, conf)
    assert_alike(told, found)
    for where, f in found.items():
        if f["result"] == "value":
            why = f["text"].partition(" (")[0]
            assert f"{where[0]}:{where[1]}: {f['directive'].rpartition(' ')[0]}" in output
            assert why in told[where][1]
    owners = ["lsapi_user_group no-such-user games", "RUidGid games no-such-group",
              "lsapi_uid_gid one 1", "lsapi_user #x", "lsapi_user games"]
    for line in owners:
        made.httpd.extra = line
        conf = made.place.file("owner.conf", f"{line}\n")
        finding, = import_of(made, conf).values()
        assert ("503" in made.httpd.check()[1]) == (finding["result"] == "to do"), line


@pytest.mark.single_user
def test_contexts_are_those_of_httpd(stack):
    """In .htaccess: what import says may not stand there, httpd answers with 500, and only that."""
    made = stack(start=False)
    docroot = made.httpd.vhosts["a.test"].docroot
    owner = made.httpd.vhosts["a.test"].owner
    made.place.directory(docroot / "d", owner)
    made.place.file(docroot / "d/x.txt", "x", owner)
    made.httpd.start()
    for name, row in ROWS.items():
        htaccess = made.place.file(docroot / "d/.htaccess", f"{name} {sample(row)}\n", owner)
        found, = import_of(made, htaccess).values()
        status = made.get("a.test", "/d/x.txt").status
        assert (status == 500) == (found["result"] == "context"), (name, status, found)
        assert status == 500 or row["context"] == "ANYWHERE", name


@pytest.mark.single_user
@pytest.mark.parametrize("section", ["<Directory /x>", "<Location /x>", "<Files x>", "<If \"1==2\">"])
def test_sections_are_those_of_httpd(stack, section):
    """One that may not stand in a section keeps httpd from starting, and import says so."""
    made = stack(start=False)
    end = f"</{section[1:].split()[0]}>"
    for context in ("MAIN", "SERVER", "SECTION", "ANYWHERE"):
        # those of a virtual host as a whole are only ignored
        names = [name for name, row in ROWS.items() if row["context"] == context
                 and (context in ("MAIN", "SERVER") or row.get("holder") != "SERVER")]
        conf = made.place.file("s.conf", "\n".join(
            [section, *(f"{name} {sample(ROWS[name])}" for name in names), end, ""]))
        made.httpd.extra = f"Include {conf}"
        found = import_of(made, conf)
        status, output = made.httpd.check()
        is_refused = context in ("MAIN", "SERVER")
        assert (status != 0) == is_refused, output
        assert {f["result"] == "context" for f in found.values()} == {is_refused}
        if is_refused:
            assert f"{names[0]} not allowed" in output


@pytest.mark.single_user
def test_what_is_of_a_virtual_host_is_ignored_in_sections(stack):
    """Logs and core dumps: users' files with them still load, and choose nothing."""
    names = [name for name, row in ROWS.items()
             if row.get("holder") == "SERVER" and row["context"] in ("SECTION", "ANYWHERE")]
    assert set(names) == {"lsapi_backend_use_own_log", "lsapi_backend_common_own_log",
                          "lsapi_backend_coredump"}
    made = stack(start=False)
    vhost = made.httpd.vhosts["a.test"]
    lines = "".join(f"{name} On\n" for name in names)
    conf = made.place.file("s.conf", f"<Directory {vhost.docroot}>\n{lines}</Directory>\n")
    vhost.extra = f"Include {conf}"
    told, _ = configtest(made)
    assert_alike(told, import_of(made, conf))
    assert len(told) == len(names)
    made.place.file(vhost.docroot / ".htaccess", lines, vhost.owner)
    made.start()
    assert made.get("a.test", "/who.php").status == 200
    pool, = made.ctl.status()["pools"]
    assert not [entry for entry in pool["spec"] if "coredump" in entry or "log" in entry]


@pytest.mark.single_user
def test_lsapi_conf_of_the_manual(stack):
    """As it is printed there. The module is loaded already, as a2enmod does it."""
    text = """LoadModule lsapi_module modules/mod_lsapi.so
<IfModule lsapi_module>
    lsapi_engine On
    AddType application/x-httpd-lsphp .php
    lsapi_backend_connect_timeout 100000
    lsapi_backend_connect_tries 10
    lsapi_backend_children 20
    lsapi_backend_pgrp_max_idle 30
    lsapi_backend_max_process_time 300
    lsapi_debug Off
</IfModule>
"""
    made = stack(start=False)
    conf = made.place.file("lsapi.conf", text)
    made.httpd.extra = f"Include {conf}"
    told, output = configtest(made)
    assert told == {} and "lsapi_module is already loaded, skipping" in output
    assert {f["result"] for (_, line), f in import_of(made, conf).items() if line > 1} == {"works"}
    made.start()
    assert json.loads(made.get("a.test", "/who.php").text)["sapi"] == "litespeed"
    pool, = made.ctl.status()["pools"]
    assert pool["children"] == 20


#: a site of each kind: name, owner, what is written in its virtual host
SITES = [
    ("group.test", "games", "lsapi_user_group games games"),
    ("number.test", "mail", "lsapi_uid_gid {uid} {gid}"),
    ("suexec.test", "news", "SuExecUserGroup news news"),
    ("suphp.test", "uucp", "suPHP_Engine on\nsuPHP_UserGroup uucp uucp\n"
                           "suPHP_ConfigPath /home/uucp"),
    ("ruid.test", "list", "<IfModule mod_lsapi.c>\nRMode config\nRUidGid list list\n"
                          "RGroups @none\n</IfModule>"),
    ("itk.test", "irc", "AssignUserID irc irc"),
    ("fcgid.test", "backup", "lsapi_user backup\nFcgidMaxRequestLen 100000\n"
                             "FcgidWrapper /usr/bin/php-cgi .php"),
    ("directory.test", "proxy", "<Directory \"{docroot}\">\n    lsapi_user_group \\\n\tproxy proxy\n"
                                "</Directory>"),
    ("default.test", None, "# nobody is named"),
]
HTACCESS = """# of a user who has lived under mod_php, and under mod_lsapi
<IfModule mod_php5.c>
    php_value memory_limit 1M
</IfModule>
<IfModule lsapi_module>
    php_value memory_limit 77M
    php_flag display_errors off
    lsapi_poll_timeout 50
</IfModule>
php_value sendmail_path /home/user/evil
Options -Indexes
"""


def settle(made):
    """The files of the old host: lsapi.conf, a file for each site, .htaccess of users."""
    files = [made.place.file("lsapi.conf", old_conf())]
    made.place.directory("sites")
    for name, owner, text in SITES:
        vhost = made.httpd.vhosts[name]
        file = made.place.path / "sites" / f"{name}.conf"
        text = text.format(uid=vhost.owner.pw_uid, gid=vhost.owner.pw_gid, docroot=vhost.docroot)
        # Windows was here
        made.place.file(file, (text + "\n").replace("\n", "\r\n"))
        vhost.extra = f"Include {file}"
        made.place.file(vhost.docroot / ".htaccess", HTACCESS, vhost.owner)
        made.place.file(vhost.docroot / "ini.php", "<?php echo json_encode(["
                        "'limit' => ini_get('memory_limit'), 'mail' => ini_get('sendmail_path'), "
                        "'fopen' => ini_get('allow_url_fopen'), 'old' => getenv('OLD_NAME'), "
                        "'path' => getenv('PATH')]);", vhost.owner)
        files.append(file)
    made.httpd.extra = f"Include {files[0]}"
    return files


def test_a_town_moves(stack):
    """Every directive, every way to say who the owner is, users' files: loaded, served, explained."""
    sites = [Vhost(name, owner, identity=None) for name, owner, _ in SITES]
    made = stack(*sites, start=False)
    # mod_suexec reads SuExecUserGroup at its own terms, if it is there
    made.httpd.modules = [m for m in made.httpd.modules if m != "suexec"]
    files = settle(made)
    assert REFERENCE <= set(ROWS)
    assert {name for name in REFERENCE if re.search(rf"^\s*{name} ", old_conf(), re.MULTILINE)} >= \
        REFERENCE - ELSEWHERE
    told, _ = configtest(made)
    assert_alike(told, import_of(made, *files))
    made.start()
    for name, owner, _ in SITES:
        answer = made.get(name, "/who.php")
        assert answer.status == 200, (name, answer.text)
        seen = json.loads(answer.text)
        assert seen["user"] == (owner or "www-data"), name
        if owner:
            assert seen["gid"] == pwd.getpwnam(owner).pw_gid, name
        ini = json.loads(made.get(name, "/ini.php").text)
        assert ini == {"limit": "77M", "mail": "/bin/true", "fopen": "0", "old": "old value",
                       "path": "/opt/bin:/usr/bin:/bin"}, name
    htaccess = made.httpd.vhosts["group.test"].docroot / ".htaccess"
    results = [f["result"] for f in import_of(made, htaccess).values()]
    assert results == ["note", "works", "works", "works", "works"]
