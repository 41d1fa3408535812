# SPDX-License-Identifier: Apache-2.0
"""A user tries everything that his files and .htaccess allow to get PHP of another user.

One stack; each case has a directory of its own in the attacker's site. Whatever answers, PHP has
run as the attacker, or not at all, and the victim's secret was read by nobody but his own PHP.
"""

import json
import os
import pwd
import re

import pytest

from harness import HANDLER, SCRIPTS, Vhost
from place import ROOT
from stack import Stack

ATTACKER, VICTIM = "games", "mail"
WHO = (SCRIPTS / "who.php").read_bytes()
SECRET = b"<?php echo 'SECRET'; " + WHO[len("<?php"):]
#: what a pool file or a directive could be mistaken for in a handler's name
FORGED = ["uid=%(victim_uid)d", "%%0Auid=%(victim_uid)d", "%%00uid=%(victim_uid)d",
          "%%0Auid=0%%0Agid=0"]


class Case:
    """Files of the attacker's directory (a dict), and what is asked for there."""

    def __init__(self, name, htaccess="", target="who.php", files=(), links=(), serves=True):
        self.name = name
        self.htaccess = htaccess
        self.target = target
        self.files = dict(files)
        self.links = dict(links)
        self.serves = serves  # PHP runs at all; None: may be


