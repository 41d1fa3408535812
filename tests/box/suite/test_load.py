# SPDX-License-Identifier: Apache-2.0
"""The verbs of systemctl under load, and what hangs: no request is lost."""

import os
import signal
import subprocess
import threading

import pytest

from holder import Holder
from place import is_alive, wait_until
from service import UNITS, must, run

CLIENTS = 8
DROP_IN = "/run/systemd/system/lsapid.service.d/test.conf"


class Load:
    """Requests without a pause, each compared; every client counts what it got."""

    def __init__(self, site):
        self.site = site
        self.is_over = threading.Event()
        self.good = [0] * CLIENTS
        self.bad = []
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]

    def run(self, i):
        while not self.is_over.is_set():
            try:
                body = os.urandom(8).hex() * (1 + self.good[i] % 500)
                answer = self.site.get("a.test", "/mirror.php", method="POST", body=body.encode())
                if (answer.status, answer.body) == (200, body.encode()):
                    self.good[i] += 1
                else:
                    self.bad.append(f"{answer.status}: {answer.text[:200]}")
            except OSError as why:
                self.bad.append(repr(why))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.wait_more()
        return self

    def wait_more(self):
        """Until every client has got further answers."""
        before = list(self.good)
        wait_until(lambda: self.bad or all(now > was + 2 for now, was in zip(self.good, before)),
                   30, "further answers")
        assert not self.bad, self.bad[:3]

    def __exit__(self, *why):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)
        assert not self.bad, f"{len(self.bad)} lost: {self.bad[:3]}"


@pytest.fixture
def drop_in():
    """Settings of the unit for one test."""
    os.makedirs(os.path.dirname(DROP_IN), exist_ok=True)

    def write(text):
        with open(DROP_IN, "w", encoding="utf-8") as file:
            file.write(f"[Service]\n{text}\n")
        must("systemctl", "daemon-reload")
        must("systemctl", "restart", "lsapid")

    yield write
    os.unlink(DROP_IN)
    must("systemctl", "daemon-reload")


def test_start_reload_and_restart_lose_nothing(site, service):
    must("systemctl", "stop", "lsapid.service")
    with Load(site) as load:  # its first request starts the service
        assert service.is_active()
        for verb in ("reload", "restart", "reload", "restart", "restart"):
            must("systemctl", verb, "lsapid")
            load.wait_more()
    assert service.show("Result") == "success"


def test_a_restart_waits_for_a_long_request_and_others_for_the_restart(site, service):
    """Longer than the tries that a daemon which is not there gets: 1 s."""
    held = Holder(site, "a.test", 1)
    before = service.pid
    with Load(site) as load:
        with subprocess.Popen(["systemctl", "restart", "lsapid"]) as restart:
            wait_until(lambda: service.show("ActiveState") == "deactivating", 10, "the stop")
            with pytest.raises(subprocess.TimeoutExpired):
                restart.wait(3)
            assert service.pid == before
            assert held.release() == [(200, b"end0")]
        assert restart.returncode == 0
        load.wait_more()


def test_a_stop_under_load_ends_clean_requests_first(site, service):
    """With its socket: what runs is answered, what comes then is told 503."""
    held = Holder(site, "a.test", 2)
    with Load(site):
        pass
    with subprocess.Popen(["systemctl", "stop", *UNITS]) as stop:
        wait_until(lambda: service.show("ActiveState") == "deactivating", 10, "the stop")
        assert held.release() == [(200, b"end0"), (200, b"end1")]
    assert stop.returncode == 0 and service.show("Result") == "success"
    assert not service.processes()
    assert "Killing process" not in service.text()


def test_requests_wait_for_a_daemon_that_is_killed_under_load(site, service):
    with Load(site) as load:
        before = service.pid
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: service.is_active() and service.pid not in (0, before), 20, "another")
        # its children that were idle end with it: the requests that had just been sent are lost
        load.bad.clear()
        load.wait_more()


def test_a_manager_that_hangs_is_replaced_and_no_request_lost(site, service):
    service.set_conf("manager_timeout = 1s")
    before = service.pid
    manager = service.status()["daemon"]["manager_pid"]
    with Load(site) as load:
        os.kill(manager, signal.SIGSTOP)
        wait_until(lambda: not is_alive(manager), 20, "the end of the one that hangs")
        load.wait_more()
    assert "its event loop hangs" in service.text()
    assert service.status()["daemon"]["manager_pid"] != manager
    assert service.pid == before


def test_a_daemon_that_hangs_is_replaced_by_systemd(site, service, drop_in):
    drop_in("WatchdogSec=1s")
    held = Holder(site, "a.test", 1)
    before, restarts = service.pid, int(service.show("NRestarts"))
    os.kill(before, signal.SIGSTOP)
    wait_until(lambda: service.is_active() and service.pid not in (0, before), 30, "another")
    assert "Watchdog timeout" in service.text()
    assert int(service.show("NRestarts")) == restarts + 1
    assert held.release() == [(200, b"end0")]
    assert site.get("a.test", "/who.php").status == 200


def test_a_daemon_that_turns_feeds_the_watchdog(service, drop_in):
    drop_in("WatchdogSec=1s")
    before = service.pid, service.show("WatchdogTimestampMonotonic")
    wait_until(lambda: int(service.show("WatchdogTimestampMonotonic")) > int(before[1]) + 3e6, 20,
               "three seconds of it")
    assert service.pid == before[0]


def test_a_reload_is_over_when_it_counts(service):
    service.set_conf("max_children_total = 78", verb="reload")
    assert service.status()["daemon"]["max_children_total"] == 78


SPEAK = """<?php
$systemd = stream_socket_client("udg:///run/systemd/notify");
echo fwrite($systemd, "ERRNO=71");
"""


@pytest.mark.parametrize("access", ["main", "all"])
def test_status_is_told_by_the_main_process_alone(site, service, drop_in, access):
    """PHP of every site is in the unit's own cgroup, and could speak for it if it were heard."""
    drop_in(f"NotifyAccess={access}")
    assert site.get("a.test", "/who.php").status == 200
    wait_until(lambda: "1 of 1 pools" in service.show("StatusText"), 10, "the text")
    (site.httpd.vhosts["a.test"].docroot / "speak.php").write_text(SPEAK)
    assert site.get("a.test", "/speak.php").text == "8"
    # systemd reads what it was told before it answers anybody
    assert service.show("StatusErrno") == ("71" if access == "all" else "0")


def test_the_unit_is_clean(service):
    assert must("systemd-analyze", "verify", "lsapid.service", "lsapid.socket") == ""
    assert service.show("Delegate") == "yes" and service.show("NotifyAccess") == "main"


def test_accounts_and_directories_are_made_by_their_files(service):
    """sysusers.d and tmpfiles.d alone: as after a package, or on a host that empties /run."""
    must("systemctl", "stop", *UNITS)
    run("userdel", "lsapid")
    for path in ("/run/lsapid", "/var/log/lsapid"):
        must("rm", "-rf", path)
    must("systemd-sysusers")
    must("systemd-tmpfiles", "--create", "lsapid.conf")
    assert must("stat", "-c", "%a %U", "/run/lsapid", "/var/log/lsapid").split() == \
        ["755", "root", "711", "root"]
    must("getent", "passwd", "lsapid")
    must("systemctl", "start", *UNITS)
    assert service.is_active()
