# SPDX-License-Identifier: Apache-2.0
"""Requests that run too long, pools that grow old, children that grow large: lsapid cares."""

import threading
import time

import pytest

from harness import Vhost
from place import is_alive, wait_until
from test_pools import Pools

pytestmark = [pytest.mark.sanitized]

#: deaf to SIGTERM in PHP's own code: FFI reaches sigaction's elder brother
DEAF = "<?php FFI::cdef('void *signal(int, void *);')->signal(15, FFI::cast('void *', " \
    "FFI::cast('void *', 1)));"
RUNNING = "file_put_contents(__DIR__ . '/pid', getmypid()); rename(__DIR__ . '/pid', " \
    "__DIR__ . '/running');"
#: one process of httpd, so that one request after the other uses the same connection
ONE_HTTPD = {"StartServers": 1, "ServerLimit": 1, "MaxRequestWorkers": 32}
FFI_ON = "php_admin_value ffi.enable 1"


@pytest.fixture
def pools(stack):
    return lambda *vhosts, **how: Pools(stack, *vhosts, **how)


class Caller(threading.Thread):
    """A request under way."""

    def __init__(self, made, vhost, target, **how):
        super().__init__()
        self.work = lambda: made.stack.get(vhost, target, **how)
        self.answer = None
        self.start()

    def run(self):
        self.answer = self.work()

    def result(self, seconds=30):
        self.join(seconds)
        assert self.answer is not None, "no answer yet"
        return self.answer


def script(made, vhost, name, text):
    docroot = made.stack.httpd.vhosts[vhost].docroot
    made.stack.place.file(docroot / name, text, made.stack.httpd.vhosts[vhost].owner)
    return docroot


def pid_of(docroot):
    wait_until((docroot / "running").exists, 10, "the script's start")
    pid = int((docroot / "running").read_text())
    (docroot / "running").unlink()
    return pid


def line_of(made, words, pid):
    return wait_until(lambda: [line for line in made.daemon.text().splitlines()
                               if words in line and f" pid={pid} " in line + " "], 10,
                      f"{words} of {pid}")[0]