# {docroot}: the victim's; {own}: directory of the case; {url}: its path
CASES = [
    Case("set-handler", f"SetHandler {HANDLER}", "page.txt", {"page.txt": WHO}),
    Case("add-type", f"AddType {HANDLER} .txt", "page.txt", {"page.txt": WHO}),
    Case("add-handler", f"AddHandler {HANDLER} .txt", "page.txt", {"page.txt": WHO}),
    Case("force-type", f"ForceType {HANDLER}", "page.txt", {"page.txt": WHO}),
    Case("handler-of-another-site", f"SetHandler {HANDLER}-victim", serves=False),
    Case("handler-with-more", f'SetHandler "{HANDLER} uid=8 gid=8"', serves=False),
    Case("in-an-if", f"<If \"true\">\nSetHandler {HANDLER}\n</If>", "page.txt", {"page.txt": WHO}),
    Case("identity-in-an-if", '<If "true">\nlsapi_user_group mail mail\n</If>', serves=False),
    Case("identity-in-files", '<Files "*">\nRUidGid mail mail\n</Files>', serves=False),
    Case("auto-prepend", "php_value auto_prepend_file {docroot}/secret.php", serves=None),
    Case("include-path", "php_value include_path {docroot}\nphp_value auto_append_file secret.php",
         serves=None),
    Case("open-basedir", "php_value open_basedir /", "read.php", {
        "read.php": b"<?php @readfile('{docroot}/secret.txt'); " + WHO[len("<?php"):]}),
    Case("admin-value", "php_admin_value auto_prepend_file {docroot}/secret.php", serves=False),
    Case("symlink", "Options +FollowSymLinks -SymLinksIfOwnerMatch", "link.php",
         links={"link.php": "{docroot}/who.php"}),
    Case("symlink-to-secret", "Options +FollowSymLinks", "link.php",
         links={"link.php": "{docroot}/secret.php"}, serves=None),
    Case("symlink-to-docroot", "Options +FollowSymLinks", "all/who.php",
         links={"all": "{docroot}"}),
    Case("symlink-and-dots", "Options +FollowSymLinks", "all/../link.php",
         links={"all": "{docroot}", "link.php": "{docroot}/../www-victim.test/who.php"}),
    Case("htaccess-by-symlink", "", "all/who.php", links={"all": "{docroot}/in"}),
    Case("rewrite-to-path", "RewriteEngine On\nRewriteRule . {docroot}/who.php [L]", "x",
         serves=None),
    Case("rewrite-to-link", "RewriteEngine On\nRewriteRule ^x$ link.php [L]", "x",
         links={"link.php": "{docroot}/who.php"}),
    Case("rewrite-handler", f"RewriteEngine On\nRewriteRule .txt$ - [H={HANDLER}]", "page.txt",
         {"page.txt": WHO}),
    Case("rewrite-type", f"RewriteEngine On\nRewriteRule .txt$ - [T={HANDLER}]", "page.txt",
         {"page.txt": WHO}),
    *(Case(f"rewrite-forged-handler-{i}", "RewriteEngine On\n"
           f"RewriteRule ^h/(.*)$ who.php [H={HANDLER}$1]", f"h/{forged}", serves=None)
      for i, forged in enumerate(FORGED)),
    *(Case(f"rewrite-env-{name}", f"RewriteEngine On\nRewriteRule who - [E={name}:{value}]",
           serves=None)
      for name, value in (("SCRIPT_FILENAME", "{docroot}/secret.php"),
                          ("PATH_TRANSLATED", "{docroot}/secret.php"),
                          ("DOCUMENT_ROOT", "{docroot}"), ("PHPRC", "{docroot}"),
                          ("PHP_VALUE", "auto_prepend_file={docroot}/secret.php"),
                          ("PHP_ADMIN_VALUE", "auto_prepend_file={docroot}/secret.php"),
                          ("LSAPI_UID", "8"), ("SUEXEC_UID", "8"), ("USER", VICTIM),
                          ("SERVER_NAME", "victim.test"), ("CONTEXT_DOCUMENT_ROOT", "{docroot}"))),
    *(Case(f"setenv-{name}", f"SetEnv {name} {value}", serves=None)
      for name, value in (("SCRIPT_FILENAME", "{docroot}/secret.php"),
                          ("ORIG_SCRIPT_FILENAME", "{docroot}/secret.php"),
                          ("REDIRECT_SCRIPT_FILENAME", "{docroot}/secret.php"),
                          ("DOCUMENT_ROOT", "{docroot}"), ("PWD", "{docroot}"),
                          ("PHP_INI_SCAN_DIR", "{docroot}"), ("LSAPI_CHILDREN", "0"))),
    Case("setenvif", 'SetEnvIf Host . SCRIPT_FILENAME={docroot}/secret.php', serves=None),
    Case("error-document", "ErrorDocument 404 {url}/link.php", "nowhere",
         links={"link.php": "{docroot}/who.php"}),
    Case("error-document-by-path", "ErrorDocument 404 {docroot}/secret.php", "nowhere",
         serves=None),
    Case("ssi-virtual", "Options +Includes\nAddOutputFilter INCLUDES .shtml\n", "page.shtml",
         {"page.shtml": b'<!--#include virtual="link.php" -->'},
         {"link.php": "{docroot}/who.php"}),
    Case("ssi-dots", "Options +Includes\nAddOutputFilter INCLUDES .shtml\n", "page.shtml",
         {"page.shtml": b'<!--#include virtual="../../www-victim.test/secret.php" -->'
                        b'<!--#include file="../../www-victim.test/secret.php" -->'
                        b'<!--#include virtual="http://victim.test/secret.php" -->'},
         serves=None),
    Case("action", "AddHandler look .look\nAction look {url}/link.php", "page.look",
         {"page.look": b""}, {"link.php": "{docroot}/who.php"}),
    Case("action-by-path", "AddHandler look .look\nAction look {docroot}/secret.php", "page.look",
         {"page.look": b""}, serves=None),
    Case("directory-index", "DirectoryIndex link.php", "", links={"link.php": "{docroot}/who.php"}),
    Case("directory-index-dots", "DirectoryIndex ../../www-victim.test/secret.php", "",
         serves=None),
    Case("lsapi-handler", f"lsapi_handler {HANDLER}", serves=False),
]
ANSWERED = re.compile(r'\{"uid":(\d+),"euid":(\d+),"gid":(\d+),[^}]*\}')
#: what a user's .htaccess may hold of ours, and no more
ROWS = re.findall(r'^(?:SWITCH|NUMBER|WORD|OTHER)\(\w+, "(\w+)",([^"]*?)\b(MAIN|SERVER|SECTION)\b',
                  (ROOT / "proto/directives.def").read_text(encoding="utf-8"), re.MULTILINE)
ROWS += re.findall(r'^(?:ALIAS)\(\w+, \w+, \w+, "(\w+)",( )(MAIN|SERVER|SECTION)\b',
                   (ROOT / "proto/directives.def").read_text(encoding="utf-8"), re.MULTILINE)
#: made for .htaccess by nobody, whatever its context
NOT_OURS = sorted({name for name, _, _ in ROWS})


