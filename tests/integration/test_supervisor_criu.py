# SPDX-License-Identifier: Apache-2.0
"""The root process freezes and thaws lsphp: what a manager may ask of it, and what comes of that."""

import json
import os
from pathlib import Path

import criu_helper
import pytest
from lsapi_client import Client
from place import all_processes, wait_until
from supervisor_peer import (BUILD, CHILD_TERM, CRIU_FAILS, CRIU_OFF, CRIU_WORKS, EXITED, FREEZE,
                             FROZEN, FROZEN_BUSY, FROZEN_DONE, FROZEN_FAILED, IMAGES, IMAGES_DATA,
                             IMAGES_LIST, IMAGES_RESET, IMAGES_RESET_ALL, IS_ROOT, KILL, RETIRE,
                             SIGNAL, SPAWNED, THAW, Message, Supervisor, memfd, stat_of)

WHY_NOT = criu_helper.why_not()
frozen = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
as_root = pytest.mark.skipif(not IS_ROOT, reason="lsapid is root")

SCRIPT = """<?php
$status = opcache_get_status(false);
echo getmypid(), " ", $status["opcache_statistics"]["hits"];
if (isset($_GET["wait"])) { while (!file_exists($_GET["wait"])) { usleep(10000); clearstatcache(); } }
"""


class Host:
    """A supervisor that starts our lsphp, and the test as its manager."""

    def __init__(self, **settings):
        self.sup = Supervisor(**{"criu_program": criu_helper.CRIU or "/usr/sbin/criu",
                                 "uid_min": 1, "gid_min": 1, **settings})
        self.sup.lsphp = self.sup.program("real", (BUILD / "lsphp/lsphp").read_bytes())
        self.sup.handlers = {"application/x-test": self.sup.lsphp}
        self.images = self.sup.place / "images"
        self.write_conf()
        self.script = self.sup.place / "script.php"
        self.script.write_text(SCRIPT)
        os.utime(self.script, (1, 1))  # opcache leaves files alone that have just been written
        self.peer = None
        self.number = 0

    def write_conf(self):
        self.sup.write_conf(f'defaults {{ criu_images_dir = "{self.images}" }}\n')

    def up(self, state=CRIU_WORKS):
        self.peer = self.sup.up()
        self.peer.wait_criu(state)
        return self

    def spawn(self, flags=THAW, lsphp=None, **more):
        self.number += 1
        entries = {"criu": "on", "criu_images_dir": self.images, "children": 4, **more}
        lsphp = self.sup.spawn(self.peer, self.number, flags=flags, lsphp=lsphp, **entries)
        return lsphp, self.peer.expect(SPAWNED, id=self.number)

    def ask(self, lsphp, **query):
        with Client(str(lsphp.path)) as c:
            c.ask(self.script, query="&".join(f"{k}={v}" for k, v in query.items()))
            return c.receive()

    def freeze(self, number=None):
        self.peer.send(Message(FREEZE, id=number or self.number, ms=500))
        return self.peer.receive(30)

    def frozen(self, **more):
        """A pool that was warm, frozen and is gone. Return: what the manager keeps of it"""
        lsphp, spawned = self.spawn(**more)
        assert not spawned.flags & THAW
        assert self.ask(lsphp).text
        wait_until(lambda: self.freeze().status == FROZEN_DONE, what="an idle moment")
        self.retire()
        return lsphp

    def retire(self, number=None):
        number = number or self.number
        self.peer.send(Message(SIGNAL, id=number, signal=RETIRE))
        return self.peer.expect(EXITED, id=number)

    def images_ask(self, what, name=b""):
        fd = memfd(name)
        self.peer.send(Message(IMAGES, id=77, status=what), [fd])
        os.close(fd)
        answer = self.peer.expect(IMAGES_DATA, id=77)
        text = os.pread(answer.fds[0], 1 << 20, 0).decode()
        os.close(answer.fds[0])
        assert answer.status == 0, text
        return json.loads(text)


@pytest.fixture
def host():
    made = []

    def make(**settings):
        made.append(Host(**settings))
        return made[-1]

    yield make
    for one in made:
        one.sup.end()


