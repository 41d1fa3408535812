# SPDX-License-Identifier: Apache-2.0
"""lsapi_terminate_backends_on_exit: which pools go with an Apache, and that no request is lost."""

import json
import os
import signal
import threading
import time

import pytest

from control_client import DENIED, TERMINATE, Control, reason_of
from harness import Httpd, Vhost
from place import Place, wait_until

ENDED = "instance.end "
RESUMED = "resuming normal operations"


def parent_of(httpd, vhost):
    answer = httpd.request(vhost, "/who.php")
    assert answer.status == 200, answer.text
    return json.loads(answer.text)["ppid"]


def endings(daemon):
    """retired=N kept=N of each Apache that told of its end."""
    return [line.split(ENDED)[1].strip() for line in daemon.text().splitlines() if ENDED in line]


def restart(httpd, signal_number):
    lives = httpd.text().count(RESUMED)
    httpd.process.send_signal(signal_number)
    wait_until(lambda: httpd.text().count(RESUMED) > lives, 20, "httpd's restart")


@pytest.fixture
def second():
    """A second Apache for the daemon and the sites of a stack, in a place of its own."""
    made = []

    def factory(stack, *vhosts, **how):
        place = Place()
        made.append((place, Httpd(place, stack.daemon, list(vhosts), **how)))
        return made[-1][1].start()

    yield factory
    for place, httpd in made:
        httpd.stop()
        place.end()


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_stop_ends_its_pools(stack, mpm):
    """B40: SIGTERM, by default; the pool would have stayed for an hour."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), mpm=mpm,
                 extra="lsapi_backend_pgrp_max_idle 3600")
    for name in ("a.test", "b.test"):
        assert made.get(name, "/who.php").status == 200
    made.httpd.stop()
    wait_until(lambda: not made.daemon.lsphp(), 10, "the end of the pools")
    assert endings(made.daemon) == ["retired=2 kept=0"]


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_restarts_end_its_pools_once(stack, mpm):
    """SIGHUP and SIGUSR1: each configuration has pools of its own."""
    made = stack(Vhost("a.test", "games"), mpm=mpm, extra="lsapi_backend_pgrp_max_idle 3600")
    parents = [parent_of(made.httpd, "a.test")]
    for number in (signal.SIGHUP, signal.SIGUSR1):
        restart(made.httpd, number)
        wait_until(lambda: parents[-1] not in [p.pid for p in made.daemon.lsphp()], 10,
                   "the end of the pool")
        parents.append(parent_of(made.httpd, "a.test"))
    assert len(set(parents)) == 3
    assert endings(made.daemon) == ["retired=1 kept=0"] * 2


def test_off_leaves_pools_warm(stack):
    """B40: the same parent serves after a restart, and stays after a stop."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_pgrp_max_idle 3600\n"
                 "lsapi_terminate_backends_on_exit Off")
    parent = parent_of(made.httpd, "a.test")
    for number in (signal.SIGHUP, signal.SIGUSR1):
        restart(made.httpd, number)
        assert parent_of(made.httpd, "a.test") == parent
    made.httpd.stop()
    wait_until(lambda: not made.ctl.status()["sessions"], 10, "the end of the sessions")
    assert parent in [p.pid for p in made.daemon.parents()]
    assert endings(made.daemon) == []


def test_off_in_a_virtual_host_is_ignored(stack):
    made = stack(Vhost("a.test", "games", extra="lsapi_terminate_backends_on_exit Off"),
                 start=False)
    status, output = made.httpd.check()
    assert status == 0 and "lsapi_terminate_backends_on_exit is ignored in a virtual host" in output
    made.start()
    parent_of(made.httpd, "a.test")
    made.httpd.stop()
    made.daemon.wait_log("instance.end retired=1 kept=0")