class Town:
    """The attacker's site and the victim's."""

    def __init__(self):
        self.attacker, self.victim = pwd.getpwnam(ATTACKER), pwd.getpwnam(VICTIM)
        sites = [Vhost("attacker.test", ATTACKER), Vhost("victim.test", VICTIM)]
        self.made = Stack(sites, start=False, modules=["filter", "include", "actions"])
        self.docroot = sites[1].docroot
        self.own = sites[0].docroot
        self.made.place.file(self.docroot / "secret.php", SECRET, self.victim, 0o600)
        self.made.place.file(self.docroot / "secret.txt", b"SECRET", self.victim, 0o600)
        inner = self.made.place.directory(f"{self.docroot.name}/in", self.victim)
        self.made.place.file(inner / "who.php", WHO, self.victim)
        self.made.place.file(inner / ".htaccess", f"AddHandler {HANDLER} .txt", self.victim)

    def lay_out(self, case):
        own = self.made.place.directory(f"{self.own.name}/{case.name}", self.attacker)
        values = {"{docroot}": str(self.docroot), "{own}": str(own), "{url}": f"/{case.name}"}

        def fill(text):
            for name, value in values.items():
                text = text.replace(name, value) if isinstance(text, str) else \
                    text.replace(name.encode(), value.encode())
            return text

        for name, text in {"who.php": WHO, ".htaccess": case.htaccess, **case.files}.items():
            self.made.place.file(own / name, fill(text), self.attacker)
        for name, target in case.links.items():
            (own / name).symlink_to(fill(target))
            os.lchown(own / name, self.attacker.pw_uid, self.attacker.pw_gid)
        return f"/{case.name}/" + case.target % {"victim_uid": self.victim.pw_uid}

    def check_pools(self):
        """No pool of the victim's but that of his own site."""
        pools = self.made.ctl.status()["pools"]
        assert [p["name"] for p in pools if p["uid"] != self.attacker.pw_uid] in (
            ["victim.test"], [])


@pytest.fixture(scope="module")
def town():
    made = Town()
    try:
        made.made.start()
        answer = made.made.get("victim.test", "/secret.php")
        assert answer.status == 200 and "SECRET" in answer.text, "his own PHP reads it"
        yield made
    finally:
        made.made.end()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_attacker_stays_himself(town, case):
    target = town.lay_out(case)
    answer = town.made.get("attacker.test", target)
    assert "SECRET" not in answer.text
    ran = ANSWERED.findall(answer.text)
    if case.serves is not None:
        assert bool(ran) == case.serves, (answer.status, answer.text)
    for uid, euid, gid in ran:
        assert (int(uid), int(euid), int(gid)) == (
            town.attacker.pw_uid, town.attacker.pw_uid, town.attacker.pw_gid)
    town.check_pools()


@pytest.mark.parametrize("name", NOT_OURS)
def test_directive_is_not_for_htaccess(town, name):
    """Nothing about identity, logs, limits or other pools can be said there."""
    case = Case(f"htaccess-{name}", f"{name} On On" if name in (
        "php_admin_value", "php_admin_flag", "lsapi_user_group", "lsapi_uid_gid",
        "lsapi_error_code", "lsapi_param") else f"{name} 1")
    answer = town.made.get("attacker.test", town.lay_out(case))
    # of those that the reference lets stand there the file loads, and nothing is chosen
    is_ignored = name in ("lsapi_backend_use_own_log", "lsapi_backend_common_own_log",
                          "lsapi_backend_coredump")
    assert answer.status == (200 if is_ignored else 500), (answer.status, answer.text)
    chosen = [entry for pool in town.made.ctl.status()["pools"] for entry in pool["spec"]
              if entry.startswith(("coredump=", "own_log="))]
    assert not chosen
    town.check_pools()


def test_request_that_names_another_host(town):
    """Absolute form, and a port: the site that is named answers, as its own user."""
    for host, user in (("victim.test", town.victim), ("attacker.test", town.attacker)):
        answer = town.made.get(host, "/who.php", headers={"X-Forwarded-Host": "attacker.test"})
        assert json.loads(answer.text)["uid"] == user.pw_uid


# --- what an administrator has set up for many users --------------------------------------------


