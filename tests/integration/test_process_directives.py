# SPDX-License-Identifier: Apache-2.0
"""Apache's directives about PHP processes: how many, for how long, and what becomes of them."""

import json
import os
import re
import resource
import signal
import threading
from pathlib import Path

import pytest

from harness import IS_FOREIGN_LSPHP, Vhost
from holder import Holder
from place import is_alive, wait_until

pytestmark = pytest.mark.single_user

ONE_HTTPD = {"StartServers": 1, "ServerLimit": 1, "ThreadsPerChild": 32, "MaxRequestWorkers": 32}
CORE = """<?php file_put_contents(__DIR__ . '/core.pid', getmypid());
posix_kill(getmypid(), SIGABRT); sleep(10);"""
LIMITS = "<?php readfile('/proc/self/limits');"


def pids(made, vhost, count):
    """(pid, parent's pid) of so many requests one after the other, all of them served."""
    found = []
    for _ in range(count):
        answer = made.get(vhost, "/who.php")
        assert answer.status == 200, answer.text
        facts = json.loads(answer.text)
        found.append((facts["pid"], facts["ppid"]))
    return found


def script(made, vhost, name, text):
    site = made.httpd.vhosts[vhost]
    return made.place.file(site.docroot / name, text, site.owner)


def runs(values):
    """How often each value stands in a row."""
    return [values.count(value) for value in dict.fromkeys(values)]


# --- children ------------------------------------------------------------------------------------


def test_with_connection_pool_off_is_a_process_for_each_request(stack):
    """B36: Off, each request has a process of its own, which ends; On, or nothing, keeps one."""
    made = stack(Vhost("off.test", "games", extra="lsapi_with_connection_pool Off\n"
                       "lsapi_backend_max_reqs 1000"),
                 Vhost("on.test", "games", extra="lsapi_with_connection_pool On"),
                 Vhost("a.test", "games"), limits=ONE_HTTPD)
    off = [pid for pid, _ in pids(made, "off.test", 5)]
    assert len(set(off)) == 5
    wait_until(lambda: not [pid for pid in off if is_alive(pid)], 10, "the end of the processes")
    assert len(set(pids(made, "on.test", 5))) == 1
    assert len(set(pids(made, "a.test", 5))) == 1


def test_max_reqs_and_max_idle(stack):
    """B36, B37: a process ends after so many requests, or so many seconds without any."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_max_reqs 3"),
                 Vhost("b.test", "games", extra="lsapi_backend_max_idle 1\n"
                       "lsapi_backend_pgrp_max_idle 0"), limits=ONE_HTTPD)
    assert runs([pid for pid, _ in pids(made, "a.test", 9)]) == [3, 3, 3]
    (pid, parent), = pids(made, "b.test", 1)
    wait_until(lambda: not is_alive(pid), 15, "the idle process's end")
    assert is_alive(parent)
    assert pids(made, "b.test", 1)[0][1] == parent


def test_max_process_time(stack):
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_max_process_time 1"))
    assert made.get("a.test", "/hold.php?name=for_ever", timeout=30).status == 503
    made.httpd.wait_log("max_process_time is 1 s", "a.test")


def test_max_connection_is_how_many_are_kept(stack):
    """Six work at once, two stay; both of them are used again, and nobody is refused."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_children 8\n"
                       "lsapi_max_connection 2\nlsapi_backend_pgrp_max_idle 0"))
    held = Holder(made, "a.test", 6)
    assert len(made.daemon.children()) == 6
    parents = [p.pid for p in made.daemon.parents()]
    assert {status for status, _ in held.release()} == {200}
    wait_until(lambda: len(made.daemon.children()) <= 2, 15, "the end of those that are too many")
    assert [p.pid for p in made.daemon.parents()] == parents
    kept = {p.pid for p in made.daemon.children()}
    assert len(kept) == 2
    assert {pid for pid, _ in pids(made, "a.test", 20)} <= kept


def test_pool_size_is_max_connection(stack):
    made = stack(Vhost("a.test", "games", extra="lsapi_pool_size 1"))
    Holder(made, "a.test", 4).release()
    wait_until(lambda: len(made.daemon.children()) <= 1, 15, "the end of those that are too many")
    assert "max_connections=1" in made.ctl.status()["pools"][0]["spec"]


