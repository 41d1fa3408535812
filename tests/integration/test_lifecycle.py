# SPDX-License-Identifier: Apache-2.0
"""Pools start on demand, end when nobody asks, and a stop lets requests finish."""

import os
import signal
import stat
import threading
import time

import pytest

from harness import Vhost
from place import wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]
#: what httpd logs when a start or restart is complete
RESUMED = "resuming normal operations"


def test_cold_pool_starts_with_its_first_request(stack):
    """B35, B43: nothing runs before; the first request waits for PHP's start and is served."""
    made = stack(Vhost("a.test", "games"))
    assert made.daemon.lsphp() == []
    answer = made.get("a.test", "/who.php")
    assert answer.status == 200
    assert len(made.daemon.parents()) == 1


def test_many_first_requests_start_one_pool(stack):
    made = stack(Vhost("a.test", "games"))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(made.get("a.test", "/who.php")))
               for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [a.status for a in answers] == [200] * 12
    assert len(made.daemon.parents()) == 1


def test_idle_pool_is_reaped(stack):
    """B35: after pgrp_max_idle seconds without a request nothing of the pool is left."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_pgrp_max_idle 1")
    assert made.get("a.test", "/who.php").status == 200
    began = time.monotonic()
    wait_until(lambda: not made.daemon.lsphp(), 10, "the end of the idle pool")
    assert time.monotonic() - began > 0.5
    wait_until(lambda: not made.daemon.zombies(), 2, "the last child's reaping")
    assert made.get("a.test", "/who.php").status == 200


def test_busy_pool_is_not_reaped(stack):
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_pgrp_max_idle 1")
    docroot = made.httpd.vhosts["a.test"].docroot
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.get("a.test", "/hold.php?name=busy&last=fine")))
    thread.start()
    wait_until((docroot / "busy.running").exists, 10, "the script's start")
    thread.join(2.5)  # more than twice the time after which an idle pool goes
    assert made.daemon.parents()
    (docroot / "busy.go").touch()
    thread.join(10)
    assert [(a.status, a.body) for a in answers] == [(200, b"fine")]


def test_stop_lets_requests_finish(stack):
    made = stack(Vhost("a.test", "games"))
    docroot = made.httpd.vhosts["a.test"].docroot
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        made.get("a.test", "/hold.php?name=last&last=fine")))
    thread.start()
    wait_until((docroot / "last.running").exists, 10, "the script's start")
    made.daemon.process.send_signal(signal.SIGTERM)
    made.daemon.wait_log("stop")
    assert not answers
    (docroot / "last.go").touch()
    thread.join(10)
    assert [(a.status, a.body) for a in answers] == [(200, b"fine")]
    assert made.daemon.process.wait(20) == 0
    wait_until(lambda: not made.daemon.lsphp(), 5, "the end of lsphp")


def test_stop_of_an_idle_daemon_is_quick(stack):
    made = stack(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    began = time.monotonic()
    assert made.daemon.stop() == 0
    assert time.monotonic() - began < 5
    assert made.place.processes("lsphp") == []
    assert made.place.processes("lsapid-manager") == []
    ending, = [line for line in made.daemon.text().splitlines() if " manager.exit " in line]
    assert " status=0 signal=0 " in ending, "the manager ends by itself"


def test_no_zombie_remains(stack):
    """B42: each child that ends is reaped, also those that a script starts and leaves alone."""
    made = stack(Vhost("a.test", "games"))
    made.place.file(made.httpd.vhosts["a.test"].docroot / "orphan.php",
                    "<?php shell_exec('(sleep 0.1 &) >/dev/null 2>&1'); echo 'ok';")
    for _ in range(5):
        assert made.get("a.test", "/orphan.php").text == "ok"
        made.get("a.test", "/crash.php", method="POST", body=b"")
    wait_until(lambda: not made.daemon.zombies(), 5, "the last zombie's end")


def test_httpd_restart_keeps_serving(stack):
    """Graceful and hard restarts of Apache find the daemon and its pools again."""
    made = stack(Vhost("a.test", "games"))
    assert made.get("a.test", "/who.php").status == 200
    for how, words in ((signal.SIGUSR1, "SIGUSR1 received"), (signal.SIGHUP, "SIGHUP received")):
        lives = made.httpd.text().count(RESUMED)
        made.httpd.process.send_signal(how)
        made.httpd.wait_log(words)
        wait_until(lambda: answers_again(made), 10, "an answer after the restart")
        # its new children answer before it is ready for the next signal, which would be lost
        wait_until(lambda n=lives: made.httpd.text().count(RESUMED) > n, 10, "httpd's restart")


def answers_again(made):
    try:
        return made.get("a.test", "/who.php").status == 200
    except OSError:
        return False


def test_configuration_check_names_file_line_and_remedy(stack):
    """lsapid -t: what is wrong, where, and what to do about it."""
    made = stack(Vhost("a.test", "games"), start=False)
    status, output = made.daemon.check()
    assert status == 0, output
    with open(made.daemon.conf, "a", encoding="utf-8") as conf:
        conf.write("no_such_key = 1\n")
    line = len(made.daemon.conf.read_text().splitlines())
    status, output = made.daemon.check()
    assert status != 0
    assert f"{made.daemon.conf}:{line}" in output
    assert "no_such_key" in output


def test_configuration_that_others_may_write_is_refused(stack):
    made = stack(Vhost("a.test", "games"), start=False)
    os.chmod(made.daemon.conf, stat.S_IMODE(os.stat(made.daemon.conf).st_mode) | 0o002)
    status, output = made.daemon.check()
    assert status != 0
    assert str(made.daemon.conf) in output


def test_control_socket_and_key_are_closed_to_others(stack):
    made = stack(Vhost("a.test", "games"))
    assert stat.S_IMODE(os.stat(made.daemon.key).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(made.daemon.socket).st_mode) & 0o007 == 0
    assert os.stat(made.daemon.key).st_size == 32
