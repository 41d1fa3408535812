# SPDX-License-Identifier: Apache-2.0
"""Managers that misbehave, die and stop; reloads; the command line. The test is the manager."""

import os
import signal
import socket
import subprocess
import time

import pytest

from place import wait_until
from supervisor_peer import (EXITED, READY, RELOAD, RELOAD_FAILED, RELOAD_REQUEST, RELOADED, SIGNAL,
                             SPAWN, SPAWN_FAILED, SPAWNED, STOP, STOPPED, Message, descendants,
                             memfd, needs_root, refused, stat_of)

pytestmark = pytest.mark.single_user


# --- a manager that breaks the rules -------------------------------------------------------------


def violations():
    yield "garbage", lambda s, p: p.send(b"x" * 256)
    yield "too short", lambda s, p: p.send(b"x" * 255)
    yield "too long", lambda s, p: p.send(Message(READY).encode() + b"\0")
    yield "twice ready", lambda s, p: p.ready()
    yield "a reply as request", lambda s, p: p.send(Message(EXITED, id=1, pid=1))
    yield "stopped while running", lambda s, p: p.send(Message(STOPPED))
    yield "spawn without descriptors", lambda s, p: p.send(Message(SPAWN, id=1))
    yield "descriptors with ready", lambda s, p: p.send(Message(RELOADED), [0, 0, 0])
    yield "unknown signal", lambda s, p: p.send(Message(SIGNAL, id=1, signal=9))
    yield "field that is not its own", lambda s, p: p.send(Message(SIGNAL, id=1, signal=1, pid=1))
    yield "a child without pid", lambda s, p: p.send(Message(SIGNAL, id=1, signal=3))
    yield "a child of a negative pid", lambda s, p: p.send(Message(SIGNAL, id=1, signal=3, pid=-1))
    yield "unsealed specification", unsealed
    yield "file as specification", file_as_spec
    yield "no listener", no_listener
    yield "id twice", id_twice


def unsealed(sup, peer):
    fd = memfd(b"x", seals=0)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")
    listener.listen()
    pipe = os.pipe()
    peer.send(Message(SPAWN, id=1), [fd, listener.fileno(), pipe[1]])
    for each in (fd, *pipe):
        os.close(each)
    listener.close()


def file_as_spec(sup, peer):
    pipe = os.pipe()  # would make a reader wait for ever
    peer.send(Message(SPAWN, id=1), [pipe[0], pipe[0], pipe[1]])
    os.close(pipe[0])
    os.close(pipe[1])


def no_listener(sup, peer):
    fd = memfd(b"x")
    pipe = os.pipe()
    peer.send(Message(SPAWN, id=1), [fd, peer.sock.fileno(), pipe[1]])
    for each in (fd, *pipe):
        os.close(each)


def id_twice(sup, peer):
    sup.spawn(peer, 5)
    peer.expect(SPAWNED, id=5)
    sup.spawn(peer, 5)


@pytest.mark.parametrize("act", [pytest.param(f, id=n) for n, f in violations()])
def test_a_violation_kills_the_manager_and_a_new_one_comes(sup, act):
    peer = sup.up()
    act(sup, peer)
    sup.wait_log("manager.killed")
    second = sup.peer().ready()
    assert second.setup.key == peer.setup.key
    sup.spawn(second, 1)
    second.expect(SPAWNED, id=1)


def test_a_request_before_ready_is_a_violation(sup):
    sup.start()
    peer = sup.peer()
    sup.spawn(peer, 1)
    sup.wait_log("a message that is not legal now")


# --- death and restart ---------------------------------------------------------------------------


def test_when_the_manager_dies_parents_retire_and_their_ids_are_void(sup):
    peer = sup.up()
    first = sup.spawn(peer, 1).facts()["pid"]
    peer.expect(SPAWNED, id=1)
    manager = next(p for p in descendants(sup.process.pid) if p != first)
    started = time.monotonic()
    os.kill(manager, signal.SIGKILL)
    second = sup.peer().ready()
    assert time.monotonic() - started < 2
    wait_until(lambda: stat_of(first) is None, 2, what="the old parent's end")
    sup.spawn(second, 1)
    second.expect(SPAWNED, id=1)  # the next message: no EXITED of the former life


