# SPDX-License-Identifier: Apache-2.0
"""lsapidctl against the real daemon: what it shows, what it changes, and its exit status."""

import json
import time

import pytest

from harness import Vhost
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
