# SPDX-License-Identifier: Apache-2.0
"""What systemd is told by the supervisor, and that a manager which hangs is replaced."""

import os
import signal
import socket
import time

import pytest
from place import all_processes, environ_of
from supervisor_peer import Message, Supervisor
from supervisor_peer import RELOAD, RELOADED, SETUP, STOPPED

PING, ALIVE = 33, 34


class Systemd:
    """Its end of NOTIFY_SOCKET."""

    def __init__(self, place):
        self.path = place / "notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.path))

    def environ(self, **more):
        return {**os.environ, "NOTIFY_SOCKET": str(self.path), **more}

    def hear(self, seconds=10):
        self.sock.settimeout(seconds)
        return dict(line.split("=", 1) for line in self.sock.recv(4096).decode().split("\n"))

    def is_silent(self):
        self.sock.setblocking(False)
        try:
            self.sock.recv(4096)
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def make():
    made = []

    def maker(**settings):
        made.append(Supervisor(**settings))
        made[-1].systemd = Systemd(made[-1].place)
        return made[-1]

    yield maker
    for sup in made:
        sup.systemd.sock.close()
        sup.end()


def up(sup, **environ):
    peer = sup.up(env=sup.systemd.environ(**environ))
    said = [sup.systemd.hear()]
    while said[-1] == {"WATCHDOG": "1"}:
        said.append(sup.systemd.hear())
    assert said[-1] == {"READY": "1"}
    return peer


def test_ready_is_said_when_the_manager_serves_and_not_before(make):
    sup = make()
    sup.start(env=sup.systemd.environ())
    peer = sup.peer()
    assert sup.systemd.is_silent()
    peer.ready()
    assert sup.systemd.hear() == {"READY": "1"}


def test_a_reload_is_said_to_begin_and_to_end(make):
    sup = make()
    peer = up(sup)
    before_us = time.monotonic_ns() // 1000
    sup.process.send_signal(signal.SIGHUP)
    said = sup.systemd.hear()
    assert said["RELOADING"] == "1" and int(said["MONOTONIC_USEC"]) >= before_us
    peer.expect(RELOAD)
    assert sup.systemd.is_silent()
    peer.send(Message(RELOADED))
    assert sup.systemd.hear() == {"READY": "1"}


def test_a_reload_before_the_manager_serves_ends_when_it_counts(make):
    sup = make()
    sup.start(env=sup.systemd.environ())
    peer = sup.peer()
    sup.process.send_signal(signal.SIGHUP)
    assert sup.systemd.hear()["RELOADING"] == "1"
    peer.ready()
    peer.expect(RELOAD)
    assert sup.systemd.is_silent()
    peer.send(Message(RELOADED))
    assert sup.systemd.hear() == {"READY": "1"}


def test_a_reload_of_a_mistake_ends_as_well(make):
    sup = make()
    up(sup)
    sup.write_conf("no_such_key = 1\n")
    sup.process.send_signal(signal.SIGHUP)
    assert sup.systemd.hear()["RELOADING"] == "1"
    assert sup.systemd.hear() == {"READY": "1"}


def test_the_managers_text_is_the_status(make):
    sup = make()
    peer = up(sup)
    peer.send(Message(ALIVE, text=b"3 sessions"))
    assert sup.systemd.hear() == {"STATUS": "3 sessions"}


def test_a_stop_asks_for_its_time(make):
    sup = make(stop_grace="100s")
    peer = up(sup)
    sup.process.send_signal(signal.SIGTERM)
    said = sup.systemd.hear()
    assert said["STOPPING"] == "1" and int(said["EXTEND_TIMEOUT_USEC"]) > 100_000_000
    peer.receive()
    peer.send(Message(STOPPED))
    peer.close()
    sup.peers.remove(peer)
    assert sup.process.wait(20) == 0


def test_the_watchdog_is_told_in_time(make):
    sup = make()
    up(sup, WATCHDOG_USEC="400000")
    heard = [time.monotonic()]
    while len(heard) < 4:
        if sup.systemd.hear() == {"WATCHDOG": "1"}:
            heard.append(time.monotonic())
    os.kill(sup.process.pid, signal.SIGSTOP)
    try:
        while not sup.systemd.is_silent():
            pass
        with pytest.raises(TimeoutError):
            sup.systemd.hear(1)
    finally:
        os.kill(sup.process.pid, signal.SIGCONT)
    assert sup.systemd.hear() == {"WATCHDOG": "1"}


def test_the_manager_inherits_no_way_to_speak(make):
    """It runs without privilege, and systemd listens to the main process alone."""
    sup = make()
    peer = up(sup, WATCHDOG_USEC="60000000")
    manager = next(p.pid for p in all_processes() if p.ppid == sup.process.pid)
    names = environ_of(manager)
    assert "PATH" in names and "NOTIFY_SOCKET" not in names and "WATCHDOG_USEC" not in names
    assert peer.setup.type == SETUP


def test_a_manager_that_answers_stays(make):
    sup = make(manager_timeout="400ms")
    peer = up(sup)
    for _ in range(5):
        peer.expect(PING)
        peer.send(Message(ALIVE))
    assert "manager.killed" not in sup.text()


def test_a_manager_that_does_not_answer_is_replaced(make):
    sup = make(manager_timeout="1s")
    peer = up(sup)
    peer.expect(PING)
    sup.wait_log("its event loop hangs")
    sup.peer().ready()
    assert sup.systemd.hear() == {"READY": "1"}


def test_without_manager_timeout_nobody_is_asked(make):
    sup = make(manager_timeout="0")
    peer = up(sup)
    with pytest.raises(TimeoutError):
        peer.receive(1)