def test_a_manager_that_does_not_get_ready_is_replaced(make):
    sup = make()
    sup.start()
    sup.peer()
    sup.wait_log("it did not get ready in time", 15)


def test_a_manager_that_cannot_start_is_tried_again_with_growing_pauses(sup):
    sup.manager.write_text("#!/no/such/interpreter\n")
    sup.start()
    sup.wait_log("in_ms=500 ")
    text = sup.text()
    assert text.index("in_ms=0 ") < text.index("in_ms=250 ") < text.index("in_ms=500 ")
    assert "manager.start_failed" in text and "step=exec" in text and "ENOENT" in text
    assert sup.stop() == 0


def test_when_the_supervisor_is_killed_nobody_stays(sup):
    peer = sup.up()
    sup.spawn(peer, 1).facts()
    peer.expect(SPAWNED, id=1)
    below = list(descendants(sup.process.pid))
    assert len(below) == 2
    sup.process.kill()
    sup.process.wait()
    wait_until(lambda: not any(stat_of(p) and stat_of(p)[1] != "Z" for p in below), 2,
               what="their end")


# --- stop ----------------------------------------------------------------------------------------


def test_stop_waits_for_the_manager_then_ends_everything(sup):
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "family"}).facts()
    peer.expect(SPAWNED, id=1)
    below = list(descendants(sup.process.pid))
    sup.process.send_signal(signal.SIGTERM)
    peer.expect(STOP, status=3000)
    assert len([p for p in below if stat_of(p)]) == len(below), "nobody dies before the drain"
    peer.send(Message(STOPPED))
    assert sup.process.wait(10) == 0
    assert not any(stat_of(p) for p in below)
    assert not sup.socket.exists()
    assert "supervisor.stopped" in sup.text()
    assert "manager.late" in sup.text(), "the relay does not end by itself: it is made to"


def test_stop_does_not_wait_longer_than_the_grace_for_a_stuck_manager(make):
    sup = make(stop_grace="500ms")
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "stubborn"}).facts()
    peer.expect(SPAWNED, id=1)
    started = time.monotonic()
    assert sup.stop() == 0
    assert time.monotonic() - started < 6
    assert "manager.late" in sup.text()


def test_second_sigterm_shortens_the_grace(make):
    sup = make(stop_grace="60s")
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "stubborn"}).facts()
    peer.expect(SPAWNED, id=1)
    sup.process.send_signal(signal.SIGTERM)
    peer.expect(STOP)
    assert sup.stop(5) == 0


def test_spawn_is_refused_while_stopping(sup):
    peer = sup.up()
    sup.process.send_signal(signal.SIGTERM)
    peer.expect(STOP)
    sup.spawn(peer, 1)
    assert peer.expect(SPAWN_FAILED, id=1).reason == 7
    peer.send(Message(STOPPED))
    assert sup.process.wait(10) == 0


# --- reload --------------------------------------------------------------------------------------


def test_reload_hands_over_the_new_configuration_and_uses_it(sup):
    peer = sup.up()
    refused(sup, peer, "handler-unknown", handler="new")
    sup.handlers["new"] = sup.lsphp
    sup.write_conf()
    sup.process.send_signal(signal.SIGHUP)
    message = peer.expect(RELOAD)
    assert sup.conf.read_bytes() in os.pread(message.fds[0], 1 << 20, 0)
    os.close(message.fds[0])
    peer.send(Message(RELOADED))
    sup.wait_log("config.reloaded")
    sup.spawn(peer, 2, handler="new")
    peer.expect(SPAWNED, id=2)


def test_reload_is_also_done_on_the_managers_request(sup):
    peer = sup.up()
    peer.send(Message(RELOAD_REQUEST))
    os.close(peer.expect(RELOAD).fds[0])


