# SPDX-License-Identifier: Apache-2.0
"""A PHP that has changed on the disk: its pools follow by themselves, one after the other."""

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import threading
from datetime import datetime

import pytest

from harness import HANDLER, Ctl, Daemon, Vhost
from place import IS_SANITIZED, LSPHP, OWNERS, Place, wait_until

INI = "<?php echo json_encode([posix_getppid(), ini_get('default_charset')]);"
OTHER = "application/x-httpd-lsphp-other"


class Php:
    """A stack whose PHP reads further ini files from a directory of the test."""

    def __init__(self, stack, *vhosts, watch=True, extra="", **settings):
        self.stack = stack(*vhosts, start=False, settings=settings,
                           extra="lsapi_backend_pgrp_max_idle 3600\n" + extra)
        self.place = self.stack.place
        self.daemon = self.stack.daemon
        self.conf_d = self.place.directory("conf.d")
        binary, env = self.daemon.handlers[HANDLER]
        env = [*env, f"PHP_INI_SCAN_DIR=:{self.conf_d}"]
        self.daemon.handlers[HANDLER] = (binary, env, [self.conf_d] if watch else [])
        self.daemon.write_conf()
        self.ini("a")
        for vhost in self.stack.httpd.vhosts.values():
            self.place.file(vhost.docroot / "ini.php", INI, vhost.owner)

    def start(self):
        self.stack.start()
        return self

    def ini(self, value):
        """As dpkg does it: another file, renamed over the one before."""
        self.place.file(self.conf_d / "new.dpkg-new", f"default_charset = {value}\n")
        os.rename(self.conf_d / "new.dpkg-new", self.conf_d / "20-test.ini")

    def ask(self, vhost, target="/ini.php"):
        answer = self.stack.get(vhost, target)
        assert answer.status == 200, self.stack.logs()
        return answer

    def seen(self, vhost):
        """(pid of the parent, what its PHP has read)"""
        return tuple(json.loads(self.ask(vhost).text))

    def wait_seen(self, vhost, value):
        wait_until(lambda: self.seen(vhost)[1] == value, 15, f"{value} at {vhost}")

    def events(self, name):
        return [line for line in self.daemon.text().splitlines() if f" {name} " in line]

    def wait_replaced(self, count=1):
        wait_until(lambda: len(self.events("watch.replaced")) == count, 30, "the replacement")


@pytest.fixture
def php(stack):
    return lambda *vhosts, **how: Php(stack, *vhosts, **how)


def test_changed_ini_file_reaches_php_under_load(php):
    """No reload, no lost request, and a handler that has not changed does not notice."""
    made = php(Vhost("a.test", "games"), Vhost("b.test", "mail", extra=f"AddType {OTHER} .php"))
    made.daemon.handlers[OTHER] = (made.place.bin / "lsphp", [])
    shutil.copy(made.place.bin / "lsphp", made.place.path / "other-lsphp")
    made.daemon.handlers[OTHER] = (made.place.path / "other-lsphp", [])
    made.daemon.write_conf()
    made.start()
    first, steady = made.seen("a.test"), made.seen("b.test")
    assert first[1] == "a"
    stop = threading.Event()
    wrong, answers = [], {"a.test": 0, "b.test": 0}
    lock = threading.Lock()

    def client(name):
        while not stop.is_set():
            answer = made.stack.get(name, "/ini.php")
            with lock:
                answers[name] += 1
                if answer.status != 200:
                    wrong.append((name, answer.status, answer.text))

    threads = [threading.Thread(target=client, args=(name,))
               for name in ("a.test",) * 4 + ("b.test",) * 2]
    for thread in threads:
        thread.start()
    try:
        for count, value in enumerate("bcd", 1):
            made.ini(value)
            made.wait_seen("a.test", value)
            made.wait_replaced(count)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not wrong, wrong[:3]
    assert min(answers.values()) > 10
    assert made.seen("b.test") == steady
    changes = made.events("watch.changed")
    assert [re.search(r"path=(\S+) how=(\S+) pools=(\d+)", c).groups() for c in changes] == [
        (str(made.conf_d / "20-test.ini"), "changed", "1")] * 3


def test_request_under_way_finishes_in_the_old_php(php):
    made = php(Vhost("a.test", "games")).start()
    docroot = made.stack.httpd.vhosts["a.test"].docroot
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.ask("a.test", "/hold.php?name=slow&last=fine")))
    thread.start()
    wait_until((docroot / "slow.running").exists, 10, "the script's start")
    made.ini("b")
    made.wait_seen("a.test", "b")
    assert not answers
    (docroot / "slow.go").touch()
    thread.join(10)
    assert [a.text for a in answers] == ["fine"]


