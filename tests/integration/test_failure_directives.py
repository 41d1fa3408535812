# SPDX-License-Identifier: Apache-2.0
"""Directives about requests that fail: what is sent again, and what the client is told."""

import os
import pwd
import socket
import threading

import pytest

import client
from harness import Vhost
from place import wait_until

ERROR = """<?php
if (isset($_GET['own'])) http_response_code(410);
echo 'page of errors';
"""


def runs(made, name):
    """How often crash.php has run in this site."""
    path = made.httpd.vhosts[name].docroot / "crash.count"
    return len(path.read_text()) if path.exists() else 0


@pytest.mark.single_user
def test_status_of_an_error_document(stack):
    """B17: Off, the error's status wins over PHP's 200; On, PHP's; another of PHP's always."""
    extra = "ErrorDocument 404 /error.php\nErrorDocument 403 /error.php?own\n" \
        "<Location /forbidden>\nRequire all denied\n</Location>\nlsapi_keep_http200 "
    made = stack(Vhost("off.test", "games", extra=extra + "Off"),
                 Vhost("on.test", "games", extra=extra + "On"), start=False)
    for vhost in made.httpd.vhosts.values():
        made.place.file(vhost.docroot / "error.php", ERROR, vhost.owner)
        inner = made.place.directory(f"{vhost.docroot.name}/in", vhost.owner)
        made.place.file(inner / ".htaccess", "lsapi_keep_http200 On\nErrorDocument 404 /in/e.php",
                        vhost.owner)
        made.place.file(inner / "e.php", ERROR, vhost.owner)
    made.start()
    seen = {(name, target): made.get(name, target).status for name in ("off.test", "on.test")
            for target in ("/nowhere", "/nowhere.php", "/forbidden", "/error.php", "/in/nowhere")}
    assert seen == {
        ("off.test", "/nowhere"): 404, ("off.test", "/nowhere.php"): 404,
        ("off.test", "/forbidden"): 410, ("off.test", "/error.php"): 200,
        ("off.test", "/in/nowhere"): 200,
        ("on.test", "/nowhere"): 200, ("on.test", "/nowhere.php"): 200,
        ("on.test", "/forbidden"): 410, ("on.test", "/error.php"): 200,
        ("on.test", "/in/nowhere"): 200}


@pytest.mark.single_user
def test_how_often_and_what_is_sent_again(stack):
    """B16: a request whose PHP crashed, so many times, and of the listed methods only."""
    extra = {"default.test": "", "never.test": "lsapi_resend_if_crashed 0",
             "four.test": "lsapi_resend_if_crashed 4",
             "post.test": "lsapi_resend_if_method POST,REPORT",
             "get.test": "lsapi_resend_if_method GET",
             "section.test": "<Location /crash.php>\nlsapi_resend_if_crashed 1\n</Location>"}
    made = stack(*(Vhost(name, "games", extra=text) for name, text in extra.items()))
    cases = [("default.test", "GET", 3), ("default.test", "HEAD", 3), ("default.test", "POST", 1),
             ("default.test", "PROPFIND", 3), ("default.test", "OPTIONS", 3),
             ("default.test", "DELETE", 1), ("never.test", "GET", 1), ("four.test", "GET", 5),
             ("post.test", "POST", 3), ("post.test", "REPORT", 3), ("post.test", "GET", 1),
             ("get.test", "GET", 3), ("get.test", "HEAD", 1), ("section.test", "GET", 2)]
    for name, method, expected in cases:
        before = runs(made, name)
        assert made.get(name, "/crash.php", method=method).status == 503, (name, method)
        assert runs(made, name) - before == expected, (name, method)


