# SPDX-License-Identifier: Apache-2.0
"""lsapidctl status and ps: what runs, whose it is, what it costs; picked, sorted, watched."""

import json
import os
import pty
import signal
import subprocess

import pytest

from harness import Vhost
from holder import Holder
from place import PATIENCE, wait_until

pytestmark = [pytest.mark.single_user]
SHARED = {"vhosts": lambda: [Vhost("a.test", "games"), Vhost("b.test", "games"),
                             Vhost("c.example", "games")]}


@pytest.fixture(scope="module")
def seen(shared):
    """Two pools that run, one that nobody asked for PHP but is known; a request runs in a.test."""
    for vhost in ("a.test", "b.test"):
        assert shared.get(vhost, "/who.php").status == 200
    held = Holder(shared, "a.test", 1)
    yield shared
    assert held.release() == [(200, b"end0")]


def pools(made, *args):
    status, text = made.ctl.run("status", "--json", *args)
    assert status == 0, text
    return json.loads(text)["pools"]


def names(made, *args):
    return [p["name"] for p in pools(made, *args)]


def test_status_has_memory_and_processor_of_each_pool(seen):
    document = seen.ctl.status()
    pool = next(p for p in document["pools"] if p["name"] == "a.test")
    parent = next(p for p in seen.daemon.parents() if p.pid == pool["pid"])
    child = int((seen.httpd.vhosts["a.test"].docroot / "h0.running").read_text().split()[0])
    processes = {p["pid"]: p for p in pool["processes"]}
    assert processes[parent.pid]["role"] == "parent"
    busy = processes[child]
    assert (busy["role"], busy["state"], busy["parent"]) == ("child", "busy", parent.pid)
    assert busy["request"]["vhost"] == "a.test"
    assert busy["request"]["uri"].startswith("/hold.php?name=h0")
    for process in processes.values():
        assert process["rss_kib"] > 1000 and process["age_s"] >= 0 and process["cpu_s"] >= 0
        if os.geteuid() == 0:
            assert 0 < process["pss_kib"] <= process["rss_kib"]
    assert pool["rss_kib"] == sum(p["rss_kib"] for p in processes.values())
    assert document["totals"]["rss_kib"] >= pool["rss_kib"]
    assert (pool["cold_starts"], pool["thawed_starts"], pool["restarts"]) == (1, 0, 0)
    assert {p["role"]: p["pid"] for p in document["daemon"]["processes"]} == {
        "supervisor": seen.daemon.process.pid, "manager": seen.daemon.manager()}


def test_pools_can_be_picked(seen):
    owner = seen.httpd.vhosts["a.test"].owner
    assert names(seen) == ["a.test", "b.test"]
    assert names(seen, "A.TEST") == ["a.test"]
    assert names(seen, "?.test") == ["a.test", "b.test"]
    assert names(seen, "b*", "nobody") == ["b.test"]
    assert names(seen, str(pools(seen, "b.test")[0]["id"])) == ["b.test"]
    assert names(seen, "--vhost", "a.*") == ["a.test"]
    assert names(seen, "--busy") == ["a.test"]
    assert names(seen, "--state", "ready", "--user", owner.pw_name) == ["a.test", "b.test"]
    assert names(seen, "--user", str(owner.pw_uid), "b.test") == ["b.test"]
    assert names(seen, "--handler", pools(seen)[0]["handler"]) == ["a.test", "b.test"]
    for nothing in (["none.test"], ["--state", "failed"], ["--handler", "none"],
                    ["--user", "no-such-user"], ["--user", "4000000000"]):
        status, text = seen.ctl.run("status", *nothing)
        assert status == 5, (nothing, text)
    assert json.loads(seen.ctl.run("--json", "status", "none.test")[1])["pools"] == []


def test_pools_can_be_sorted(seen):
    assert names(seen, "--sort", "name", "--reverse") == ["b.test", "a.test"]
    assert names(seen, "--sort", "busy") == ["a.test", "b.test"]
    assert names(seen, "--sort=busy", "-r") == ["b.test", "a.test"]
    status, text = seen.ctl.run("status", "--sort", "beauty")
    assert status == 2 and "beauty" in text


def test_status_is_plain_when_piped(seen):
    status, text = seen.ctl.run("status", "?.test")
    lines = text.splitlines()
    assert status == 0 and "\x1b" not in text
    assert lines[0].split()[:5] == ["POOL", "NAME", "USER", "HANDLER", "STATE"]
    assert [line.split()[1] for line in lines[1:]] == ["a.test", "b.test"]
    owner = seen.httpd.vhosts["a.test"].owner
    assert lines[1].split()[2] in (owner.pw_name, str(owner.pw_uid))
    status, text = seen.ctl.run("status", "--color=always", "a.test")
    assert "\x1b[32mready\x1b[0m" in text


def test_ps_has_every_process_with_its_request(seen):
    status, text = seen.ctl.run("ps", "--json")
    assert status == 0
    document = json.loads(text)
    below = {p.pid for p in seen.daemon.parents()}
    assert below <= {p["pid"] for p in document["processes"]}
    assert {p["vhost"] for p in document["processes"]} == {"a.test", "b.test"}
    busy, = json.loads(seen.ctl.run("ps", "--json", "--busy")[1])["processes"]
    assert busy["vhost"] == "a.test" and busy["state"] == "busy"
    status, text = seen.ctl.run("ps", "a.test")
    lines = text.splitlines()
    assert lines[0].split() == ["POOL", "USER", "PID", "ROLE", "STATE", "AGE", "CPU", "MEMORY",
                                "REQUESTS", "REQUEST"]
    assert any(line.endswith(" GET a.test/hold.php?name=h0&last=end0") for line in lines)
    assert "b.test" not in text
    assert seen.ctl.run("ps", "none.test")[0] == 5


def watching(made, *args, **how):
    return subprocess.Popen([str(made.place.bin / "lsapidctl"), "-s", str(made.daemon.socket),
                             "status", "--watch=100ms", *args], **how)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch_goes_on_until_a_signal(seen, number):
    process = watching(seen, "a.test", stdout=subprocess.PIPE, text=True)
    for _ in range(2):
        assert process.stdout.readline().startswith("POOL")
        assert "a.test" in process.stdout.readline()
        assert process.stdout.readline() == "\n"
    process.send_signal(number)
    process.stdout.read()
    assert process.wait(10 * PATIENCE) == 0


def test_watch_redraws_a_terminal(seen):
    ours, theirs = pty.openpty()
    process = watching(seen, "a.test", stdout=theirs)
    os.close(theirs)
    text = b""
    while text.count(b"\x1b[H") < 3:
        text += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(10 * PATIENCE) == 0
    os.close(ours)
    assert text.count(b"a.test") >= 1 and b"\n\n" not in text


def test_watch_waits_for_a_daemon_that_restarts(stack):
    made = stack(Vhost("a.test", "games"))
    process = watching(made, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("lsapid ")
        made.daemon.stop()
        assert "is lsapid running?" in process.stderr.readline()
        made.daemon.start()
        wait_until(lambda: f"manager pid {made.daemon.manager()}" in process.stdout.readline(),
                   20, "the new daemon's status")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0
