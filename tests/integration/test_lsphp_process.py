# SPDX-License-Identifier: Apache-2.0
"""lsphp: processes, signals, and what a request costs."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lsapi_client import CONN_CLOSE, RESP_END, Client
from lsphp_server import BINARY, Lsphp, is_alive, is_waiting, ours_only
from place import wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

PID = "<?php echo getmypid();"
SLEEP = """<?php echo 'begun'; flush();
    $end = microtime(true) + 1; while (microtime(true) < $end) usleep(10000); echo 'done';"""
UNBUFFERED = [("output_buffering", "0")]


def begin(server, client, script, **fields):
    """Ask, and return when the script runs."""
    client.ask(script, ini=UNBUFFERED, **fields)
    while client.packet()[1] != b"begun":
        pass


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGUSR1])
def test_parent_leaves_at_once_and_busy_children_finish(lsphp, signo):
    server = lsphp(LSAPI_CHILDREN=4)
    busy, idle = server.connect(), server.connect()
    pid = idle.get(server.script("p.php", PID)).pid
    begin(server, busy, server.script("a.php", SLEEP))
    server.signal(signo)
    assert server.process.wait(0.5) == 0
    assert idle.is_closed(timeout=3)
    wait_until(lambda: not is_alive(pid))
    assert busy.receive().text == "done"


def test_children_leave_when_the_parent_is_killed(lsphp):
    server = lsphp(LSAPI_CHILDREN=4)
    busy, idle = server.connect(), server.connect()
    pids = [idle.get(server.script("p.php", PID)).pid]
    begin(server, busy, server.script("a.php", SLEEP))
    pids += server.children()
    server.signal(signal.SIGKILL)
    server.process.wait(5)
    assert busy.receive().text == "done"
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_parent_leaves_when_its_starter_is_gone():
    """A starter that ends takes lsphp with it, unless LSAPI_PPID_NO_CHECK says otherwise."""
    code = ("import subprocess, sys\n"
            "print(subprocess.Popen([sys.argv[1]], stdin=int(sys.argv[2])).pid, flush=True)\n"
            "sys.stdin.read()\n")
    for check, stays in ((None, False), ("1", True)):
        env = {"LSAPI_CHILDREN": "2", "LSAPI_ALLOW_ROOT": "1", "LSAPI_PGRP_MAX_IDLE": "60"}
        if check:
            env["LSAPI_PPID_NO_CHECK"] = check
        server = Lsphp(start=False)
        fd = server.listener.fileno()
        starter = subprocess.Popen([sys.executable, "-c", code, BINARY, str(fd)], env=env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   pass_fds=[fd])
        pid = int(starter.stdout.readline())
        assert server.get(server.script("p.php", PID)).is_complete  # it is up
        starter.kill()
        starter.communicate()
        if stays:
            time.sleep(1.5)
            assert is_alive(pid)
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda p=pid: not is_alive(p), seconds=3)
        server.stop()


@ours_only
@pytest.mark.parametrize("state", ["idle", "waiting", "busy"])
def test_graceful_signal_to_a_child_loses_nothing(lsphp, state):
    server = lsphp(LSAPI_CHILDREN=2)
    client = server.connect()
    pid = client.get(server.script("p.php", PID)).pid
    if state == "waiting":
        client.close()
        wait_until(lambda: is_waiting(pid))
    if state == "busy":
        begin(server, client, server.script("a.php", SLEEP))
    os.kill(pid, signal.SIGUSR1)
    if state == "busy":
        r = client.receive()
        assert r.text == "done"
        assert r.packets[-2:] == [RESP_END, CONN_CLOSE]
    wait_until(lambda: not is_alive(pid), seconds=3)
    assert server.get(server.script("p.php", PID)).is_complete
    assert "signal" not in server.log()


@ours_only
@pytest.mark.parametrize("size", [0, 150000])
def test_request_queued_when_the_signal_comes_is_served(lsphp, size):
    """SIGSTOP makes it certain that the request lies in the queue before the signal is handled."""
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("p.php", "<?php echo getmypid(), ' ', "
                                    "strlen(file_get_contents('php://input'));")
    client = server.connect()
    pid = client.get(script).pid
    os.kill(pid, signal.SIGSTOP)
    client.ask(script, b"x" * size)
    os.kill(pid, signal.SIGUSR1)
    os.kill(pid, signal.SIGCONT)
    r = client.receive()
    assert (r.is_complete, r.text) == (True, f"{pid} {size}")
    wait_until(lambda: not is_alive(pid))


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT])
def test_stop_signal_to_a_busy_child_ends_it_and_the_response_is_lost(lsphp, signo):
    server = lsphp(LSAPI_CHILDREN=2)
    mark = os.path.join(server.dir, "mark")
    script = server.script("a.php", f"""<?php
        register_shutdown_function(function () {{ file_put_contents('{mark}', 'x'); }});
        echo 'begun'; flush(); while (true);""")
    with server.connect() as client:
        begin(server, client, script)
        os.kill(server.children()[0], signo)
        r = client.receive()
    assert not r.is_complete
    assert os.path.exists(mark)
    wait_until(lambda: server.children() == [])
    assert "killed by signal" not in server.log()


@ours_only
def test_stop_signal_ends_a_script_that_never_comes_to_a_safe_point(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'begun'; flush(); "
                                    "$f = fopen('php://temp', 'r'); "
                                    "register_shutdown_function(function () { while (true); }); "
                                    "while (true);")
    with server.connect() as client:
        begin(server, client, script)
        os.kill(server.children()[0], signal.SIGTERM)
        assert not client.receive().is_complete
    wait_until(lambda: server.children() == [], seconds=6)


def test_runaway_is_stopped(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_MAX_PROCESS_TIME=1)
    script = server.script("a.php", "<?php echo 'begun'; flush(); while (true);")
    with server.connect() as client:
        begin(server, client, script)
        start = time.monotonic()
        assert not client.receive().is_complete
        assert time.monotonic() - start < 4
    assert server.get(server.script("p.php", PID)).is_complete


@ours_only
def test_idle_child_is_no_runaway(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_MAX_PROCESS_TIME=1)
    script = server.script("p.php", PID)
    with server.connect() as client:
        first = client.get(script)
        time.sleep(2.5)
        assert client.get(script).text == first.text


@ours_only
def test_crash_is_a_real_death_and_is_logged(lsphp):
    server = lsphp(LSAPI_CHILDREN=2)
    script = server.script("a.php", "<?php echo 'begun'; flush(); posix_kill(getmypid(), 6);"
                                    "sleep(5);")
    with server.connect() as client:
        client.ask(script, ini=UNBUFFERED)
        answer = client.receive()
        pid = answer.pid
        assert not answer.is_complete
    line = f"Child process with pid: {pid} was killed by signal: 6, core dump: 0"
    wait_until(lambda: line in server.log())


@pytest.mark.parametrize("allowed", [None, "1"])
def test_core_dumps_only_when_allowed(lsphp, allowed):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_ALLOW_CORE_DUMP=allowed)
    r = server.get(server.script("a.php", "<?php echo file_get_contents('/proc/self/limits');"))
    soft = [line for line in r.text.splitlines() if line.startswith("Max core")][0].split()[4]
    ours = resource.getrlimit(resource.RLIMIT_CORE)[0]
    inherited = "unlimited" if ours == resource.RLIM_INFINITY else str(ours)
    assert soft == (inherited if allowed else "0")


def test_slow_request_is_reported(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_SLOW_REQ_MSECS=100)
    slow = server.script("slow.php", "<?php usleep(200000);")
    server.get(server.script("fast.php", PID))
    server.get(slow, query="a=b")
    wait_until(lambda: "slow.php" in server.log())
    assert "a=b" in server.log() and "fast.php" not in server.log()


FORK = """<?php
    $pid = FFI::cdef('int fork(void);')->fork();
    if ($pid == 0) { echo 'from the copy'; error_log('copy logs'); exit(0); }
    echo 'begun'; flush(); usleep(200000); echo $pid;"""


@ours_only
def test_process_forked_by_a_script_never_answers(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, args=["-d", "ffi.enable=1"])
    script = server.script("a.php", FORK)
    plain = server.script("p.php", PID)
    with server.connect() as client:
        for _ in range(3):
            begin(server, client, script)
            r = client.receive()
            assert r.is_complete
            copy = int(r.text)
            assert client.get(plain).text == str(server.children()[0])
            wait_until(lambda c=copy: not is_alive(c))
        assert b"copy" not in r.body + r.stderr


@ours_only
def test_two_data_calls_per_small_request(lsphp):
    server = lsphp(LSAPI_CHILDREN=2, LSAPI_ACCEPT_NOTIFY=1)
    script = server.script("a.php", "<?php echo 'small', strlen(file_get_contents('php://input'));")
    trace = os.path.join(server.dir, "trace")
    with server.connect() as client:
        pid = client.get(script).pid
        tracer = subprocess.Popen(["strace", "-qq", "-o", trace, "-p", str(pid)])
        wait_until(lambda: "TracerPid:\t0" not in open(f"/proc/{pid}/status").read())
        count = 50
        for n in range(count):
            assert client.get(script, b"x" * (n % 2 * 100)).is_complete
        wait_until(lambda: open(trace).read().count("writev(") >= count)
        tracer.terminate()
        tracer.wait()
    calls = [line.split("(")[0] for line in open(trace) if "(" in line]
    data = [c for c in calls if c not in
            ("setitimer", "rt_sigaction", "rt_sigprocmask", "chdir", "fcntl")]
    received = data.count("recvfrom") + data.count("recv")
    assert count <= received <= count + 1  # it may or may not be seen waiting at the end
    assert data.count("writev") == count
    # Whatever else opcache's revalidation may do, it is not done for each request.
    assert len(data) - received - count < 10, data


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)


@ours_only
def test_nobody_wakes_up_while_idle(lsphp):
    server = lsphp(LSAPI_CHILDREN=4, LSAPI_MAX_IDLE_CHILDREN=4)
    script = server.script("p.php", PID)
    connected, waiting = server.connect(), server.connect()
    pids = [server.process.pid, connected.get(script).pid, waiting.get(script).pid]
    waiting.close()
    time.sleep(0.3)
    before = [switches(pid) for pid in pids]
    time.sleep(2.5)
    assert [switches(pid) for pid in pids] == before


@ours_only
def test_refuses_to_run_scripts_as_root_unasked():
    if os.geteuid() != 0:
        pytest.skip("only root can try")
    found = subprocess.run([BINARY], stdin=subprocess.DEVNULL, capture_output=True, env={},
                           check=False)
    assert found.returncode == 2
    assert b"root" in found.stderr


def test_runs_as_the_user_it_was_started_as(lsphp):
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    if not os.access(BINARY, os.X_OK) or not can_execute(65534):
        pytest.skip("user nobody cannot reach the binary")
    server = lsphp(user=65534, LSAPI_CHILDREN=2)
    assert server.get(server.script("a.php", "<?php echo posix_getuid();")).text == "65534"


def can_execute(uid):
    found = subprocess.run([BINARY, "-v"], user=uid, group=uid, capture_output=True, check=False)
    return found.returncode == 0


def is_listening(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def is_listening_on_tcp(pid):
    """... and reads its SIGTERM from a descriptor, which begins with blocking it."""
    try:
        sockets = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        lines = [line.split() for name in ("tcp", "tcp6")
                 for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]]
        blocked, = (int(line.split()[1], 16) for line in
                   Path(f"/proc/{pid}/status").read_text().splitlines()
                   if line.startswith("SigBlk"))
    except FileNotFoundError:  # a descriptor that was closed meanwhile
        return False
    return bool(blocked >> (signal.SIGTERM - 1) & 1) and any(
        line[3] == "0A" and f"socket:[{line[9]}]" in sockets for line in lines)


@pytest.mark.parametrize("make", [
    lambda d: (os.path.join(d, "bound"),) * 2,
    pytest.param(lambda d: ("127.0.0.1:0", None), marks=ours_only),  # a port that is free
    pytest.param(lambda d: ("[::1]:0", None), marks=ours_only),
])
def test_binds_by_itself(lsphp, make):
    server = lsphp()  # for its directory
    address, path = make(server.dir)
    env = {"LSAPI_ALLOW_ROOT": "1", "LSAPI_CHILDREN": "2"}
    process = subprocess.Popen([BINARY, "-b", address], env=env, stderr=subprocess.PIPE)
    try:
        if path:
            # the path is there before anybody listens on it
            wait_until(lambda: is_listening(path))
            script = server.script("a.php", "<?php echo 'bound';")
            with Client(path) as client:
                assert client.get(script).text == "bound"
        else:
            wait_until(lambda: is_listening_on_tcp(process.pid))
            assert process.poll() is None
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


@ours_only
def test_bad_address_is_refused_with_a_reason(lsphp):
    for address in ("7", "relative/path", "/" + "x" * 200, "no.such.host.invalid:1"):
        found = subprocess.run([BINARY, "-b", address], capture_output=True, check=False,
                               env={"LSAPI_ALLOW_ROOT": "1"})
        assert (found.returncode, b"Can not listen" in found.stderr) == (2, True)


def test_stderr_log_takes_the_log_text(lsphp, tmp_path):
    user = 65534 if os.geteuid() == 0 else None  # the variable is ignored for root
    if user and not can_execute(user):
        pytest.skip("user nobody cannot reach the binary")
    server = lsphp(user=user, LSAPI_CHILDREN=2, LSAPI_STDERR_LOG="php.log")
    script = server.script("a.php", "<?php error_log('to the file'); echo 'out';")
    r = server.get(script, admin_ini=[("log_errors", "1")])
    assert (r.text, r.stderr) == ("out", b"")
    with open(os.path.join(server.dir, "php.log"), encoding="utf-8") as f:
        assert "to the file" in f.read()


@ours_only
def test_stress_of_connections_ends_with_every_answer(lsphp):
    server = lsphp(LSAPI_CHILDREN=3, LSAPI_EXTRA_CHILDREN=0, LSAPI_KEEP_LISTEN=1)
    script = server.script("a.php", "<?php echo $_GET['n'];")
    for n in range(200):
        assert server.get(script, query=f"n={n}").text == str(n)
    assert len(server.children()) <= 3
