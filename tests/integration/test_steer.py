# SPDX-License-Identifier: Apache-2.0
"""drain, restart, stop, kill, warm, log-level and reload --dry-run, on the real PHP under load."""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from control_client import DOCUMENT, STEER, Control, steer
from harness import Vhost
from holder import Holder
from place import is_alive, wait_until
from test_load import drive

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]
IDLE = "lsapi_backend_pgrp_max_idle 3600"
#: outlives SIGTERM, and reads nothing more
DEAF = """<?php
pcntl_async_signals(true);
foreach ([SIGTERM, SIGUSR1, SIGINT, SIGHUP] as $number) pcntl_signal($number, SIG_IGN);
file_put_contents(__DIR__ . '/deaf.running', getmypid());
while (true) sleep(60);
"""
SHARED = {"extra": IDLE}


def order(made, *args, expected=0):
    status, output = made.ctl.run("--json", *args)
    assert status == expected, output
    return json.loads(output)


def pools(made):
    return {p["name"]: p for p in made.ctl.status()["pools"]}


def only(answer):
    pool, = answer["pools"]
    return pool


def is_ready(pool):
    """It may serve before the supervisor has told its pid."""
    return pool["state"] == "ready" and pool["pid"]


def warm_up(made, *vhosts):
    for vhost in vhosts:
        assert made.get(vhost, "/who.php").status == 200
        wait_until(lambda v=vhost: is_ready(pools(made)[v]), 10, "a ready pool")


def events(made, name):
    return [line for line in made.daemon.text().splitlines() if f" {name} " in line]


@pytest.fixture(autouse=True)
def lifted(shared):
    """Nobody is stopped, and nothing is configured, by the test before."""
    yield
    for mark in shared.ctl.status()["stopped"]:
        order(shared, "warm", "--user", str(mark["uid"]))
    shared.ctl.run("drain", "--all")


def test_restart_under_load_loses_no_request(shared):
    """B85: fresh PHP in the place of the old: one pool, a pattern, and all of them."""
    names = ["a.test", "b.test"]
    warm_up(shared, *names)
    before = {name: pools(shared)[name]["pid"] for name in names}
    seen = []
    with ThreadPoolExecutor(1) as side:  # its end waits for the load, and a failure of it is ours
        load = side.submit(drive, shared.httpd.port, 1500, 41, names)
        for args in (["a.test"], ["?.TEST"], ["--all"]):
            answer = order(shared, "restart", *args)
            assert answer["is_done"]
            for pool in answer["pools"]:
                if pool["name"] in names:
                    assert pool["did"] == "restarted" and pool["pid"] not in (0, pool["old_pid"])
            seen.append({pool["name"] for pool in answer["pools"]} & set(names))
        load.result()
    assert seen == [{"a.test"}, set(names), set(names)]
    assert before.items().isdisjoint((n, p["pid"]) for n, p in pools(shared).items())
    assert not [p for p in before.values() if is_alive(p)]
    line = events(shared, "steer.begin")[0]
    for words in ("action=restart", "kind=pool", "target=a.test", f"by_uid={os.geteuid()} "):
        assert words in line, line


def test_restart_without_a_visitor_starts_php_and_sees_it_serve(shared):
    warm_up(shared, "a.test")
    pool = only(order(shared, "restart", "a.test"))
    assert (pool["progress"], pool["state"]) == ("done", "ready")
    # its first child is there as well: nobody meets a cold start
    assert [p for p in shared.daemon.children() if p.ppid == pool["pid"]]
    assert shared.get("a.test", "/who.php").status == 200
    assert pools(shared)["a.test"]["pid"] == pool["pid"]


def test_drain_lets_a_running_request_finish(shared):
    held = Holder(shared, "a.test", 1)
    pool = only(order(shared, "drain", "--timeout", "1", "a.test", expected=7))
    assert (pool["progress"], pool["running"]) == ("under way", 1)
    # who comes meanwhile is served by fresh PHP
    who = json.loads(shared.get("a.test", "/who.php").text)
    assert who["ppid"] not in (0, pool["old_pid"])
    assert only(order(shared, "drain", "--no-wait", "a.test"))["progress"] != "failed"
    assert held.release() == [(200, b"end0")]
    answer = order(shared, "drain", "a.test")
    assert answer["is_done"] and only(answer)["pid"] == 0


def test_pool_that_does_not_run_is_left_so(shared):
    warm_up(shared, "a.test")
    order(shared, "drain", "a.test")
    for what in ("drain", "restart", "kill"):
        pool = only(order(shared, what, "a.test"))
        assert (pool["did"], pool["state"], pool["pid"]) == ("nothing", "cold", 0)


