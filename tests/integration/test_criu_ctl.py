# SPDX-License-Identifier: Apache-2.0
"""PHP behind Apache that is frozen and thawed, as an administrator sees and steers it."""

import json
import os
import signal

import criu_helper
import pytest

from harness import Vhost
from json_manual import JsonManual
from place import wait_until

WHY_NOT = criu_helper.why_not()
works = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


def site(stack, **defaults):
    made = stack(Vhost("a.test", "games"), start=False,
                 settings={"criu_program": criu_helper.CRIU or "/usr/sbin/criu"},
                 defaults={"criu": "on", "initial_start": 2, **defaults})
    made.daemon.defaults["criu_images_dir"] = str(made.place.path / "images")
    made.daemon.write_conf()
    return made.start()


def pool(made):
    found, = made.ctl.status()["pools"]
    return found


def warm_up(made):
    wait_until(lambda: made.ctl.status()["daemon"]["criu"]["state"] != "unknown", 30, "a check")
    for _ in range(3):
        assert made.get("a.test", "/who.php").status == 200
    wait_until(lambda: pool(made)["state"] == "ready", 5, "a ready pool")


def end_parent(made):
    """Nobody asked for it: the next request starts another one."""
    before = pool(made)["pid"]
    parent, = made.daemon.parents()
    os.kill(parent.pid, signal.SIGTERM)
    wait_until(lambda: pool(made)["pid"] != before, 10, "its end")


@works
def test_a_pool_is_frozen_at_its_idle_moment_and_thawed(stack):
    made = site(stack)
    warm_up(made)
    wait_until(lambda: pool(made)["criu"].get("image_bytes"), 30, "an image")
    status, text = made.ctl.run("criu", "list")
    assert status == 0 and "1 images" in text and "a.test" in text
    end_parent(made)
    assert made.get("a.test", "/who.php").status == 200
    # it may answer before the supervisor has told what it is
    wait_until(lambda: pool(made)["criu"]["started"] == "thawed", 5, "a thawed parent")
    assert pool(made)["criu"]["why_not"] == "thawed"
    totals = made.ctl.status()["totals"]
    assert (totals["freezes"], totals["thawed_starts"], totals["cold_starts"]) == (1, 1, 1)
    status, text = made.ctl.run("status")
    assert "criu: works" in text and "criu on: thawed start" in text


@works
def test_a_pool_is_frozen_when_an_administrator_wants_it(stack):
    made = site(stack, initial_start=0)
    warm_up(made)
    status, text = wait_until(lambda: frozen(made), 30, "an idle moment")
    assert "a.test: frozen in " in text
    status, text = made.ctl.run("criu", "reset", "a.test")
    assert (status, text) == (0, "images removed\n")
    status, text = made.ctl.run("--json", "criu", "list")
    assert status == 0 and json.loads(text)["answer"]["images"] == []
    status, text = made.ctl.run("criu", "freeze", "b.test")
    assert (status, text) == (1, "lsapidctl: criu: no pool has this number or name\n")
    assert made.ctl.run("criu")[0] == 0


def frozen(made, *options):
    """Return: status and text; None: it was busy just then"""
    status, text = made.ctl.run(*options, "criu", "freeze", "a.test")
    assert status == 0 or "busy" in text or "at work" in text, text
    return (status, text) if status == 0 else None


@works
def test_what_is_printed_of_frozen_php_is_what_the_manual_lists(stack):
    manual, made = JsonManual(), site(stack, initial_start=0)

    def ask(*words):
        status, text = made.ctl.run("--json", *words)
        assert status == 0, text
        assert not manual.check(" ".join(words[:2]).removesuffix(" a.test"), json.loads(text))

    warm_up(made)
    wait_until(lambda: frozen(made), 30, "an idle moment")
    end_parent(made)
    # a start that follows at once is not measured: the former PHP could have answered
    wait_until(lambda: pool(made)["state_s"] > 3, 10, "some time")
    assert made.get("a.test", "/who.php").status == 200
    wait_until(lambda: "thawed_ms" in pool(made)["criu"], 10, "a thawed start that was measured")
    ask("status")
    ask("criu", "list")
    ask("criu", "reset", "a.test")
    assert made.ctl.run("restart", "a.test")[0] == 0
    status, text = wait_until(lambda: frozen(made, "--json"), 30, "an idle moment")
    assert not manual.check("criu freeze", json.loads(text))
    assert manual.unseen(is_frozen=True) == []


@works
def test_children_of_a_thawed_pool_are_told_with_their_pids_on_this_host(stack):
    """What they tell of themselves is of a namespace of its own; see nspid.h."""
    made = site(stack)
    warm_up(made)
    wait_until(lambda: pool(made)["criu"].get("image_bytes"), 30, "an image")
    end_parent(made)
    assert made.get("a.test", "/who.php").status == 200
    wait_until(lambda: pool(made)["criu"]["started"] == "thawed", 5, "a thawed parent")
    # a connection that is made soon after the former parent's end is closed after one request
    told = wait_until(lambda: told_pids(made), 10, "a connection that stays")
    parent = pool(made)["pid"]
    assert told <= {p.pid for p in made.daemon.lsphp() if p.ppid == parent}


def told_pids(made):
    assert made.get("a.test", "/who.php").status == 200
    return {b["pid"] for b in pool(made)["backends"] if b["pid"]}


def test_where_criu_is_not_there_php_runs_as_always(stack):
    made = stack(Vhost("a.test", "games"), settings={"criu_program": "/nowhere/criu"},
                 defaults={"criu": "on"}, start=False)
    made.daemon.defaults["criu_images_dir"] = str(made.place.path / "criu")
    made.daemon.write_conf()
    made.start()
    made.daemon.wait_log("criu.broken")
    assert made.get("a.test", "/who.php").status == 200
    status, text = made.ctl.run("criu", "check")
    assert status == 1
    assert "/nowhere/criu is not there" in text and "remedy: " in text
    status, text = made.ctl.run("criu", "freeze", "a.test")
    assert status == 1 and "/nowhere/criu is not there" in text
    assert made.daemon.text().count("criu.broken") == 1
    # what the remedy says is enough: it is tried anew
    made.daemon.settings["criu_program"] = "/elsewhere/criu"
    made.daemon.write_conf()
    assert made.ctl.run("reload")[0] == 0
    wait_until(lambda: "/elsewhere/criu is not there" in made.ctl.run("criu", "check")[1], 10,
               "another try")
    # what was frozen before it was switched off is listed and removed all the same
    made.daemon.settings["criu_program"] = ""
    made.daemon.write_conf()
    assert made.ctl.run("reload")[0] == 0
    wait_until(lambda: "criu_program is empty" in made.ctl.run("criu", "check")[1], 10, "off")
    status, text = made.ctl.run("criu", "list")
    assert status == 0, text
    status, text = made.ctl.run("criu", "reset", "--all")
    assert status == 0, text


def test_a_wrong_command_line_is_told_without_a_daemon(stack):
    made = stack(start=False)
    for words, told in ((["melt"], "no such command: melt"), (["reset"], "of which POOL"),
                        (["freeze"], "POOL is missing"), (["list", "a.test"], "one word too many"),
                        (["list", "--all"], "no such option: --all"),
                        (["reset", "a.test", "--all"], "or --all"),
                        (["freeze", "x" * 256], "so long")):
        status, text = made.ctl.run("criu", *words)
        assert status == 2 and told in text, (words, text)
    assert made.ctl.run("criu", "check")[0] == 3