def test_graceful_restart_lets_a_response_finish(stack):
    """What runs in the old generation is answered in full, after its pool was told to go."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_output_buffering Off")
    docroot = made.httpd.vhosts["a.test"].docroot
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.get("a.test", "/hold.php?name=slow&first=one&last=two")))
    thread.start()
    wait_until((docroot / "slow.running").exists, 10, "the script's start")
    restart(made.httpd, signal.SIGUSR1)
    made.daemon.wait_log("instance.end retired=1 kept=0")
    assert parent_of(made.httpd, "a.test")
    assert not answers
    (docroot / "slow.go").touch()
    thread.join(20)
    assert [(a.status, a.text) for a in answers] == [(200, "onetwo")]


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_graceful_restarts_under_load_lose_no_request(stack, mpm):
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), mpm=mpm)
    stop = threading.Event()
    wrong, good = [], {"a.test": 0, "b.test": 0}
    lock = threading.Lock()

    def client(name):
        while not stop.is_set():
            try:
                answer = made.get(name, "/answer.php?body=ok")
                seen = (answer.status, answer.text)
            except OSError as why:
                seen = repr(why)
            with lock:
                if seen == (200, "ok"):
                    good[name] += 1
                else:
                    wrong.append((name, seen))

    threads = [threading.Thread(target=client, args=(name,)) for name in ("a.test", "b.test") * 3]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            before = dict(good)
            wait_until(lambda b=before: wrong or min(good[n] - b[n] for n in good) > 20, 20,
                       "answers of this generation")
            restart(made.httpd, signal.SIGUSR1)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not wrong, wrong[:3]
    wait_until(lambda: len(endings(made.daemon)) == 5, 10, "five ends")
    assert sum(int(e.split("=")[1].split()[0]) for e in endings(made.daemon)) >= 5


def test_two_apaches_share_a_pool(stack, second):
    """The pool of both stays for the one that goes on; the pool of one goes with it."""
    keep = "lsapi_backend_pgrp_max_idle 3600"
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), extra=keep)
    docroot = made.httpd.vhosts["a.test"].docroot
    other = second(made, Vhost("a.test", "games", docroot=docroot), Vhost("c.test", "man"),
                   extra=keep)
    shared = parent_of(made.httpd, "a.test")
    assert parent_of(other, "a.test") == shared
    first_only, second_only = parent_of(made.httpd, "b.test"), parent_of(other, "c.test")
    other.stop()
    made.daemon.wait_log("instance.end retired=1 kept=1")
    wait_until(lambda: {p.pid for p in made.daemon.parents()} == {shared, first_only}, 10,
               "the end of the second Apache's pool")
    assert second_only not in [p.pid for p in made.daemon.lsphp()]
    assert parent_of(made.httpd, "a.test") == shared
    made.httpd.stop()
    wait_until(lambda: not made.daemon.lsphp(), 10, "the end of the others")


def test_configuration_check_ends_nothing(stack):
    made = stack(Vhost("a.test", "games"))
    parent = parent_of(made.httpd, "a.test")
    assert made.httpd.check()[0] == 0
    assert parent_of(made.httpd, "a.test") == parent
    assert endings(made.daemon) == []


def test_killed_apache_leaves_its_pools_to_idle_reaping(stack):
    """B41: nobody tells, and still nothing stays for ever."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_pgrp_max_idle 1")
    assert made.get("a.test", "/who.php").status == 200
    os.killpg(made.httpd.process.pid, signal.SIGKILL)
    made.httpd.process.wait()
    wait_until(lambda: not made.daemon.lsphp(), 15, "the end of the idle pool")
    assert endings(made.daemon) == []


@pytest.mark.parametrize("state", ["gone", "stopped"])
def test_stop_of_apache_does_not_wait_for_the_daemon(stack, state):
    """No daemon, or one that does not answer: httpd's stop sees no difference."""
    made = stack(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    pids = [made.daemon.pid, made.daemon.manager()]
    if state == "gone":
        made.daemon.stop()
    else:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        made.httpd.stop()
        # httpd itself needs a second or two for its children; a hung parent would need the 20 of
        # its harness
        assert time.monotonic() - began < 10
    finally:
        if state == "stopped":
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


def test_terminate_needs_the_key(stack):
    """Who has Apache's account only can not end another's pools."""
    made = stack(Vhost("a.test", "games"))
    parent = parent_of(made.httpd, "a.test")
    with Control(made.daemon.socket) as control:
        answer = control.ask(TERMINATE, bytes(32) + b"\1" * 8)
        assert answer[0] == DENIED
        assert "key" in reason_of(answer)[1]
        assert control.receive() is None
    assert parent_of(made.httpd, "a.test") == parent
