# SPDX-License-Identifier: Apache-2.0
"""lsapidctl against the real daemon: what it shows, what it changes, and its exit status."""

import json
import socket
import time

import pytest

from harness import Vhost
from holder import Holder
from place import wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]


def test_status_shows_what_runs(stack):
    made = stack(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    wait_until(lambda: made.ctl.status()["pools"][0]["state"] == "ready", 5, "a ready pool")
    seen = made.ctl.status()
    pool, = seen["pools"]
    parent, = made.daemon.parents()
    assert seen["daemon"]["manager_pid"] == made.daemon.manager()
    assert pool["uid"] == made.httpd.vhosts["a.test"].owner.pw_uid
    assert pool["pid"] == parent.pid
    assert pool["leases"] >= 1
    assert seen["totals"]["pools"] == 1
    assert {s["pid"] for s in seen["sessions"]} <= set(made.httpd.workers())
    status, text = made.ctl.run("status")
    assert status == 0
    for words in (f"manager pid {made.daemon.manager()}", "1 pools", pool["name"], str(parent.pid),
                  "ready"):
        assert words in text


def test_status_shows_which_request_runs_and_what_they_came_to(stack):
    """While it runs; with nothing of it lost when its connection is given up."""
    made = stack(Vhost("a.test", "games"))
    site = made.httpd.vhosts["a.test"]
    held = Holder(made, "a.test", 1)
    pool, = made.ctl.status()["pools"]
    backend, = [b for b in pool["backends"] if b["state"] == "busy"]
    assert backend["request"] == {
        "vhost": "a.test", "method": "GET", "uri": "/hold.php?name=h0&last=end0",
        "script": str(site.docroot / "hold.php")}
    assert (pool["user"], pool["requests"], pool["errors"]) == (site.owner.pw_name, 0, 0)
    assert held.release() == [(200, b"end0")]
    wait_until(lambda: made.ctl.status()["pools"][0]["requests"] == 1, 5, "the end of the request")
    (site.docroot / "bad.php").write_text("<?php http_response_code(500); echo 'bad';")
    assert made.get("a.test", "/bad.php").status == 500
    (site.docroot / "die.php").write_text("<?php posix_kill(getmypid(), SIGKILL); sleep(60);")
    assert made.get("a.test", "/die.php").status == 503
    pool, = made.ctl.status()["pools"]
    # what dies is given to another child, and counts for each
    assert pool["errors"] >= 2 and pool["requests"] == pool["errors"] + 1
    assert pool["service_s"] > 0
    assert not any("request" in b for b in pool["backends"])


def test_request_of_strange_bytes_is_shown_and_harmless(stack):
    made = stack(Vhost("a.test", "games"))
    docroot = made.httpd.vhosts["a.test"].docroot
    target = b"/hold.php?name=h0&\xff\xfe<b>" + 600 * b"a"
    with socket.create_connection(("127.0.0.1", made.httpd.port)) as client:
        client.sendall(b"GET " + target + b" HTTP/1.0\r\nHost: a.test\r\n\r\n")
        wait_until((docroot / "h0.running").exists, 10, "a held request")
        busy = [b for b in made.ctl.status()["pools"][0]["backends"] if b["state"] == "busy"]
        uri = busy[0]["request"]["uri"]
        assert uri.startswith("/hold.php?name=h0&\\xff\\xfe<b>aaa") and uri.endswith("a...")
        (docroot / "h0.go").touch()
        assert b"done" in client.makefile("rb").read()


def test_reload_takes_a_new_configuration(stack):
    made = stack(Vhost("a.test", "games"))
    made.daemon.settings["max_children_total"] = 77
    made.daemon.write_conf()
    status, text = made.ctl.run("reload")
    assert (status, text) == (0, "the new configuration is in force\n")
    assert made.ctl.status()["daemon"]["max_children_total"] == 77


def test_reload_of_a_broken_configuration_fails_at_once_and_says_why(stack):
    """The text is what lsapid -t would say; what was in force stays so."""
    made = stack(Vhost("a.test", "games"))
    before = made.ctl.status()["daemon"]["max_children_total"]
    made.daemon.settings["max_children_total"] = 77
    made.daemon.write_conf()
    with open(made.daemon.conf, "a", encoding="utf-8") as conf:
        conf.write("no_such_key = 1\n")
    line = len(made.daemon.conf.read_text().splitlines())
    began = time.monotonic()
    status, text = made.ctl.run("reload")
    assert time.monotonic() - began < 3
    assert status == 1
    assert text.startswith(f"{made.daemon.conf}:{line}: ")
    assert "no_such_key" in text and "; " in text
    status, text = made.ctl.run("--json", "reload")
    assert status == 1
    assert json.loads(text)["is_reloaded"] is False
    assert made.ctl.status()["daemon"]["max_children_total"] == before
    assert made.get("a.test", "/who.php").status == 200


def test_reload_names_a_pool_file_that_is_left_out(stack):
    """The rest is in force; whoever asked is the one who has just written the mistake."""
    made = stack(Vhost("a.test", "games"))
    pools = made.place.directory("pools.d")
    made.daemon.settings.update(pools_dir=pools, max_children_total=77)
    made.daemon.write_conf()
    (pools / "a.conf").write_text('pool "a" {\n\tuser = "games"\n\tchidren = 3\n}\n')
    status, text = made.ctl.run("reload")
    assert status == 0
    assert "but for 1 mistake in pool files: " in text and f"{pools}/a.conf:3: " in text
    assert "chidren" in text
    assert made.ctl.status()["daemon"]["max_children_total"] == 77


def test_without_a_daemon_the_exit_status_says_so(stack):
    made = stack(start=False)
    status, text = made.ctl.run("status")
    assert status == 3
    assert str(made.daemon.socket) in text and "is lsapid running?" in text