def test_runaway_is_ended_and_told(pools):
    """503 at once, no second try of a GET; both logs and the status say what was done and why."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.file("a.conf", "pool a { user = games\n max_process_time = 1s\n }\n")
    made.start()
    docroot = script(made, "a.test", "loop.php",
                     f"<?php register_shutdown_function(function () {{ file_put_contents("
                     f"__DIR__ . '/ended', 'x'); }}); {RUNNING} while (true);")
    steady = made.get("b.test", "/mirror.php").header("X-Pid")
    began = time.monotonic()
    caller = Caller(made, "a.test", "/loop.php")
    pid = pid_of(docroot)
    assert caller.result().status == 503
    assert time.monotonic() - began >= 1
    wait_until(lambda: not is_alive(pid), 5, "the child's end")
    wait_until((docroot / "ended").exists, 5, "its shutdown functions")
    line = line_of(made, "request.runaway", pid)
    for words in ("pool=a.test", "max_process_time_s=1 ", "outcome=SIGTERM", "remedy="):
        assert words in line, line
    assert int(line.split("ran_ms=")[1].split()[0]) in range(1000, 5000), line
    assert "signal=15" in line_of(made, "child.signal", pid)
    made.stack.httpd.wait_log("backend process was ended by lsapid: the request ran for 1.",
                              "a.test")
    log = made.stack.httpd.text("a.test")
    assert "max_process_time is 1 s" in log and "raise lsapi_backend_max_process_time" in log
    assert made.daemon.text().count("request.runaway") == 1, "tried again"
    assert made.pool("a.test")["runaways"] == 1 and made.status()["totals"]["runaways"] == 1
    assert made.get("a.test", "/mirror.php").status == 200
    assert made.get("b.test", "/mirror.php").header("X-Pid") == steady


def test_runaway_that_ignores_sigterm_is_killed(pools):
    made = pools(Vhost("a.test", "games", extra=FFI_ON))
    made.file("a.conf", "pool a { user = games\n max_process_time = 1s\n }\n")
    made.start()
    docroot = script(made, "a.test", "deaf.php", f"{DEAF} {RUNNING} while (true) usleep(100000);")
    caller = Caller(made, "a.test", "/deaf.php")
    pid = pid_of(docroot)
    line_of(made, "outcome=SIGTERM", pid)
    assert is_alive(pid), "it is not deaf"
    assert "outcome=SIGKILL" in line_of(made, "outcome=SIGKILL", pid)
    assert caller.result().status == 503
    wait_until(lambda: not is_alive(pid), 5, "the child's end")
    assert made.pool("a.test")["runaways"] == 1
    assert made.get("a.test", "/mirror.php").status == 200


def test_runaway_is_ended_although_its_parent_has_gone(pools):
    """lsphp's own limit ends with its parent; a replaced pool's busy child is in reach all the same."""
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", "pool a { user = games\n max_process_time = 3s\n }\n")
    made.start()
    docroot = script(made, "a.test", "loop.php", f"<?php {RUNNING} while (true) usleep(1000);")
    caller = Caller(made, "a.test", "/loop.php")
    pid = pid_of(docroot)
    parent, = [p.pid for p in made.daemon.parents()]
    made.file("a.conf", 'pool a { user = games\n max_process_time = 3s\n env = { "A=2" } }\n')
    made.reload()
    wait_until(lambda: not is_alive(parent), 5, "the parent's end")
    assert is_alive(pid)
    assert caller.result().status == 503
    assert "signal=15" in line_of(made, "child.signal", pid)
    wait_until(lambda: not is_alive(pid), 5, "the child's end")


def test_runaway_of_a_child_that_took_its_connection_from_the_listener(pools):
    """Not forked for it, so that lsphp need not say who it is: ours does."""
    made = pools(Vhost("a.test", "games"), extra="lsapi_terminate_backends_on_exit Off")
    made.file("a.conf", "pool a { user = games\n children = 2\n max_process_time = 1s\n }\n")
    made.start()
    docroot = script(made, "a.test", "loop.php", f"<?php {RUNNING} while (true) usleep(1000);")
    first = made.get("a.test", "/mirror.php").header("X-Pid")
    made.stack.httpd.stop()  # its connections end, the child waits for another
    wait_until(lambda: not made.status()["sessions"], 5, "the end of httpd's sessions")
    made.stack.httpd.start()
    caller = Caller(made, "a.test", "/loop.php")
    pid = pid_of(docroot)
    assert pid == int(first)
    assert caller.result().status == 503
    assert "outcome=SIGTERM" in line_of(made, "request.runaway", pid)


def test_requests_in_time_are_left_alone(pools):
    """A kept connection that was idle, then works, for longer than the limit together."""
    made = pools(Vhost("a.test", "games"), limits=ONE_HTTPD)
    made.file("a.conf", "pool a { user = games\n max_process_time = 2s\n }\n")
    made.start()
    script(made, "a.test", "some.php", "<?php usleep(900000); echo getmypid();")
    pids = {made.get("a.test", "/some.php").text for _ in range(5)}
    assert len(pids) == 1
    assert made.pool("a.test")["runaways"] == 0


class Load:
    """Clients that ask without a pause; every answer has to be right."""

    def __init__(self, made, vhost, target="/mirror.php?n=1", clients=6):
        self.made = made
        self.wrong = []
        self.count = 0
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(vhost, target))
                        for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def work(self, vhost, target):
        while not self.is_over.is_set():
            answer = self.made.stack.get(vhost, target)
            if answer.status != 200:
                self.wrong.append((answer.status, answer.text))
            self.count += 1

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)
        assert not self.wrong, f"{len(self.wrong)} of {self.count}: {self.wrong[:2]}"
        return self.count


def test_max_lifetime_replaces_the_pool_and_loses_no_request(pools):
    """Under load, one parent after another; a busy request outlives its parent."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.file("a.conf", "pool a { user = games\n max_lifetime = 1s\n }\n")
    made.start()
    steady = made.get("b.test", "/mirror.php").header("X-Pid")
    held = Caller(made, "a.test", "/hold.php?name=slow&last=fine")
    docroot = made.stack.httpd.vhosts["a.test"].docroot
    wait_until((docroot / "slow.running").exists, 10, "the script's start")
    load = Load(made, "a.test")
    wait_until(lambda: made.pool("a.test")["lifetimes"] >= 4 and load.count > 60, 60, "four lives")
    load.end()
    (docroot / "slow.go").touch()
    assert (held.result().status, held.result().text) == (200, "fine")
    lived = [int(line.split("lived_ms=")[1].split()[0])
             for line in made.daemon.text().splitlines() if " pool.lifetime " in line]
    assert min(lived) >= 900
    assert made.pool("a.test")["starts"] >= 4 and made.pool("a.test")["failures"] == 0
    assert made.pool("b.test")["lifetimes"] == 0
    assert made.get("b.test", "/mirror.php").header("X-Pid") == steady
    seen = made.status()  # one look: the next life may end between two
    assert seen["totals"]["lifetimes"] == sum(p["lifetimes"] for p in seen["pools"])