def test_max_connection_above_children_is_lowered(stack):
    made = stack(Vhost("a.test", "games", extra="lsapi_max_connection 9"),
                 extra="lsapi_backend_children 8", start=False)
    status, output = made.httpd.check()
    assert status == 0
    assert "lsapi_max_connection 9 of a.test is above lsapi_backend_children: 8 is used" in output


@pytest.mark.skipif(IS_FOREIGN_LSPHP, reason="a script stands before our lsphp")
def test_environment_of_lsphp(stack):
    """B37: what lsphp is told by variables."""
    made = stack(Vhost("a.test", "games", extra="""
        lsapi_backend_children 7
        lsapi_backend_max_process_time 77
        lsapi_backend_max_idle 78
        lsapi_backend_max_reqs 79
        lsapi_backend_accept_notify Off
        lsapi_backend_coredump On"""), Vhost("b.test", "games"), start=False)
    real = made.place.bin / "lsphp"
    seen = made.place.directory("seen", mode=0o1777)
    (made.place.bin / "wrapped").mkdir()
    moved = made.place.bin / "wrapped" / "lsphp"
    real.rename(moved)
    made.place.file(real, f"#!/bin/sh\n/usr/bin/env > {seen}/$LSAPI_CHILDREN\nexec {moved}\n",
                    mode=0o755)
    made.start()
    wanted = {"7": {"LSAPI_CHILDREN=7", "LSAPI_MAX_PROCESS_TIME=77", "LSAPI_MAX_IDLE=78",
                    "LSAPI_MAX_REQS=79", "LSAPI_ACCEPT_NOTIFY=0", "LSAPI_ALLOW_CORE_DUMP=1"},
              "120": {"LSAPI_MAX_PROCESS_TIME=300", "LSAPI_MAX_IDLE=300", "LSAPI_MAX_REQS=10000",
                      "LSAPI_ACCEPT_NOTIFY=1"}}
    for vhost in ("a.test", "b.test"):
        assert made.get(vhost, "/who.php").status == 200
    for name, lines in wanted.items():
        found = set((seen / name).read_text().splitlines())
        assert lines <= found, found
    assert "LSAPI_ALLOW_CORE_DUMP" not in (seen / "120").read_text()


def test_values_that_are_too_large_are_lowered(stack):
    """B21: a number that lsapid would refuse never makes it there."""
    made = stack(Vhost("a.test", "games", extra="""
        lsapi_backend_max_process_time 99999999
        lsapi_backend_max_idle 99999999
        lsapi_backend_pgrp_max_idle 99999999
        lsapi_backend_max_reqs 2147483647
        lsapi_backend_pgrp_max_reqs 2147483647
        lsapi_backend_pgrp_max_crashes 99999999999
        lsapi_max_connection 99999
        lsapi_backend_oom_score_adj 2000"""))
    assert made.get("a.test", "/who.php").status == 200
    spec = made.ctl.status()["pools"][0]["spec"]
    assert "max_idle=604800" in spec and "max_reqs=2000000000" in spec


def test_batch_scheduling(stack):
    """PHP of a pool, parent and children, until it is switched off; the daemon itself never."""
    made = stack()
    for value, policy in (("on", os.SCHED_BATCH), ("off", os.SCHED_OTHER)):
        made.daemon.settings["batch_scheduling"] = value == "on"
        made.daemon.write_conf()
        assert made.ctl.run("reload")[0] == 0
        made.ctl.run("drain", "--all")  # what runs keeps what it has
        assert made.get("a.test", "/who.php").status == 200
        found = [os.sched_getscheduler(p.pid) for p in made.daemon.lsphp()]
        assert len(found) >= 2 and set(found) == {policy}
        assert os.sched_getscheduler(made.daemon.manager()) == os.SCHED_OTHER


def test_oom_score_adj(stack):
    """B46"""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_oom_score_adj 321"),
                 Vhost("b.test", "games"))
    for vhost in ("a.test", "b.test"):
        script(made, vhost, "oom.php", "<?php readfile('/proc/self/oom_score_adj');")
    assert made.get("a.test", "/oom.php").text == "321\n"
    assert made.get("b.test", "/oom.php").text != "321\n"