def test_stop_refuses_until_it_is_lifted(shared):
    """Also over the death of the manager, for which a stopped site is none of the pools."""
    warm_up(shared, "a.test", "b.test")
    pool = only(order(shared, "stop", "A.test"))
    assert (pool["did"], pool["is_stopped"], pool["state"]) == ("stopped", True, "cold")
    refused = shared.get("a.test", "/who.php")
    assert refused.status == 503
    assert shared.get("b.test", "/who.php").status == 200
    shared.httpd.wait_log("stopped: ", "a.test")
    manager = shared.daemon.manager()
    os.kill(manager, signal.SIGKILL)
    wait_until(lambda: shared.daemon.manager() not in (None, manager), 10, "the next manager")
    wait_until(lambda: shared.get("b.test", "/who.php").status == 200, 20, "another site")
    assert shared.get("a.test", "/who.php").status == 503
    mark, = shared.ctl.status()["stopped"]
    assert (mark["name"], mark["uid"]) == ("a.test", shared.httpd.vhosts["a.test"].owner.pw_uid)
    # all of them are not this one
    assert {p["name"]: p["did"] for p in order(shared, "restart", "--all")["pools"]}["a.test"] \
        == "nothing"
    assert shared.get("a.test", "/who.php").status == 503
    assert only(order(shared, "warm", "a.test"))["state"] == "ready"
    assert shared.get("a.test", "/who.php").status == 200
    assert shared.ctl.status()["stopped"] == []


def test_stop_lets_what_runs_finish(shared):
    held = Holder(shared, "a.test", 2)
    answers = []
    stopping = threading.Thread(target=lambda: answers.append(order(shared, "stop", "a.test")))
    stopping.start()
    wait_until(lambda: shared.get("a.test", "/who.php").status == 503, 10, "a refusal")
    assert held.release() == [(200, b"end0"), (200, b"end1")]
    stopping.join()
    assert answers[0]["is_done"]
    # the one that is named is lifted by a restart, and runs at once
    assert only(order(shared, "restart", "a.test"))["state"] == "ready"
    assert shared.get("a.test", "/who.php").status == 200


def test_user_is_stopped_with_sites_that_nobody_has_visited(shared):
    owner = shared.httpd.vhosts["a.test"].owner
    answer = order(shared, "stop", "--user", owner.pw_name)
    assert answer["is_done"]
    assert shared.get("a.test", "/who.php").status == 503
    pool = only(order(shared, "warm", "a.test", expected=1))
    assert pool["reason"] == "stopped" and "--user" in pool["detail"]
    assert order(shared, "warm", "--user", str(owner.pw_uid))["is_done"]
    assert shared.get("a.test", "/who.php").status == 200


def test_kill_ends_what_no_signal_reaches(shared):
    """A child that ignores SIGTERM, and one whose parent has ended before."""
    docroot = shared.httpd.vhosts["a.test"].docroot
    shared.place.file(docroot / "deaf.php", DEAF)
    for has_parent in (True, False):
        (docroot / "deaf.running").unlink(missing_ok=True)
        answers = []
        asking = threading.Thread(
            target=lambda a=answers: a.append(shared.get("a.test", "/deaf.php").status))
        asking.start()
        wait_until((docroot / "deaf.running").exists, 10, "the script's start")
        wait_until(lambda: (docroot / "deaf.running").read_text(), 10, "its pid")
        child = int((docroot / "deaf.running").read_text())
        if not has_parent:
            order(shared, "drain", "--timeout", "1", "a.test", expected=7)
        answer = order(shared, "kill", "a.test")
        assert only(answer)["did"] == "killed"
        asking.join()
        assert answers == [503]
        assert not is_alive(child)
        assert shared.get("a.test", "/who.php").status == 200
    shared.httpd.wait_log("by lsapidctl kill", "a.test")


def test_warm_says_why_php_does_not_start(stack):
    made = stack(Vhost("a.test", "games"), extra=IDLE)
    warm_up(made, "a.test")
    order(made, "drain", "a.test")
    binary = made.place.file(made.place.path / "bad-lsphp", "#!/bin/sh\nexit 3\n", mode=0o755)
    handler = next(iter(made.daemon.handlers))
    kept = made.daemon.handlers[handler]
    made.daemon.handlers[handler] = (binary, *kept[1:])
    made.daemon.write_conf()
    assert made.ctl.run("reload")[0] == 0
    pool = only(order(made, "warm", "a.test", expected=1))
    assert (pool["progress"], pool["reason"]) == ("failed", "start-exited")
    assert "status 3" in pool["detail"]
    status, text = made.ctl.run("warm", "a.test")
    assert status == 1 and "status 3" in text
    # it is mended: nobody has to wait for the next try
    made.daemon.handlers[handler] = kept
    made.daemon.write_conf()
    assert made.ctl.run("reload")[0] == 0
    assert only(order(made, "warm", "a.test"))["state"] == "ready"