@pytest.mark.parametrize("how", ["added", "removed", "directory"])
def test_files_that_come_and_go(php, how):
    """Another name in the directory, one name less, and the directory as a whole."""
    made = php(Vhost("a.test", "games"))
    if how == "directory":
        shutil.rmtree(made.conf_d)
    made.start()
    before = made.seen("a.test")
    assert before[1] == ("UTF-8" if how == "directory" else "a")
    if how == "added":
        made.place.file(made.conf_d / "30-more.ini", "default_charset = more\n")
        made.wait_seen("a.test", "more")
    elif how == "removed":
        (made.conf_d / "20-test.ini").unlink()
        made.wait_seen("a.test", "UTF-8")
    else:
        made.place.directory("conf.d")
        made.ini("back")
        made.wait_seen("a.test", "back")
        shutil.rmtree(made.conf_d)
        made.wait_seen("a.test", "UTF-8")
        made.place.directory("conf.d")
        made.ini("again")
        made.wait_seen("a.test", "again")
    assert made.seen("a.test")[0] != before[0]


def test_replaced_binary(php):
    """By rename, as a package does it; the binary is watched without being named."""
    made = php(Vhost("a.test", "games"), watch=False).start()
    before = made.seen("a.test")
    made.ini("b")  # not watched
    lsphp = made.place.bin / "lsphp"
    shutil.copy(lsphp, made.place.bin / "lsphp.dpkg-new")
    os.rename(made.place.bin / "lsphp.dpkg-new", lsphp)
    made.wait_replaced()
    wait_until(lambda: made.seen("a.test")[0] != before[0], 10, "the next parent")
    assert made.seen("a.test")[1] == "b"
    change, = made.events("watch.changed")
    assert f"path={lsphp} how=changed" in change


def test_what_does_not_count(php):
    """Reading, files beside the binary, what an editor leaves: then one change that counts."""
    made = php(Vhost("a.test", "games")).start()
    before = made.seen("a.test")
    (made.conf_d / "20-test.ini").read_text()
    (made.conf_d / ".20-test.ini.swp").touch()
    (made.conf_d / "20-test.ini~").touch()
    (made.place.bin / "unrelated").touch()
    (made.place.bin / "unrelated").unlink()
    # a file beside it that is watched for another handler shows that all of that was looked at
    made.ini("b")
    made.wait_seen("a.test", "b")
    made.wait_replaced()
    assert len(made.events("watch.changed")) == 1
    assert made.seen("a.test")[0] != before[0]


def test_pools_follow_at_the_rate(php):
    """One per second: never two at once, and no sooner than a second after the one before."""
    sites = [Vhost(f"v{i}.test", owner) for i, owner in enumerate(OWNERS[:4])]
    made = php(*sites, replace_rate=1).start()
    for site in sites:
        assert made.seen(site.name)[1] == "a"
    made.ini("b")
    made.daemon.wait_log("watch.changed")
    status = made.stack.ctl.status()["replacing"]
    assert status["is_watching"] and status["pools"] == 4
    assert status["path"] == str(made.conf_d / "20-test.ini")
    assert status["done"] + status["waiting"] == 4
    assert "pools done, as " in made.stack.ctl.run("status")[1]
    made.wait_replaced()
    times, draining = [], 0
    for line in made.events("pool.state"):
        if "why=php-changed" in line:
            draining += 1
            times.append(datetime.fromisoformat(line.split()[0].rstrip("Z")))
        elif "from=draining" in line:
            draining -= 1
        assert draining <= 1, line
    assert len(times) == 4
    gaps = [(b - a).total_seconds() for a, b in zip(times, times[1:])]
    assert min(gaps) > 0.95, gaps
    wait_until(lambda: made.stack.ctl.status()["replacing"]["draining"] == 0, 10, "the last end")
    after = made.stack.ctl.status()["replacing"]
    assert (after["done"], after["waiting"]) == (4, 0)
    assert [made.seen(s.name)[1] for s in sites] == ["b"] * 4


def test_rate_without_bound(php):
    sites = [Vhost(f"v{i}.test", owner) for i, owner in enumerate(OWNERS[:4])]
    made = php(*sites, replace_rate=0).start()
    for site in sites:
        made.seen(site.name)
    made.ini("b")
    made.wait_replaced()
    times = [datetime.fromisoformat(line.split()[0].rstrip("Z"))
             for line in made.events("pool.state") if "why=php-changed" in line]
    assert len(times) == 4
    # one turn of the loop: nothing else was logged in between
    lines = made.daemon.text().splitlines()
    first = next(i for i, line in enumerate(lines) if "why=php-changed" in line)
    assert sum("why=php-changed" in line for line in lines[first:first + 20]) == 4


def test_switched_off_and_on(php):
    """watch_php: off, nothing is noticed; on by a reload, from then on."""
    made = php(Vhost("a.test", "games"), watch_php=False).start()
    before = made.seen("a.test")
    made.ini("b")
    assert made.stack.ctl.status()["replacing"]["is_watching"] is False
    assert made.seen("a.test") == before
    made.daemon.settings["watch_php"] = True
    made.daemon.write_conf()
    assert made.stack.ctl.run("reload")[0] == 0
    assert made.stack.ctl.status()["replacing"]["is_watching"] is True
    assert made.seen("a.test") == before
    made.ini("c")
    made.wait_seen("a.test", "c")
    change, = made.events("watch.changed")
    assert "pools=1" in change