# --- parents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["On", "Off"])
def test_pgrp_max_reqs_replaces_the_parent(stack, keep):
    """B44: so many requests of one parent, then another; each request is served.

    While a parent ends its children may serve a few more, also as children of lsapid; one of them
    may be counted for the next parent.
    """
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_pgrp_max_reqs 4\n"
                       f"lsapi_with_connection_pool {keep}"),
                 Vhost("b.test", "games"), limits=ONE_HTTPD)
    parents = []
    wait_until(lambda: parents.extend(parent for _, parent in pids(made, "a.test", 1)
                                      if parent != made.daemon.pid)
               or len(set(parents)) > 3, 20, "three parents before this one")
    assert runs(parents)[0] >= 4 and min(runs(parents)[:3]) >= 2, parents
    assert len({parent for _, parent in pids(made, "b.test", 12)}) == 1
    made.daemon.wait_log("pool.worn")
    line = next(x for x in made.daemon.text().splitlines() if "pool.worn" in x)
    assert "why=pgrp_max_reqs served=4 pgrp_max_reqs=4" in line, line


def test_pgrp_max_reqs_of_kept_connections(stack):
    """Far from the end nobody tells of a request: they are counted all the same."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_pgrp_max_reqs 400"),
                 limits=ONE_HTTPD)
    first = pids(made, "a.test", 1)[0][1]
    pids(made, "a.test", 399)
    wait_until(lambda: pids(made, "a.test", 1)[0][1] != first, 15, "another parent")


def test_pgrp_max_crashes_replaces_the_parent(stack):
    """B44: after so many crashes, as after so many requests."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_pgrp_max_crashes 2"),
                 Vhost("b.test", "games"), limits=ONE_HTTPD)
    for vhost, parents in (("a.test", 2), ("b.test", 1)):
        seen = set()
        for _ in range(2):
            seen.add(pids(made, vhost, 1)[0][1])
            assert made.get(vhost, "/crash.php", method="POST", body=b"x").status == 503
        assert len(seen) == 1, "replaced too early"
        seen.add(pids(made, vhost, 1)[0][1])
        assert len(seen) == parents, vhost
    made.daemon.wait_log("why=pgrp_max_crashes")


def test_no_zombie_ever(stack):
    """B42: what lsapi_avoid_zombies asks for is always so."""
    made = stack(Vhost("a.test", "games", extra="lsapi_with_connection_pool Off\n"
                       "lsapi_avoid_zombies On"),
                 Vhost("b.test", "games", extra="lsapi_avoid_zombies Off"))
    for vhost in ("a.test", "b.test"):
        pids(made, vhost, 5)
        assert made.get(vhost, "/crash.php", method="POST", body=b"x").status == 503
        for process in made.daemon.parents():
            os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not made.daemon.zombies(), 10, "the reaping of all that has ended")


def test_first_burst_of_a_cold_pool(stack):
    """B43: nobody polls and no connect fails: all wait in the socket's queue while PHP starts."""
    made = stack(Vhost("a.test", "games", extra="""
        lsapi_backend_semtimedwait Off
        lsapi_backend_connect_tries 1
        lsapi_backend_connect_timeout 1000
        lsapi_debug On"""))
    held = Holder(made, "a.test", 12)
    assert {status for status, _ in held.release()} == {200}
    assert len(made.daemon.parents()) == 1
    log = made.httpd.text("a.test")
    assert "Could not connect" not in log and "is sent to another" not in log


def test_connect_tries_and_timeout_bound_the_wait(stack):
    """B43: their product is how long a request waits for an lsapid that is being restarted."""
    made = stack(Vhost("short.test", "games", extra="lsapi_backend_connect_tries 1\n"
                       "lsapi_backend_connect_timeout 1000"),
                 Vhost("long.test", "games", extra="lsapi_backend_connect_tries 200\n"
                       "lsapi_backend_connect_timeout 500000"))
    made.daemon.stop()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(made.get("long.test", "/who.php",
                                                                      timeout=100)))
    waiting.start()
    assert made.get("short.test", "/who.php").status == 503
    made.httpd.wait_log("Could not connect to lsphp backend", "short.test")
    assert not answers, "nobody waits"
    made.daemon.start()
    waiting.join(60)
    assert [a.status for a in answers] == [200]