def test_dry_run_says_what_the_reload_then_does(stack):
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), extra=IDLE, start=False)
    none, folder = made.place.directory("no-pools.d"), made.place.directory("pools.d")
    made.daemon.settings["pools_dir"] = none
    made.daemon.write_conf()
    made.start()
    warm_up(made, "a.test", "b.test")
    before = {name: p["pid"] for name, p in pools(made).items()}
    owner = made.httpd.vhosts["a.test"].owner
    made.daemon.settings.update(pools_dir=folder, max_children_total=500)
    made.daemon.write_conf()
    file = made.place.file(
        folder / "a.conf", f'pool "a" {{\n user = {owner.pw_uid}\n children = 7\n'
        ' vhosts = {"a.test"}\n queue_length = 9\n}\n')
    status, output = made.ctl.run("--json", "reload", "--dry-run")
    assert status == 0, output
    tried = json.loads(output)
    assert (tried["is_usable"], tried["replaced"], tried["problems"]) == (True, 1, [])
    pool, = (p for p in tried["pools"] if p["name"] == "a.test")
    assert pool["fate"] == "replaced"
    children = {s["key"]: s for s in pool["settings"]}["children"]
    assert children["new"] == "7" and f"{file}:3" in children["new_from"]
    assert {h["key"]: (h["old"], h["new"]) for h in tried["host"]} == {
        "max_children_total": ("5000", "500"), "pools_dir": (str(none), str(folder))}
    text = made.ctl.run("reload", "--dry-run")[1]
    assert "children: " in text and "-> 7" in text and "would be replaced" in text
    # nothing has changed
    assert made.ctl.status()["config"]["reloads"] == 0
    assert {name: p["pid"] for name, p in pools(made).items()} == before
    assert made.ctl.run("reload")[0] == 0
    wait_until(lambda: pools(made)["a.test"]["pid"] != before["a.test"], 10, "the replacement")
    assert pools(made)["b.test"]["pid"] == before["b.test"]
    assert pools(made)["a.test"]["children"] == 7
    assert order(made, "reload", "--dry-run")["replaced"] == 0


def test_dry_run_tells_all_problems(stack):
    made = stack(Vhost("a.test", "games"), extra=IDLE)
    with open(made.daemon.conf, "a", encoding="utf-8") as conf:
        conf.write("no_such_key = 1\n")
    status, output = made.ctl.run("reload", "-n")
    assert status == 1
    assert f"{made.daemon.conf}:" in output and "no_such_key" in output
    assert made.daemon.check()[0] != 0
    assert json.loads(made.ctl.run("--json", "reload", "-n")[1])["is_usable"] is False


def test_log_level_holds_until_the_next_reload(shared):
    assert order(shared, "log-level") == {"level": "debug", "configured": "debug",
                                          "is_set": False}
    assert order(shared, "log-level", "warn")["is_set"]
    shared.daemon.wait_log("log.level level=warn")
    assert shared.get("a.test", "/who.php").status == 200
    told = len(events(shared, "steer.begin"))
    order(shared, "drain", "--all")
    assert len(events(shared, "steer.begin")) == told
    assert shared.ctl.status()["daemon"]["log_level"] == "warn"
    assert shared.ctl.run("log-level", "loud")[0] != 0
    assert shared.ctl.run("reload")[0] == 0
    assert order(shared, "log-level")["level"] == "debug"


@pytest.mark.parametrize("name", ["no.such.test", "*" * 200 + "x", "a.test\n", "%s%n", "\x1b[2J",
                                  "../a.test", "a.tes[t]", "0", "99999999999"])
def test_hostile_name_matches_nothing(shared, name):
    warm_up(shared, "a.test")
    pid = pools(shared)["a.test"]["pid"]
    status, output = shared.ctl.run("kill", name)
    assert status == 5 and "\x1b" not in output and "no pool" in output
    assert pools(shared)["a.test"]["pid"] == pid


@pytest.mark.parametrize("args", [[], ["a.test", "--all"], ["--all", "--user", "games"], [""],
                                  ["a.test", "--timeout", "0"], ["a.test", "-t", "x"],
                                  ["a.test", "--no-wait", "-t", "1"], ["x" * 256]])
def test_wrong_command_line_orders_nothing(shared, args):
    assert shared.ctl.run("kill", *args)[0] == 2


def test_message_out_of_its_bounds_loses_its_sender_alone(shared):
    def ask(action, kind, flags, text):
        with Control(shared.daemon.socket) as control:
            return control.ask(STEER, steer(action, kind, text, flags=flags))

    assert ask(1, 1, 0, b"none")[0] == DOCUMENT
    for bad in ((7, 3, 0, b""), (1, 4, 0, b""), (1, 3, 2, b""), (1, 3, 0, b"x"), (1, 1, 0, b""),
                (1, 1, 0, b"a\0b"), (1, 0, 0, b""), (5, 1, 0, b"info"), (6, 0, 0, b"x"),
                (0, 1, 0, b"x" * 256)):
        assert ask(*bad) is None, bad
