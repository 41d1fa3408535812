# SPDX-License-Identifier: Apache-2.0
"""lsapid.service by systemctl: each verb does what it says, sites notice as little as can be."""

import os
import signal
import subprocess

from holder import Holder
from place import is_alive, wait_until
from service import CONF, UNITS, must, run

PAGE = ("a.test", "/who.php")


def served(site):
    return site.get(*PAGE).status


def add_line(text):
    with open(CONF, "a", encoding="utf-8") as conf:
        conf.write(f"{text}\n")


def test_a_site_of_an_account_is_served(site, service):
    """By the installed module, lsapi.conf and lsapid.conf as they are; all of it in the unit."""
    owner = site.httpd.vhosts["a.test"].owner
    answer = site.get(*PAGE)
    assert answer.status == 200 and f'"user":"{owner.pw_name}"' in answer.text.replace(" ", "")
    assert service.is_active()
    names = [os.path.basename(p.exe) for p in service.processes()]
    assert names.count("lsapid") == 1 and names.count("lsapid-manager") == 1
    assert {os.stat(f"/proc/{p.pid}").st_uid for p in service.lsphp()} == {owner.pw_uid}
    assert len(service.lsphp()) >= 2


def test_the_journal_finds_pool_user_and_event_and_explains(site, service):
    """Entries of both processes, by fields of theirs; the catalog has the remedy."""
    assert served(site) == 200
    owner = site.httpd.vhosts["a.test"].owner.pw_name
    wait_until(lambda: service.entries("LSAPID_EVENT=pool.start", "POOL=a.test"), 20, "the entry")
    for event, process in (("pool.start", "lsapid-manager"), ("spawn.start", "lsapid")):
        entry = service.entries(f"LSAPID_EVENT={event}", "POOL=a.test", f"USER={owner}")[-1]
        assert (entry["SYSLOG_IDENTIFIER"], entry["PRIORITY"]) == (process, "6")
        assert entry["MESSAGE"].startswith(f"{event} pool=a.test ")
        assert service.entries(f"MESSAGE_ID={entry['MESSAGE_ID']}")[-1]["LSAPID_EVENT"] == event
    assert "Remedy: None." in must("journalctl", "--no-pager", "-x", "LSAPID_EVENT=spawn.start")


def test_reload_takes_the_new_configuration(site, service):
    assert served(site) == 200
    before = service.pid
    add_line("max_children_total = 77")
    must("systemctl", "reload", "lsapid")
    wait_until(lambda: service.status()["daemon"]["max_children_total"] == 77, 10, "the new limit")
    assert (service.pid, served(site)) == (before, 200)


def test_reload_of_a_mistake_fails_in_words_and_changes_nothing(site, service):
    before = service.pid, service.status()["daemon"]["max_children_total"]
    add_line("max_children_total = 77\nno_such_key = 1")
    assert run("systemctl", "reload", "lsapid")[0] != 0
    wait_until(lambda: "no_such_key" in service.text(), 10, "the mistake in the journal")
    assert service.is_active()
    assert (service.pid, service.status()["daemon"]["max_children_total"]) == before
    assert served(site) == 200


def test_restart_lets_requests_finish_and_others_wait(site, service):
    held = Holder(site, "a.test", 1)
    before = service.pid
    with subprocess.Popen(["systemctl", "restart", "lsapid"]) as restart:
        wait_until(lambda: service.show("ActiveState") == "deactivating", 10, "the stop")
        assert restart.poll() is None, "it did not wait for the request"
        assert held.release() == [(200, b"end0")]
        assert served(site) == 200
    assert restart.returncode == 0
    assert service.pid not in (0, before) and not is_alive(before)
    assert service.show("Result") == "success"


def test_the_socket_outlives_a_stop_and_starts_it_again(site, service):
    assert served(site) == 200
    old = [p.pid for p in service.processes()]
    must("systemctl", "stop", "lsapid.service")
    assert service.show("ActiveState") == "inactive" and service.show("Result") == "success"
    assert not [pid for pid in old if is_alive(pid)]
    assert service.socket.is_socket()
    assert served(site) == 200
    assert service.is_active() and service.pid not in old


def test_stopped_with_its_socket_is_a_clear_503(site, service):
    must("systemctl", "stop", *UNITS)
    assert not service.processes() and not service.socket.exists()
    site.restart_httpd("lsapi_backend_connect_tries 2")
    try:
        assert served(site) == 503
        site.httpd.wait_log("Could not connect to lsphp backend", "a.test")
        must("systemctl", "start", "lsapid")
        assert served(site) == 200
    finally:
        site.restart_httpd(site.patience)


def test_killed_it_is_started_again_and_serves(site, service):
    """What was under way finishes where it runs: its bytes never went through lsapid."""
    held = Holder(site, "a.test", 1)
    running = held.docroot / "h0.running"
    process, before, restarts = running.read_text(), service.pid, int(service.show("NRestarts"))
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: service.is_active() and service.pid not in (0, before), 20, "another lsapid")
    assert int(service.show("NRestarts")) == restarts + 1
    assert served(site) == 200
    assert held.release() == [(200, b"end0")]
    assert running.read_text() == process, "it was served by another process"


def test_a_killed_manager_is_no_matter_of_systemd(site, service):
    assert served(site) == 200
    before = service.pid
    manager = service.status()["daemon"]["manager_pid"]
    os.kill(manager, signal.SIGKILL)
    wait_until(lambda: run("lsapidctl", "status")[0] == 0, 20, "another manager")
    assert service.status()["daemon"]["manager_pid"] != manager
    assert served(site) == 200
    assert service.pid == before