@pytest.mark.single_user
def test_how_much_of_a_body_is_kept(stack):
    """B16: what was not kept can not be sent again, and 0 keeps nothing for that."""
    extra = {"default.test": "", "more.test": "lsapi_max_resend_buffer 500",
             "none.test": "lsapi_max_resend_buffer 0"}
    made = stack(*(Vhost(name, "games", extra=f"lsapi_resend_if_method POST\n{text}")
                   for name, text in extra.items()))
    cases = [("default.test", 100, 3), ("default.test", 400, 1), ("more.test", 400, 3),
             ("more.test", 600, 1), ("none.test", 1, 1)]
    for name, kib, expected in cases:
        before = runs(made, name)
        # a form is read before the script runs
        answer = made.get(name, "/crash.php", method="POST", body=b"a=" + b"x" * (kib * 1024),
                          headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 503, (name, kib)
        assert runs(made, name) - before == expected, (name, kib)


@pytest.mark.single_user
def test_status_of_backend_failures(stack):
    """B13: the class decides; a section below says other than the virtual host."""
    codes = "lsapi_error_code BACKEND_NOHDRS 502\nlsapi_error_code BACKEND_RECVHDR 599\n" \
        "lsapi_error_code LSAPI_CONN_ACQUIRE 429\nlsapi_error_code CLIENT_SETUP 422\n" \
        "lsapi_error_code BACKEND_CONNECT 500\n"
    extra = "lsapi_poll_timeout 1\nlsapi_backend_children 2\nlsapi_backend_connect_tries 1\n"
    inner = "<Location /crash.php/in>\nlsapi_error_code BACKEND_NOHDRS 410\n</Location>\n"
    made = stack(Vhost("a.test", "games", extra=extra),
                 Vhost("b.test", "games", extra=extra + codes + inner))
    seen = {}
    for name in ("a.test", "b.test"):
        docroot = made.httpd.vhosts[name].docroot
        seen[name] = [made.get(name, "/crash.php", method="POST").status,
                      made.get(name, "/crash.php/in", method="POST").status,
                      made.get(name, "/hold.php?name=late").status]
        (docroot / "late.go").touch()
        seen[name].append(broken_body(made, name))
    made.daemon.stop()
    for name, statuses in seen.items():
        statuses.append(made.get(name, "/who.php").status)
    assert seen == {"a.test": [503, 503, 504, 400, 503], "b.test": [502, 410, 599, 422, 500]}


def broken_body(made, name):
    with client.Raw(made.httpd.port) as raw:
        raw.send(f"POST /mirror.php HTTP/1.1\r\nHost: {name}\r\nContent-Length: 10\r\n"
                 "Connection: close\r\n\r\n123")
        raw.socket.shutdown(socket.SHUT_WR)
        return raw.head()[0]


@pytest.mark.single_user
def test_status_when_all_are_busy(stack):
    """B03, B13: LSAPI_CONN_ACQUIRE instead of 507; what cannot come again is told nothing else."""
    extra = "lsapi_backend_children 2\n"
    made = stack(Vhost("a.test", "games", extra=extra),
                 Vhost("b.test", "games", extra=extra + "lsapi_error_code LSAPI_CONN_ACQUIRE 429"))
    statuses = {}
    for name in ("a.test", "b.test"):
        docroot = made.httpd.vhosts[name].docroot
        threads = [threading.Thread(target=made.get, args=(name, f"/hold.php?name=h{n}"))
                   for n in range(2)]
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda n=number: (docroot / f"h{n}.running").exists(), 20, "a busy child")
        statuses[name] = made.get(name, "/who.php").status
        for number, thread in enumerate(threads):
            (docroot / f"h{number}.go").touch()
            thread.join(20)
    assert statuses == {"a.test": 507, "b.test": 429}
    made.httpd.wait_log("Connect to backend rejected", "b.test")


def test_status_of_refusals(stack):
    """B06, B08, B13: identity and document root, both where lsapid and where httpd refuses."""
    codes = "lsapi_error_code SERVER_UID 500\nlsapi_error_code SERVER_DOCROOT 451\n" \
        "lsapi_error_code SCRIPT_PERMS 403"
    made = stack(Vhost("uid.test", extra=f"lsapi_use_default_uid Off\n{codes}"),
                 Vhost("root.test", "games", extra=codes),
                 Vhost("user.test", "games", extra=f"lsapi_per_user On\n{codes}"),
                 Vhost("script.test", "games", extra=f"lsapi_target_perm On\n{codes}"),
                 Vhost("plain.test", extra="lsapi_use_default_uid Off"), start=False)
    for name in ("root.test", "user.test"):
        os.chown(made.httpd.vhosts[name].docroot, pwd.getpwnam("mail").pw_uid, -1)
    os.chown(made.httpd.vhosts["script.test"].docroot / "who.php", pwd.getpwnam("mail").pw_uid, -1)
    made.start()
    assert {name: made.get(name, "/who.php").status for name in made.httpd.vhosts} == {
        "uid.test": 500, "root.test": 451, "user.test": 451, "script.test": 403, "plain.test": 503}


@pytest.mark.single_user
def test_values_that_are_none(stack):
    """B21: said once, with what is used instead; nothing is fatal."""
    made = stack(Vhost("a.test", "games", extra="lsapi_error_code BACKEND_NOHDRS 200\n"
                       "lsapi_error_code NO_SUCH 500\nlsapi_error_code CLIENT_SETUP 500x\n"
                       "lsapi_resend_if_method GET;POST\nlsapi_resend_if_crashed 65\n"
                       "lsapi_keep_http200 maybe"), start=False)
    status, output = made.httpd.check()
    assert status == 0, output
    for words in ("lsapi_error_code BACKEND_NOHDRS 200: not a number from 400 to 599",
                  "lsapi_error_code NO_SUCH 500: no class of failures",
                  "lsapi_error_code CLIENT_SETUP 500x: not a number from 400 to 599",
                  "lsapi_resend_if_method GET;POST: not METHOD[,METHOD...], it is ignored",
                  "lsapi_resend_if_crashed 65: not a number from 0 to 64, 64 is used",
                  "lsapi_keep_http200 maybe: neither On nor Off, Off is used"):
        assert words in output, output
    made.start()
    assert made.get("a.test", "/crash.php", method="POST").status == 503