def test_socket_path_is_accepted(stack):
    """Where sockets lie is lsapid's to say; what was written is told of."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_socket_path /var/run/mod_lsapi\n"
                 "lsapi_sock_path /var/ngx_lsapi")
    assert made.get("a.test", "/who.php").status == 200
    assert not list(Path("/var/run/mod_lsapi").glob("*")) and not Path("/var/ngx_lsapi").exists()
    assert any(p.is_socket() for p in (made.daemon.run / "pools").iterdir())


# --- what it leaves behind -----------------------------------------------------------------------


def test_coredump(stack):
    """B58: a core file in the directory of the script, for who asked for it and for nobody else."""
    sites = [Vhost("a.test", "games", extra="lsapi_backend_coredump On"), Vhost("b.test", "games")]
    made = stack(*sites)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    found = {}
    for site in sites:
        where = made.place.directory(f"{site.docroot.name}/in", site.owner)
        made.place.file(where / "core.php", CORE, site.owner)
        made.place.file(where / "limits.php", LIMITS, site.owner)
        limits = made.get(site.name, "/in/limits.php").text
        found[site.name] = re.search(r"^Max core file size +(\S+) +(\S+)", limits, re.M).groups()
        assert made.get(site.name, "/in/core.php", method="POST", body=b"x").status == 503
    most = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
    assert found == {"a.test": (most, most), "b.test": ("0", "0")}
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if pattern.startswith(("|", "/")) or not hard:
        pytest.skip(f"limits are right; the kernel puts cores elsewhere: {pattern}")
    cores = {site.name: [p.name for p in (site.docroot / "in").glob("core*")
                         if p.name not in ("core.php", "core.pid")] for site in sites}
    assert len(cores["a.test"]) == 1 and not cores["b.test"], cores
    made.httpd.wait_log("was killed by signal: 6, core dump: 1", "a.test")
    made.httpd.wait_log("was killed by signal: 6, core dump: 0", "b.test")


def test_words_and_hint_of_a_crash(stack):
    """B10, B61: signal, pid and the usual cause, in the site's error log and in lsapid's."""
    made = stack(Vhost("a.test", "games"))
    for number, hint in ((9, "memory limit"), (11, "extensions of PHP")):
        assert made.get("a.test", f"/crash.php?signal={number}", method="POST",
                        body=b"x").status == 503
        words = f"was killed by signal: {number}, core dump: "
        made.httpd.wait_log(words, "a.test")
        line = next(x for x in made.httpd.text("a.test").splitlines() if words in x)
        assert re.search(r"Child process with pid: \d+ was killed by signal", line), line
        assert hint in made.httpd.text("a.test")
        made.daemon.wait_log(f"signal={number} core=")
        line = next(x for x in made.daemon.text().splitlines()
                    if "child.killed" in x and f"signal={number} " in x)
        assert hint in line, line


def test_manuals_final_configuration(stack):
    """The lsapi.conf at which the reference's manual arrives, its line ends restored."""
    golden = Path(__file__).parents[1] / "golden/lsapi.conf"
    made = stack(Vhost("a.test", "games"), start=False)
    made.place.directory("modules")
    (made.place.path / "modules/mod_lsapi.so").symlink_to(made.place.bin / "mod_lsapi.so")
    text = made.httpd.configuration
    made.httpd.configuration = lambda: re.sub(
        r"(?m)^(LoadModule lsapi_module|AddType|lsapi_engine) .*$", "", text()).replace(
            "lsapi_daemon_socket", f"Include {golden}\nlsapi_daemon_socket", 1)
    made.start()
    answer = made.get("a.test", "/who.php")
    assert answer.status == 200 and json.loads(answer.text)["sapi"]
    assert {"children=20", "max_process_time=300", "pgrp_max_idle=30"} <= set(
        made.ctl.status()["pools"][0]["spec"])