def test_a_request_for_a_bad_configuration_is_answered_with_what_is_wrong(sup):
    peer = sup.up()
    sup.write_conf("colour = red\n")
    peer.send(Message(RELOAD_REQUEST))
    fd = peer.expect(RELOAD_FAILED).fds[0]
    text = os.pread(fd, 4096, 0).decode()
    os.close(fd)
    line = len(sup.conf.read_text().splitlines())
    assert text.startswith(f"{sup.conf}:{line}: ") and "colour" in text and "; " in text
    sup.spawn(peer, 1)
    peer.expect(SPAWNED, id=1)  # the former one is in force


@pytest.mark.parametrize("how", ["mistake", "unsafe", "fixed"])
def test_a_bad_configuration_is_not_taken(sup, how):
    peer = sup.up()
    if how == "fixed":
        sup.settings["runtime_dir"] = sup.place / "elsewhere"
    sup.write_conf("colour = red\n" if how == "mistake" else "")
    if how == "unsafe":
        sup.conf.chmod(0o666)
    sup.process.send_signal(signal.SIGHUP)
    sup.wait_log("config.kept")
    assert "config.problem" in sup.text() and "remedy=" in sup.text()
    sup.spawn(peer, 1)
    peer.expect(SPAWNED, id=1)  # still at work, and no RELOAD came


# --- lsapid -t and the command line --------------------------------------------------------------


def test_check_of_a_good_configuration(sup):
    done = sup.check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "configuration ok\n", "")
    assert not (sup.place / "run").exists(), "a check makes nothing"


def test_check_says_file_line_what_and_remedy(sup):
    sup.write_conf("colour = red\n")
    done = sup.check()
    lines = len(sup.conf.read_text().splitlines())
    assert done.returncode == 1
    assert done.stderr.startswith(f"{sup.conf}:{lines}: ") and "colour" in done.stderr
    assert done.stdout == ""


def test_check_tells_every_binary_that_is_missing_or_unsafe(sup):
    sup.handlers["missing"] = sup.place / "no-lsphp"
    sup.handlers["unsafe"] = sup.program("unsafe-lsphp", b"")
    (sup.place / "unsafe-lsphp").chmod(0o777)
    sup.write_conf()
    done = sup.check()
    assert done.returncode == 1
    assert "no-lsphp does not exist" in done.stderr
    assert "unsafe-lsphp is writable by group or others" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@needs_root
@pytest.mark.parametrize("key", ["manager_user", "apache_group", "apache_user"])
def test_check_tells_accounts_that_do_not_exist(sup, key):
    sup.settings[key] = "nosuchname"
    sup.write_conf()
    done = sup.check()
    assert done.returncode == 1
    assert f"{key} 'nosuchname' does not exist" in done.stderr


@needs_root
def test_configuration_of_another_user_is_refused(sup):
    os.chown(sup.conf, 1, 1)
    done = sup.check()
    assert done.returncode == 1 and "belongs to another user" in done.stderr


@pytest.mark.parametrize("form", ["{name}", "./{name}", ".//{name}", "{parent}/{name}"])
def test_a_relative_path_is_taken_from_the_current_directory(sup, form):
    start = sup.place if "parent" not in form else sup.place.parent
    path = form.format(name=sup.conf.name, parent=sup.place.name)
    done = subprocess.run([sup.lsapid, "-c", path, "-m", form.format(
        name=sup.manager.name, parent=sup.place.name), "-t"], cwd=start, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout) == (0, "configuration ok\n")
    sup.write_conf("colour = red\n")
    done = subprocess.run([sup.lsapid, "-c", path, "-t"], cwd=start, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.stdout.startswith(f"{sup.conf}:")  # every message names the whole path


def test_a_path_that_climbs_is_refused(sup):
    assert "is not a plain absolute path" in sup.check("-c", "../lsapid.conf").stderr


def test_command_line(sup):
    assert sup.check("-V").stdout.startswith("lsapid ")
    assert sup.check("-x").returncode == 2
    assert sup.check("word").returncode == 2