@as_root
def test_without_a_program_criu_is_off_or_fails_in_words(host):
    one = host(criu_program="").up(CRIU_OFF)
    assert one.peer.criu.text == "criu_program is empty"
    two = host(criu_program="/nonexistent/criu").up(CRIU_FAILS)
    assert two.peer.criu.text == "/nonexistent/criu is not there: install the package criu"
    lsphp, spawned = two.spawn()
    assert not spawned.flags & THAW and two.ask(lsphp).text
    answer = two.freeze()
    assert answer.type == FROZEN and answer.status == FROZEN_FAILED
    assert answer.text == two.peer.criu.text


@as_root
def test_a_program_that_others_may_write_is_not_run(host, tmp_path):
    tmp_path.chmod(0o777)
    program = tmp_path / "criu"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    one = host(criu_program=program).up(CRIU_FAILS)
    assert "writable" in one.peer.criu.text


@frozen
@as_root
def test_freeze_and_thaw_keep_the_opcode_cache(host):
    one = host().up()
    lsphp = one.frozen()
    _, spawned = one.spawn(lsphp=lsphp)
    assert spawned.flags & THAW and spawned.ms > 0
    parent, _ = stat_of(spawned.pid)
    assert stat_of(parent)[0] == one.sup.process.pid  # lsphp, its init, the supervisor
    status = Path(f"/proc/{spawned.pid}/status").read_text()
    assert "Uid:\t1\t1\t1\t1" in status
    pid, hits = one.ask(lsphp).text.split()
    assert int(hits) >= 1
    assert "image.dropped" not in one.sup.text()
    one.retire()
    wait_until(lambda: stat_of(parent) is None, what="the end of the init")


@frozen
@as_root
def test_thawed_parent_ends_gracefully_and_its_busy_child_finishes(host):
    one = host().up()
    lsphp = one.frozen()
    _, spawned = one.spawn(lsphp=lsphp)
    go = one.sup.place / "go"
    with Client(str(lsphp.path)) as c:
        c.ask(one.script, query=f"wait={go}")
        assert c.packet()
        exited = one.retire()
        assert exited.pid == spawned.pid and exited.status == 0
        go.write_text("")
        assert c.receive().is_complete


@frozen
@as_root
def test_kill_and_child_signals_reach_a_thawed_tree(host):
    one = host().up()
    lsphp = one.frozen()
    _, spawned = one.spawn(lsphp=lsphp)
    with Client(str(lsphp.path)) as c:
        c.ask(one.script, query="wait=/nonexistent")
        assert c.packet()
        children = Path(f"/proc/{spawned.pid}/task/{spawned.pid}/children").read_text().split()
        one.peer.send(Message(SIGNAL, id=one.number, pid=int(children[0]), signal=CHILD_TERM))
        assert not c.receive().is_complete
    with Client(str(lsphp.path)) as c:
        c.ask(one.script, query="wait=/nonexistent")
        assert c.packet()
        one.peer.send(Message(SIGNAL, id=one.number, signal=KILL))
        one.peer.expect(EXITED, id=one.number, status=9)
        assert not c.receive().is_complete


@frozen
@as_root
def test_a_busy_parent_is_not_frozen_and_goes_on(host):
    one = host().up()
    lsphp, _ = one.spawn()
    go = one.sup.place / "go"
    with Client(str(lsphp.path)) as c:
        c.ask(one.script, query=f"wait={go}")
        assert c.packet()
        assert one.freeze().status == FROZEN_BUSY
        go.write_text("")
        assert c.receive().is_complete
    assert one.ask(lsphp).is_complete


@frozen
@as_root
@pytest.mark.parametrize("more, why", [
    ({"env.X": "2"}, "env.X"), ({"limit_nofile": "512"}, "limit_nofile"),
    ({"ini.memory_limit": "99M"}, "ini.memory_limit"), ({"children": "5"}, "env.LSAPI_CHILDREN")])