def test_reload_changes_what_is_watched(php):
    made = php(Vhost("a.test", "games"), watch=False).start()
    before = made.seen("a.test")
    binary, env, _ = made.daemon.handlers[HANDLER]
    made.daemon.handlers[HANDLER] = (binary, env, [made.conf_d])
    made.daemon.write_conf()
    assert made.stack.ctl.run("reload")[0] == 0
    assert made.seen("a.test") == before
    made.ini("b")
    made.wait_seen("a.test", "b")


def test_link_in_the_directory(php):
    """conf.d of Debian has links: what they lead to is what PHP reads."""
    made = php(Vhost("a.test", "games"))
    mods = made.place.directory("mods-available")
    made.place.file(mods / "test.ini", "default_charset = linked\n")
    os.symlink("../mods-available/test.ini", made.conf_d / "30-test.ini")
    made.start()
    assert made.seen("a.test")[1] == "linked"
    made.place.file(mods / "test.ini", "default_charset = written\n")
    made.wait_seen("a.test", "written")


def test_path_that_may_not_be_read(php):
    """Said once, with what to do; PHP is served and the rest is watched."""
    made = php(Vhost("a.test", "games"))
    closed = made.place.directory("closed", mode=0o700)
    binary, env, watch = made.daemon.handlers[HANDLER]
    made.daemon.handlers[HANDLER] = (binary, env, [*watch, closed / "php.ini"])
    made.daemon.write_conf()
    made.start()
    for value in "bc":
        made.ini(value)
        made.wait_seen("a.test", value)
    assert made.stack.ctl.run("reload")[0] == 0
    failure, = made.events("watch.failed")
    assert f"path={closed} " in failure and "EACCES" in failure and "remedy=" in failure


EXHAUST = """
import ctypes, os, sys
os.setuid(int(sys.argv[1]))
libc = ctypes.CDLL(None)
while libc.inotify_init1(0) >= 0: pass
print("full", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(IS_SANITIZED, reason="an account of its own can not write the reports")
def test_no_inotify_left(php):
    """The limit of instances is an account's: here one that nobody else of the tests uses."""
    account = pwd.getpwnam("gnats" if "gnats" in {p.pw_name for p in pwd.getpwall()} else "sync")
    made = php(Vhost("a.test", "games"), manager_user=account.pw_name)
    with subprocess.Popen([sys.executable, "-c", EXHAUST, str(account.pw_uid)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as eater:
        assert eater.stdout.readline() == "full\n"
        made.start()
        assert made.seen("a.test")[1] == "a"
        failure, = made.events("watch.failed")
        assert "EMFILE" in failure and "max_user_instances" in failure
        eater.stdin.close()
    # and a reload tries again
    assert made.stack.ctl.run("reload")[0] == 0
    made.ini("b")
    made.wait_seen("a.test", "b")


@pytest.mark.skipif(bool(LSPHP), reason="a foreign lsphp")
def test_default_list_is_what_the_library_reads(stack):
    """What lsapid was built to watch for its own lsphp is what that PHP calls its own."""
    made = stack(Vhost("a.test", "games"))
    made.place.file(made.httpd.vhosts["a.test"].docroot / "paths.php",
                    "<?php echo json_encode([PHP_CONFIG_FILE_PATH, PHP_CONFIG_FILE_SCAN_DIR, "
                    "PHP_EXTENSION_DIR]);", made.httpd.vhosts["a.test"].owner)
    where, scan, extensions = json.loads(made.get("a.test", "/paths.php").text)
    place = Place()
    try:
        bare = Daemon(place)
        bare.handlers = {}
        bare.write_conf()
        bare.start()
        try:
            watched, = Ctl(place, bare).status()["replacing"]["watched"]
        finally:
            bare.stop()
    finally:
        place.end()
    assert watched["handler"] == HANDLER
    assert {f"{where}/php.ini", scan, extensions} <= set(watched["paths"])
    assert [p for p in watched["paths"] if re.search(r"/libphp\d\.\d\.so$", p)]


def test_idle_daemon_sleeps(php):
    """No polling: soon the manager sleeps until something happens, or for minutes."""
    made = php(Vhost("a.test", "games")).start()
    made.seen("a.test")
    assert Ctl(made.place, made.daemon).status()["replacing"]["directories"] > 2
    manager = made.daemon.manager()

    def sleeps_for():
        """Milliseconds: what it has told epoll_wait(2), its only place to sleep; -1: for ever."""
        with open(f"/proc/{manager}/syscall", encoding="ascii") as syscall:
            words = syscall.read().split()
        timeout = int(words[4], 16) & 0xffffffff if len(words) > 4 else 0
        return timeout - (1 << 32) if timeout >> 31 else timeout

    wait_until(lambda: not 0 <= sleeps_for() < 60000, 30, "a manager that sleeps")