#: a request's memory goes back to PHP's allocator, which keeps some of its chunks for later ones
GROW = "<?php ini_set('memory_limit', '-1'); $a = []; for ($i = 0; $i < 1200000; $i++) " \
    "$a[] = str_repeat('x', 80 + $i % 7); echo getmypid();"


def test_child_that_keeps_too_much_memory_is_recycled(pools):
    made = pools(Vhost("a.test", "games"), limits=ONE_HTTPD)
    made.file("a.conf", "pool a { user = games\n max_memory = 24M\n }\n")
    made.start()
    script(made, "a.test", "grow.php", GROW)
    small = made.get("a.test", "/mirror.php").header("X-Pid")
    line_of(made, "child.weight", small)  # what is not too large stays
    assert made.pool("a.test")["recycled"] == 0
    assert made.get("a.test", "/mirror.php").header("X-Pid") == small
    large = made.get("a.test", "/grow.php").text
    assert large == small
    line = line_of(made, "child.recycle", large)
    assert "max_memory=25165824 " in line and "requests=3" in line, line
    assert int(line.split("bytes=")[1].split()[0]) > 24 << 20, line
    wait_until(lambda: not is_alive(int(large)), 5, "the child's end")
    assert made.get("a.test", "/mirror.php").header("X-Pid") != large
    wait_until(lambda: made.pool("a.test")["connections"] == 1, 5, "its connection's end")
    assert made.pool("a.test")["recycled"] == 1 and made.status()["totals"]["recycled"] == 1
    assert "child.stubborn" not in made.daemon.text()


def test_recycling_loses_no_request(pools):
    """A limit that every child is above, under load: many are replaced, every answer is right."""
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", "pool a { user = games\n max_memory = 64K\n children = 6\n }\n")
    made.start()
    made.get("a.test", "/mirror.php")
    load = Load(made, "a.test")
    wait_until(lambda: made.pool("a.test")["recycled"] >= 12 and load.count > 60, 60,
               "twelve children less")
    most = len(made.daemon.children())
    load.end()
    assert most <= 6
    assert made.pool("a.test")["deaths"] == 0


def test_hidden_proc_is_told_once_and_disturbs_nothing(pools):
    """hidepid: max_memory is without effect, and says so; runaways are ended all the same."""
    made = pools(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    made.file("a.conf", "pool a { user = games\n max_memory = 64K\n max_process_time = 1s\n }\n")
    made.file("b.conf", "pool b { user = mail\n max_memory = 64K\n }\n")
    argv = made.daemon.argv()
    made.daemon.argv = lambda *more: [
        # in a chroot / is no mount, whose propagation unshare(1) could change: /proc is one
        "/usr/bin/unshare", "--mount", "--propagation", "unchanged", "/bin/sh", "-c",
        'mount --make-private /proc && mount -t proc -o hidepid=invisible proc /proc && '
        'exec "$@"', "sh", *argv, *more]
    made.start()
    docroot = script(made, "a.test", "loop.php", f"<?php {RUNNING} while (true);")
    pids = [made.get(name, "/mirror.php").header("X-Pid") for name in ("a.test", "b.test")]
    for pid in pids:
        line_of(made, "child.weight", pid)
    told = [line for line in made.daemon.text().splitlines() if " recycle.blind " in line]
    assert len(told) == 1 and "why=hidepid" in told[0] and "remedy=" in told[0]
    caller = Caller(made, "a.test", "/loop.php")
    pid = pid_of(docroot)
    assert caller.result().status == 503
    assert "outcome=SIGTERM" in line_of(made, "request.runaway", pid)
    wait_until(lambda: not is_alive(pid), 5, "the child's end")
    assert made.status()["totals"]["recycled"] == 0


def test_max_reqs_replaces_a_child(pools):
    """After so many requests another process answers; nobody notices the change."""
    made = pools(Vhost("a.test", "games"), limits=ONE_HTTPD)
    made.file("a.conf", "pool a { user = games\n max_reqs = 3\n }\n")
    made.start()
    pids = [made.get("a.test", "/mirror.php").header("X-Pid") for _ in range(9)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    assert len(made.daemon.parents()) == 1


def test_max_idle_ends_a_child_and_its_pool_stays(pools):
    made = pools(Vhost("a.test", "games"))
    made.file("a.conf", "pool a { user = games\n max_idle = 1s\n pgrp_max_idle = 0\n }\n")
    made.start()
    pid = int(made.get("a.test", "/mirror.php").header("X-Pid"))
    parent, = [p.pid for p in made.daemon.parents()]
    wait_until(lambda: not is_alive(pid), 10, "the idle child's end")
    assert is_alive(parent)
    assert made.get("a.test", "/mirror.php").status == 200
    assert [p.pid for p in made.daemon.parents()] == [parent]