def test_a_changed_setting_drops_the_image_and_names_it(host, more, why):
    one = host().up()
    lsphp = one.frozen(**{"env.X": "1", "ini.memory_limit": "98M"})
    more = {"env.X": "1", "ini.memory_limit": "98M", **more}
    _, spawned = one.spawn(lsphp=lsphp, **more)
    assert not spawned.flags & THAW and why in spawned.text
    assert one.ask(lsphp).is_complete
    assert one.sup.text().count("image.dropped") == 1
    # it is known by now that there is none: nobody asks again
    one.retire()
    _, spawned = one.spawn(lsphp=lsphp, **more)
    assert not spawned.flags & THAW and spawned.text == ""


@frozen
@as_root
def test_failure_of_criu_is_a_plain_start_and_one_line(host):
    one = host().up()
    lsphp = one.frozen()
    for path in one.images.glob("*/image.*/core-*.img"):
        data = bytearray(path.read_bytes())
        times = path.stat()
        data[40:200] = bytes(160)
        with open(path, "r+b") as f:  # as a bad disk would: size, time and inode stay
            f.write(data)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    _, spawned = one.spawn(lsphp=lsphp)
    assert not spawned.flags & THAW and spawned.text
    assert one.ask(lsphp).is_complete
    assert one.sup.text().count("thaw.failed") == 1
    one.retire()
    _, spawned = one.spawn(lsphp=lsphp)  # back-off: not tried again
    assert one.sup.text().count("thaw.failed") == 1
    assert one.ask(lsphp).is_complete


@frozen
@as_root
def test_time_limit_ends_criu_and_php_is_started(host):
    slow = host()
    wrapper = slow.sup.program("slow-criu", b"#!/bin/sh\ncase \"$*\" in check*|*--version*) exec "
                               + criu_helper.CRIU.encode() + b" \"$@\";; esac\nexec sleep 600\n")
    slow.sup.settings["criu_program"] = wrapper
    slow.sup.settings["criu_time_limit"] = "3s"
    slow.write_conf()
    slow.up()
    lsphp, _ = slow.spawn()
    assert slow.ask(lsphp).is_complete
    answer = slow.freeze()
    assert answer.status == FROZEN_FAILED and "criu_time_limit" in answer.text
    slow.peer.expect(EXITED, id=slow.number, status=9)  # nobody knows how far it had come
    _, spawned = slow.spawn(lsphp=lsphp)
    assert slow.ask(lsphp).is_complete


@frozen
@as_root
def test_images_are_listed_and_reset(host):
    one = host().up()
    lsphp = one.frozen()
    listed = one.images_ask(IMAGES_LIST)
    assert [i["pool"] for i in listed["images"]] == ["a.test"]
    assert listed["images"][0]["bytes"] > 1000000
    assert one.images_ask(IMAGES_RESET, b"other.test")["removed"] == 0
    assert one.images_ask(IMAGES_RESET, b"a.test")["removed"] > 0
    assert one.images_ask(IMAGES_LIST)["images"] == []
    _, spawned = one.spawn(lsphp=lsphp)
    assert not spawned.flags & THAW
    assert one.images_ask(IMAGES_RESET_ALL) is not None


@frozen
@as_root
def test_retire_in_the_middle_of_a_thaw_leaves_nothing(host):
    one = host().up()
    lsphp = one.frozen()
    one.number += 1
    one.sup.spawn(one.peer, one.number, flags=THAW, lsphp=lsphp, criu="on",
                  criu_images_dir=one.images, children=4)
    one.peer.send(Message(SIGNAL, id=one.number, signal=RETIRE))
    kinds = []
    while not kinds or kinds[-1] == SPAWNED:
        kinds.append(one.peer.receive().type)
    assert kinds[-1] != SPAWNED
    wait_until(lambda: not [p for p in all_processes() if p.ppid == one.sup.process.pid
                            and "lsphp" in p.cmdline], what="the end")


@frozen
@as_root
def test_manager_dies_with_thawed_ones_and_the_next_thaws_again(host):
    one = host().up()
    lsphp = one.frozen()
    _, spawned = one.spawn(lsphp=lsphp)
    one.peer.close()
    one.sup.peers.remove(one.peer)
    wait_until(lambda: stat_of(spawned.pid) is None, what="its end")
    one.peer = one.sup.peer().ready()
    one.number = 0
    _, spawned = one.spawn(lsphp=lsphp)
    assert spawned.flags & THAW
