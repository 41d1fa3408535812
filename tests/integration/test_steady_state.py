# SPDX-License-Identifier: Apache-2.0
"""What a request costs: two system calls of the data path on each side, none to the manager."""

import collections
import http.client
import re
import signal
import subprocess
import time

import pytest

import client
from harness import IS_FOREIGN_LSPHP, Vhost
from place import wait_until

pytestmark = pytest.mark.single_user
REQUESTS = 200


class Strace:
    """System calls of one process and its threads, one line each, with the descriptors' targets."""

    def __init__(self, made, pid, name):
        self.path = made.place.path / f"strace-{name}"
        self.process = subprocess.Popen(
            ["strace", "-f", "-yy", "-s", "0", "-o", str(self.path), "-p", str(pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert "attached" in line, line

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.stderr.read()
        self.process.wait(10)
        calls = collections.Counter()
        for line in self.path.read_text(errors="replace").splitlines():
            found = re.match(r"\d+\s+(?:<\.\.\. )?(\w+)(?:\(| resumed)(?:\d+<([^>]*)>)?", line)
            if found and "resumed" not in line.split("(")[0]:
                # the look at a connection that was idle for 20 ms
                kind = "LOOK" if "MSG_PEEK" in line else kind_of(found.group(2) or "")
                calls[found.group(1), kind] += 1
        return calls


def kind_of(target):
    """UNIX-STREAM, TCP or a file's name, as strace -yy tells it."""
    return re.sub(r":.*", "", target)


def test_two_system_calls_on_each_side(stack):
    """design.md "What a request costs": shim one writev and one recv, lsphp one read, one writev."""
    made = stack(Vhost("a.test", "games"), limits={
        "StartServers": 1, "ServerLimit": 1, "ThreadsPerChild": 4, "MaxRequestWorkers": 4,
        "MaxSpareThreads": 4})
    connection = http.client.HTTPConnection("127.0.0.1", made.httpd.port, timeout=30)
    pid = 0
    for _ in range(20):  # until one child serves, and everything is warm
        pid = int(client.exchange(connection, "a.test", "/mirror.php").header("X-Pid"))
    manager = made.daemon.manager()
    worker = made.httpd.workers()
    assert len(worker) == 1
    traces = {"shim": Strace(made, worker[0], "shim"), "lsphp": Strace(made, pid, "lsphp")}
    woken = switches(manager)
    slow = 0  # so that the connection may have been idle for long enough to be looked at
    for _ in range(REQUESTS):
        begin = time.monotonic()
        answer = client.exchange(connection, "a.test", "/mirror.php")
        assert answer.status == 200 and int(answer.header("X-Pid")) == pid
        slow += time.monotonic() - begin > 0.01
    connection.close()
    calls = {name: trace.stop() for name, trace in traces.items()}

    # each message would wake it; it hides its memory, so only root could trace it
    assert switches(manager) - woken < REQUESTS / 10

    # every system call on the connection between the two, whatever it is called
    of_shim = on_unix_socket(calls["shim"])
    assert 1.9 * REQUESTS <= sum(of_shim.values()) <= 2.1 * REQUESTS, of_shim
    looks = sum(count for (_, kind), count in calls["shim"].items() if kind == "LOOK")
    assert looks <= slow + REQUESTS / 20
    if not IS_FOREIGN_LSPHP:
        of_lsphp = on_unix_socket(calls["lsphp"])
        assert 1.9 * REQUESTS <= sum(of_lsphp.values()) <= 2.1 * REQUESTS, of_lsphp


def on_unix_socket(calls):
    return {name: count for (name, kind), count in calls.items() if kind.startswith("UNIX")}


def test_idle_processes_sleep(stack):
    """Nobody is woken without a cause: there are thousands of lsphp, and the daemon never ends."""
    # what other tests do in the directories above lsphp wakes the watch, which test_watch looks at
    made = stack(Vhost("a.test", "games"), settings={"watch_php": False})
    assert made.get("a.test", "/who.php").status == 200
    child = wait_until(made.daemon.children, 5, "a child")[0].pid
    pids = {"supervisor": made.daemon.pid, "manager": made.daemon.manager()}
    if not IS_FOREIGN_LSPHP:
        pids["child"] = child
    # the manager looks once more, within a second of the last event
    wait_until(lambda: is_asleep(pids.values()), 10, "everybody to sleep")
    before = {name: switches(pid) for name, pid in pids.items()}
    # the one place where time itself is what is tested
    with pytest.raises(subprocess.TimeoutExpired):
        made.httpd.process.wait(3)
    after = {name: switches(pid) for name, pid in pids.items()}
    woken = {name: after[name] - before[name] for name in pids}
    assert max(woken.values()) <= 1, woken


def is_asleep(pids):
    """Nobody was woken for longer than the manager's one late look takes to come."""
    seen = [switches(pid) for pid in pids]
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        if seen != [switches(pid) for pid in pids]:
            return False
        time.sleep(0.05)
    return True


def switches(pid):
    """How often a process has gone to sleep by itself."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.M).group(1))


