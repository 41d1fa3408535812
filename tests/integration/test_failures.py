# SPDX-License-Identifier: Apache-2.0
"""Whatever dies, only what it was serving fails, with a clear 503; nothing hangs or stays behind."""

import collections
import os
import signal
import threading
import time

import pytest

from harness import Vhost
from place import is_alive, wait_until

BACK_WITHIN = 2.0


class Traffic:
    """Requests without a pause from several threads; every answer is noted with its time."""

    def __init__(self, stack, vhosts, threads=6):
        self.stack = stack
        self.answers = []  # (time of the answer, seconds it took, vhost, status or exception)
        self.wrong = []
        self.is_over = False
        self.threads = [threading.Thread(target=self.run, args=(i, vhosts[i % len(vhosts)]))
                        for i in range(threads)]

    def run(self, seed, vhost):
        number = seed * 1000000
        while not self.is_over:
            number += 1
            began = time.monotonic()
            try:
                answer = self.stack.get(vhost, f"/mirror.php?n={number}", timeout=20)
                if answer.status == 200 and answer.header("X-Query") != f"n={number}":
                    self.wrong.append((number, answer))
                status = answer.status
            except OSError as why:
                status = repr(why)
            now = time.monotonic()
            self.answers.append((now, now - began, vhost, status))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *what):
        self.is_over = True
        for thread in self.threads:
            thread.join(30)
        assert not any(t.is_alive() for t in self.threads), "a request hangs"

    def wait_good(self, count, vhost=None, since=0.0):
        """Until so many answers of 200 have come after a moment."""
        def enough():
            good = [a for a in list(self.answers)
                    if a[0] - a[1] >= since and a[3] == 200 and vhost in (None, a[2])]
            return good if len(good) >= count else None
        return wait_until(enough, 20, f"{count} good answers of {vhost or 'any site'}")

    def statuses(self, vhost=None):
        return collections.Counter(a[3] for a in self.answers if vhost in (None, a[2]))

    def longest(self):
        return max(a[1] for a in self.answers)


def two_sites(stack):
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"))
    for vhost in ("a.test", "b.test"):
        assert made.get(vhost, "/who.php").status == 200
    return made


def parent_of(made, vhost):
    return int(made.get(vhost, "/who.php").text.split('"ppid":')[1].split(",")[0])


def check_traffic(traffic, unhurt=None):
    """Nothing but 200 and 503 was said, none waited long, and no answer went astray."""
    assert set(traffic.statuses()) <= {200, 503}, traffic.statuses()
    assert not traffic.wrong
    assert traffic.longest() < 5
    if unhurt:
        assert set(traffic.statuses(unhurt)) == {200}, traffic.statuses(unhurt)


@pytest.mark.sanitized
def test_child_dies_before_it_answers(stack):
    """B10: a child killed by a signal is a 503 with signal and pid in the log."""
    made = two_sites(stack)
    docroot = made.httpd.vhosts["a.test"].docroot
    answer = made.get("a.test", "/crash.php", method="POST", body=b"once")
    assert answer.status == 503
    # a POST that may have run is never sent twice
    assert (docroot / "crash.count").read_text() == "x"
    assert made.get("a.test", "/who.php").status == 200
    made.httpd.wait_log("ReceiveAckHdr: nothing to read from backend socket", "a.test")
    made.daemon.wait_log("was killed by signal: 9")


def test_idempotent_request_is_tried_again_and_then_given_up(stack):
    """B16: a GET that kills each child is tried three times at most, then it is a 503."""
    made = two_sites(stack)
    docroot = made.httpd.vhosts["a.test"].docroot
    assert made.get("a.test", "/crash.php").status == 503
    assert 1 <= len((docroot / "crash.count").read_text()) <= 3


def test_child_dies_in_the_middle_of_its_answer(stack):
    """What has been sent cannot be taken back: the client sees its connection end early."""
    made = two_sites(stack)
    with pytest.raises(Exception) as seen:
        made.get("a.test", "/crash.php?first=200000", timeout=10)
    assert "IncompleteRead" in repr(seen.value) or "Connection" in repr(seen.value)
    assert made.get("a.test", "/who.php").status == 200