@pytest.fixture
def many(accounts, stack):
    """A site for the homes of all users, in four ways at once."""
    alice, bob = accounts.add(), accounts.add()
    homes = accounts.homes
    made = stack(Vhost("a.test", "games", identity=None), start=False,
                 modules=["userdir", "vhost_alias", "include", "filter"])
    made.httpd.modules = [m for m in made.httpd.modules if m != "suexec"]
    made.place.directory("www-a.test", pwd.getpwnam("root"))
    made.httpd.vhosts["a.test"].extra = f"""SuExecUserGroup games games
UserDir {homes}/*/public_html
AliasMatch "^/match/([^/]+)/(.*)$" "{homes}/$1/public_html/$2"
Options +Includes +FollowSymLinks
AddOutputFilter INCLUDES .shtml
ErrorDocument 404 /who.php
"""
    made.httpd.extra = f"""<VirtualHost 127.0.0.1:@PORT@>
ServerName mass.test
ServerAlias *.mass.test
VirtualDocumentRoot {homes}/%1/public_html
LSAPIPath {homes}/%u/
lsapi_use_default_uid Off
ErrorLog {made.place.path}/error-mass.log
</VirtualHost>
"""
    for owner in (alice, bob):
        page = made.place.directory(f"{owner.pw_dir}/public_html", owner)
        made.place.file(page / "who.php", WHO, owner)
        made.place.file(page / "secret.php", SECRET, owner, 0o600)
        made.place.file(page / "page.shtml", '<!--#include virtual="link.php" -->', owner)
    made.page = {name: homes / owner.pw_name / "public_html"
                 for name, owner in (("alice", alice), ("bob", bob))}
    made.alice, made.bob = alice, bob
    made.httpd.port = made.httpd.free_port()
    made.httpd.extra = made.httpd.extra.replace("@PORT@", str(made.httpd.port))
    (made.page["alice"] / "link.php").symlink_to(made.page["bob"] / "who.php")
    (made.page["alice"] / "secret-link.php").symlink_to(made.page["bob"] / "secret.php")
    (made.page["alice"] / "dir").symlink_to(made.page["bob"])
    return made.start()


def ran_as(answer):
    return [int(uid) for uid, _, _ in ANSWERED.findall(answer.text)]


def test_userdir_is_whose_url_it_is(many):
    """mod_userdir: by name of the URL, and a link of alice's to bob's page runs as alice."""
    alice, bob = many.alice, many.bob
    assert ran_as(many.get("a.test", f"/~{bob.pw_name}/who.php")) == [bob.pw_uid]
    for target in ("who.php", "link.php", "dir/who.php", "page.shtml"):
        assert ran_as(many.get("a.test", f"/~{alice.pw_name}/{target}")) == [alice.pw_uid], target
    for target in ("secret-link.php", "dir/secret.php"):
        answer = many.get("a.test", f"/~{alice.pw_name}/{target}")
        assert "SECRET" not in answer.text and alice.pw_uid not in ran_as(answer)
    # the page of the site's errors is the site's, also of a request below ~alice
    assert ran_as(many.get("a.test", f"/~{alice.pw_name}/nowhere")) == [
        pwd.getpwnam("games").pw_uid]


def test_vhost_alias_is_whose_directory_it_is(many):
    """mod_vhost_alias and LSAPIPath: the Host chooses the directory, its owner runs it."""
    alice, bob = many.alice, many.bob
    for owner in (alice, bob):
        answer = many.get(f"{owner.pw_name}.mass.test", "/who.php")
        assert ran_as(answer) == [owner.pw_uid], answer.text
    for target in ("link.php", "dir/who.php"):
        answer = many.get(f"{alice.pw_name}.mass.test", f"/{target}")
        assert ran_as(answer) == [alice.pw_uid], target
    for host in ("...mass.test", "..", f"{alice.pw_name}/../{bob.pw_name}.mass.test",
                 "games.mass.test", f"{alice.pw_name}%2f..%2f{bob.pw_name}.mass.test"):
        answer = many.get(host, "/who.php")
        assert ran_as(answer) in ([], [pwd.getpwnam("games").pw_uid]), host


def test_alias_of_a_site_runs_as_the_site(many):
    """AliasMatch without LSAPIPath: the site's user runs it, and can read what he may."""
    games = pwd.getpwnam("games").pw_uid
    alice = many.alice
    assert ran_as(many.get("a.test", f"/match/{alice.pw_name}/who.php")) == [games]
    answer = many.get("a.test", f"/match/{alice.pw_name}/secret.php")
    assert "SECRET" not in answer.text and not ran_as(answer)
    # no dots of a URL reach it
    answer = many.get("a.test", f"/match/x/../{alice.pw_name}/who.php")
    assert ran_as(answer) in ([games], [])
