# SPDX-License-Identifier: Apache-2.0
"""$_SERVER field by field: mod_lsapi, mod_php and PHP-FPM answer the same requests of one Apache.

Every difference is in README's table "What PHP sees", with its reason; a row that no difference
needs any more is as wrong as a difference without a row.
"""

import json
import os
import re
import signal
import subprocess

import pytest

import client
from harness import IS_FOREIGN_LSPHP, Vhost, group_name
from place import ROOT, wait_until

REFERENCE = os.environ.get("LSAPID_REFERENCE", "")
WHY_NOT = os.environ.get("LSAPID_NO_REFERENCE") or "tests/run unpacks mod_php and FPM; it did not run"
# what differs from one request to the next under any of them
VOLATILE = {"REMOTE_PORT", "REQUEST_TIME", "REQUEST_TIME_FLOAT", "SERVER_NAME", "HTTP_HOST",
            "UNIQUE_ID"}

CASES = {
    "plain": {"target": "/server.php?a=1&b[]=2"},
    "post": {"target": "/server.php", "method": "POST", "body": b"x=1&y=2",
             "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "chunked": {"target": "/server.php", "method": "POST", "body": b"x=1&y=2", "chunked": True,
                "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "path-info": {"target": "/server.php/some/path%20here?q=%2F"},
    "basic-auth": {"target": "/server.php", "headers": {"Authorization": "Basic dXNlcjpwYXNz"}},
    "bearer": {"target": "/server.php", "headers": {"Authorization": "Bearer abc"}},
    "headers": {"target": "/server.php", "headers": {
        "X-Own": "1", "Cookie": "a=b", "Accept": "text/html", "Accept-Language": "de",
        "User-Agent": "test/1", "Referer": "http://x.test/", "X-Forwarded-For": "10.0.0.1",
        "If-None-Match": '"x"', "X_Under_Score": "dropped", "Proxy": "http://evil.test/"}},
    "rewritten": {"target": "/pretty/42?z=3"},
    "index": {"target": "/sub/"},
    "environment": {"target": "/server.php?setenv"},
    "delete": {"target": "/server.php", "method": "DELETE"},
}
REWRITE = """
SetEnv FROM_CONFIGURATION "a value"
SetEnvIf Request_URI . FROM_SETENVIF=matched
RewriteEngine On
RewriteRule ^/pretty/(.*)$ /server.php?id=$1 [QSA,E=FROM_REWRITE:$1]
"""


class Fpm:
    """PHP-FPM unpacked from Debian's package, with one pool of one user."""

    def __init__(self, place, owner):
        self.socket = place.path / "fpm.sock"
        user = f"user = {owner.pw_name}\ngroup = {group_name(owner.pw_gid)}\n"
        place.file("fpm.conf", f"[global]\nerror_log = {place.path}/fpm.log\n[www]\n{user}"
                   f"listen = {self.socket}\nlisten.mode = 0666\npm = static\npm.max_children = 1\n"
                   "clear_env = yes\n")
        env = {"PATH": "/usr/bin:/bin", "PHPRC": "/etc/php/8.2/embed", "PHP_INI_SCAN_DIR": "/etc/php/8.2/embed/conf.d"}
        with open(place.path / "fpm.out", "wb") as out:
            self.process = subprocess.Popen(
                [f"{REFERENCE}/usr/sbin/php-fpm8.2", "--nodaemonize", "--fpm-config",
                 str(place.path / "fpm.conf")], env=env, stdout=out, stderr=out)
        wait_until(self.socket.exists, 10, "php-fpm's socket")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture(scope="module")
def answers():
    """{case: {who: {name: value}}}, all from one Apache with the three side by side."""
    if not REFERENCE:
        pytest.skip(WHY_NOT)
    from stack import Stack

    lsapi = Vhost("lsapi.test", "games", extra=REWRITE)
    modphp = Vhost("modphp.test", extra=REWRITE + "lsapi_engine Off\n"
                   '<FilesMatch "\\.php$">\nSetHandler application/x-httpd-php\n</FilesMatch>')
    fpm = Vhost("fpm.test", extra=REWRITE + "lsapi_engine Off\n")
    made = Stack([lsapi, modphp, fpm], mpm="prefork", modules=["proxy", "proxy_fcgi"], start=False,
                 extra=f"LoadModule php_module {REFERENCE}/usr/lib/apache2/modules/libphp8.2.so\n"
                 "PHPIniDir /etc/php/8.2/embed")
    fpm.extra += (f'<FilesMatch "\\.php$">\nSetHandler "proxy:unix:{made.place.path}/fpm.sock|'
                  'fcgi://localhost"\n</FilesMatch>')
    inner = made.place.directory(f"{lsapi.docroot.name}/sub", lsapi.owner)
    made.place.file(inner / "index.php", (lsapi.docroot / "server.php").read_bytes(), lsapi.owner)
    # one document root for all: it is part of what is compared
    modphp.docroot = fpm.docroot = lsapi.docroot
    manager = Fpm(made.place, lsapi.owner)
    try:
        made.start()
        found = {case: {v.name.split(".")[0]: ask(made, v.name, how) for v in (lsapi, modphp, fpm)}
                 for case, how in CASES.items()}
    finally:
        manager.stop()
        made.end()
    return found


def ask(made, vhost, how):
    answer = client.request(made.httpd.port, vhost, **how)
    assert answer.status == 200, f"{vhost}: {answer.text[:500]}\n{made.httpd.text()[-3000:]}"
    seen = json.loads(answer.text)
    return {name: value.replace(f"http://{vhost}", "http://SITE") if isinstance(value, str) else value
            for name, value in seen["server"].items() if name not in VOLATILE}


def differences(answers):
    """{name: {(case, other): (ours, theirs)}}"""
    found = {}
    for case, seen in answers.items():
        for other in ("modphp", "fpm"):
            ours, theirs = seen["lsapi"], seen[other]
            for name in sorted(set(ours) | set(theirs)):
                pair = ours.get(name), theirs.get(name)
                if pair[0] != pair[1]:
                    found.setdefault(name, {})[case, other] = pair
    return found


def documented():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("### What PHP sees")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    return {name: why.strip() for names, _, why in rows for name in re.findall(r"`([\w-]+)`", names)}


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="the table speaks of this project's lsphp")
def test_every_difference_is_documented(answers):
    found, table = differences(answers), documented()
    missing = {name: found[name] for name in sorted(set(found) - set(table))}
    text = "\n".join(f"{name}: {pairs}" for name, pairs in missing.items())
    assert not missing, f"not in README's table:\n{text}"
    surplus = sorted(set(table) - set(found))
    assert not surplus, f"README's table names what does not differ: {surplus}"
    assert all(table.values())


def test_what_scripts_rely_on(answers):
    """The variables that applications read are there, and right, in every case."""
    for case, seen in answers.items():
        ours = seen["lsapi"]
        for name in ("DOCUMENT_ROOT", "SCRIPT_FILENAME", "SCRIPT_NAME", "PHP_SELF", "REQUEST_URI",
                     "REQUEST_METHOD", "QUERY_STRING", "SERVER_PROTOCOL", "SERVER_ADDR",
                     "SERVER_PORT", "SERVER_SOFTWARE", "REMOTE_ADDR", "GATEWAY_INTERFACE",
                     "REQUEST_SCHEME", "CONTEXT_PREFIX", "CONTEXT_DOCUMENT_ROOT"):
            assert name in ours, f"{case}: no {name}"
            if name != "PHP_SELF":
                assert ours[name] == seen["modphp"].get(name), f"{case}: {name}"
    assert answers["basic-auth"]["lsapi"]["PHP_AUTH_USER"] == "user"
    assert answers["environment"]["lsapi"]["FROM_CONFIGURATION"] == "a value"
    assert answers["rewritten"]["lsapi"]["FROM_REWRITE"] == "42"
    assert "HTTP_PROXY" not in answers["headers"]["lsapi"]