def test_children_killed_under_load(stack):
    made = two_sites(stack)
    with Traffic(made, ["a.test", "b.test"]) as traffic:
        traffic.wait_good(50)
        parent = parent_of(made, "a.test")
        for _ in range(5):
            victims = [p.pid for p in made.daemon.lsphp() if p.ppid == parent]
            began = time.monotonic()
            os.kill(victims[0], signal.SIGKILL)
            traffic.wait_good(10, "a.test", began)
            assert time.monotonic() - began < BACK_WITHIN
    check_traffic(traffic, unhurt="b.test")
    assert traffic.statuses()[503] <= 5


def test_parent_killed_under_load(stack):
    made = two_sites(stack)
    with Traffic(made, ["a.test", "b.test"]) as traffic:
        traffic.wait_good(50)
        parent = parent_of(made, "a.test")
        began = time.monotonic()
        os.kill(parent, signal.SIGKILL)
        traffic.wait_good(10, "a.test", began)
        assert time.monotonic() - began < BACK_WITHIN
        wait_until(lambda: parent_of(made, "a.test") != parent, 10, "a new parent")
    check_traffic(traffic, unhurt="b.test")
    assert not made.daemon.zombies()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_manager_killed_under_load(stack, how):
    made = two_sites(stack)
    with Traffic(made, ["a.test", "b.test"]) as traffic:
        traffic.wait_good(50)
        manager = made.daemon.manager()
        began = time.monotonic()
        os.kill(manager, how)
        traffic.wait_good(10, "a.test", began)
        traffic.wait_good(10, "b.test", began)
        assert time.monotonic() - began < BACK_WITHIN
        wait_until(lambda: made.daemon.manager() != manager, 5, "a new manager")
        traffic.wait_good(100, since=time.monotonic())
    check_traffic(traffic)
    assert made.daemon.process.poll() is None
    # pools of the earlier manager retire; what stays belongs to the new one
    wait_until(lambda: len(made.daemon.parents()) <= 2, 10, "the end of the old pools")


def test_supervisor_killed_under_load(stack):
    """Started again, as systemd would, it serves within two seconds; nothing old stays."""
    made = two_sites(stack)
    with Traffic(made, ["a.test", "b.test"]) as traffic:
        traffic.wait_good(50)
        old = [p.pid for p in made.place.processes()
               if p.exe.startswith(str(made.place.bin))]
        began = time.monotonic()
        made.daemon.kill()
        made.daemon.start()
        traffic.wait_good(10, "a.test", began)
        traffic.wait_good(10, "b.test", began)
        assert time.monotonic() - began < BACK_WITHIN
        traffic.wait_good(100, since=time.monotonic())
    check_traffic(traffic)
    # everything of the earlier life has ended by itself
    wait_until(lambda: not [pid for pid in old if is_alive(pid)], 10, "the end of the old processes")


def test_request_under_way_survives_the_daemon(stack):
    """Bytes never go through lsapid: a response that is under way ends well without it."""
    made = two_sites(stack)
    docroot = made.httpd.vhosts["a.test"].docroot
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.get("a.test", "/hold.php?name=long&last=complete")))
    thread.start()
    wait_until(lambda: (docroot / "long.running").exists(), 10, "the script's start")
    os.kill(made.daemon.manager(), signal.SIGKILL)
    made.daemon.kill()
    made.daemon.start()
    (docroot / "long.go").touch()
    thread.join(20)
    assert [(a.status, a.body) for a in answers] == [(200, b"complete")]


def test_no_daemon_is_a_clear_503(stack):
    """B11: with nobody to ask the client gets 503 in bounded time, and the log says why."""
    made = stack(Vhost("a.test", "games"), start=False,
                 extra="lsapi_backend_connect_tries 2\nlsapi_backend_connect_timeout 100000")
    made.daemon.start()
    made.httpd.start()
    made.daemon.stop()
    began = time.monotonic()
    assert made.get("a.test", "/who.php").status == 503
    assert time.monotonic() - began < 10
    made.httpd.wait_log("Could not connect to lsphp backend", "a.test")
    made.daemon.start()
    assert made.get("a.test", "/who.php").status == 200


def test_lsphp_that_cannot_start(stack):
    """A handler whose binary fails: 503 with the reason, again with back-off, never a hang."""
    made = stack(Vhost("a.test", "games"), start=False)
    made.place.file(made.place.bin / "lsphp", "#!/bin/false\n", mode=0o755)
    made.start()
    for _ in range(3):
        began = time.monotonic()
        assert made.get("a.test", "/who.php").status == 503
        assert time.monotonic() - began < 12
    assert not made.daemon.lsphp()
