# SPDX-License-Identifier: Apache-2.0
"""lsapid-criu with the test as its supervisor, and an lsphp that can be frozen.

LSAPID_TEST_CRIU names the program criu; without it, it is the one of PATH.
"""

import ctypes
import fcntl
import os
import pwd
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from lsapi_client import Client
from lsphp_server import BINARY, BUILD, is_alive
from place import PATIENCE, wait_until

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
HELPER = BUILD / "daemon" / "criu" / "lsapid-criu"
CRIU = os.environ.get("LSAPID_TEST_CRIU") or shutil.which("criu", path=PATH)
NOBODY = pwd.getpwnam("nobody")

FROZEN, RESTORED, ENDED, NO_IMAGE, FAILED, DONE = 1, 2, 3, 4, 5, 6
#: daemon/criu/job.h: result, status, ms, reserved, bytes, text
REPORT = struct.Struct("<IiIIQ200s")
FD_COUNT = 7
FD_FACTS, FD_OUT, FD_LOG, FD_REPORT, FD_LISTENER, FD_STDERR, FD_INI = range(FD_COUNT)

CLONE_NEWNS, CLONE_NEWPID, SYS_CLONE = 0x20000, 0x20000000, 56
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def why_not():
    """Why nothing can be frozen here; None if it can."""
    if os.geteuid() != 0:
        return "CRIU needs root"
    if not HELPER.exists():
        return f"{HELPER} was not built"
    if not CRIU:
        return "criu is not installed"
    done = subprocess.run([CRIU, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "Error" in line]
        return f"criu check fails here: {errors[-1] if errors else done.stdout}"
    return None


WHY_NOT = why_not()


class Report:
    """One struct job_report."""

    def __init__(self, data):
        self.result, self.status, self.ms, _, self.bytes, text = REPORT.unpack(data)
        self.text = text.split(b"\0")[0].decode()

    def __repr__(self):
        return f"result {self.result} status {self.status} ms {self.ms} bytes {self.bytes} " \
            f"{self.text!r}"


class Job:
    """One process lsapid-criu."""

    def __init__(self, program, words, fds, log_path, is_init=False):
        self.report_fd, report = os.pipe()
        self.status = None
        self.log_path = log_path
        null = os.open(os.devnull, os.O_RDWR)
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        numbers = {fd: null for fd in range(FD_COUNT)} | {FD_OUT: log, FD_LOG: log} | fds
        numbers[FD_REPORT] = report
        self.pid = self.clone(is_init)
        if self.pid == 0:
            self.become(numbers, program, words)
        for fd in (null, log, report):
            os.close(fd)

    @staticmethod
    def clone(is_init):
        if not is_init:
            return os.fork()
        flags = signal.SIGCHLD | CLONE_NEWPID | CLONE_NEWNS
        pid = LIBC.syscall(SYS_CLONE, flags, 0, 0, 0, 0)
        assert pid >= 0, os.strerror(ctypes.get_errno())
        return pid

    @staticmethod
    def become(numbers, program, words):
        try:
            held = {number: os.dup2(fd, 900 + number) for number, fd in numbers.items()}
            for number, fd in held.items():
                os.dup2(fd, number)
            os.closerange(FD_COUNT, 1024)
            os.execve(program, ["lsapid-criu:test", *words], {"PATH": PATH})
        finally:
            os._exit(126)

    def report(self, seconds=60):
        """The next report; None at the end of them."""
        ready, _, _ = select.select([self.report_fd], [], [], seconds * PATIENCE)
        assert ready, f"no report within {seconds} s; its log: {self.log()}"
        data = os.read(self.report_fd, REPORT.size)
        assert len(data) in (0, REPORT.size)
        return Report(data) if data else None

    def log(self):
        return Path(self.log_path).read_text(errors="replace")

    def wait(self, seconds=20):
        """Its exit status, or minus the signal."""
        def ended():
            if self.status is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self.status = os.waitstatus_to_exitcode(status) if pid else None
            return self.status is not None
        wait_until(ended, seconds, "end of lsapid-criu")
        return self.status

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def children(self):
        return read_children(self.pid)

    def end(self):
        if self.status is None:
            self.kill()
            self.wait()
        os.close(self.report_fd)


class Bench:
    """A listening socket, a pipe for stderr, settings, scripts; lsphp is started on them."""

    def __init__(self, **env):
        self.dir = Path(tempfile.mkdtemp(prefix="criu-", dir="/var/tmp"))
        self.dir.chmod(0o755)
        self.images = self.dir / "images"
        self.socket = self.dir / "sock"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # CRIU unlinks the path that a socket was bound to
        self.listener.bind(f"{self.socket}.bind")
        os.chmod(f"{self.socket}.bind", 0o666)
        os.rename(f"{self.socket}.bind", self.socket)
        self.listener.listen(64)
        self.stderr, self.stderr_end = os.pipe()
        os.set_blocking(self.stderr, False)
        self.stderr_text = ""
        self.settings = 0
        self.ini_fd = -1
        self.new_settings("memory_limit = 77M\n")
        self.env = {"LSAPI_CHILDREN": "5", "LSAPI_PPID_NO_CHECK": "1", "PATH": "/usr/bin:/bin",
                    "PHP_INI_SCAN_DIR": ":/proc/self/fd/3", "LSAPI_KEEP_LISTEN": "1",
                    "LSAPI_MAX_IDLE_CHILDREN": "5", **env}
        self.facts = {"spec.handler": "test", "binary": BINARY}
        self.helper = HELPER
        self.jobs = []
        self.pids = []

    # --- what lsphp is given ----------------------------------------------------------------------

    def new_settings(self, text):
        """Another directory of them, as each start of lsapid's makes one."""
        if self.ini_fd >= 0:
            shutil.rmtree(self.dir / "ini" / str(self.settings))
            os.close(self.ini_fd)
        self.settings += 1
        path = self.dir / "ini" / str(self.settings)
        path.mkdir(parents=True)
        (path / "pool.ini").write_text(text)
        self.ini_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def script(self, name, text):
        """Older than opcache.file_update_protection asks for."""
        path = self.dir / name
        path.write_text(text)
        then = time.time() - 100
        os.utime(path, (then, then))
        return path

    def start(self, nice=0, oom_score_adj=0):
        """An lsphp parent as lsapid starts it; its pid."""
        pid = os.fork()
        if pid == 0:
            try:
                self.become_lsphp(nice, oom_score_adj)
            finally:
                os._exit(126)
        self.pids.append(pid)
        return pid

    def become_lsphp(self, nice, oom_score_adj):
        os.setsid()
        numbers = [self.listener.fileno(), self.stderr_end, self.stderr_end, self.ini_fd]
        held = [os.dup2(fd, 900 + number) for number, fd in enumerate(numbers)]
        for number, fd in enumerate(held):
            os.dup2(fd, number)
        os.closerange(len(numbers), 1024)
        os.nice(nice)
        Path("/proc/self/oom_score_adj").write_text(str(oom_score_adj))
        os.setgroups([NOBODY.pw_gid])
        os.setresgid(NOBODY.pw_gid, NOBODY.pw_gid, NOBODY.pw_gid)
        os.setresuid(NOBODY.pw_uid, NOBODY.pw_uid, NOBODY.pw_uid)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        os.chdir("/")
        os.execve(BINARY, ["lsphp:test"], self.env)

    def kill(self, pid):
        """End a parent and its idle children, which may wait for some time at the socket."""
        below = find_below(pid)
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        self.pids.remove(pid)
        for child in below:
            try:
                os.kill(child, signal.SIGTERM)
            except ProcessLookupError:
                pass
        wait_until(lambda: not any(is_alive(child) for child in below), what="its children's end")

    # --- talking to it ----------------------------------------------------------------------------

    def connect(self):
        return Client(str(self.socket), timeout=10.0 * PATIENCE)

    def get(self, script, **fields):
        with self.connect() as client:
            return client.get(script, **fields).text

    def wait_stderr(self, words):
        def has_come():
            try:
                self.stderr_text += os.read(self.stderr, 65536).decode(errors="replace")
            except BlockingIOError:
                pass
            return words in self.stderr_text
        wait_until(has_come, 10, f"{words!r} on stderr")

    # --- jobs -------------------------------------------------------------------------------------

    def job(self, op, is_init=False, out=None, **words):
        """Start one; @out: a file for what it prints."""
        words = {"program": CRIU, "dir": self.images} | words
        argv = [f"op={op}"] + [f"{k}={v}" for k, v in words.items() if v is not None]
        facts = os.memfd_create("facts", os.MFD_ALLOW_SEALING)
        os.write(facts, b"".join(f"{k}={v}\0".encode() for k, v in self.facts.items()))
        seal(facts)
        fds = {FD_FACTS: facts, FD_LISTENER: self.listener.fileno(), FD_STDERR: self.stderr_end,
               FD_INI: self.ini_fd}
        if out:
            fds[FD_OUT] = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.jobs.append(Job(self.helper, argv, fds, self.dir / "helper.log", is_init))
        os.close(facts)
        if out:
            os.close(fds[FD_OUT])
        return self.jobs[-1]

    def freeze(self, pid, **words):
        """The report of a freeze that has ended."""
        words = {"pool": "test", "uid": NOBODY.pw_uid, "gid": NOBODY.pw_gid, "pid": pid} | words
        job = self.job("freeze", **words)
        report = job.report()
        assert job.report() is None
        job.wait()
        return report

    def freeze_idle(self, pid, **words):
        """The same once its children have seen that their connections are closed."""
        return wait_until(lambda: [r for r in [self.freeze(pid, **words)] if r.text != "busy"],
                          what="an idle lsphp")[0]

    def restore(self, **words):
        """The job, and its first report."""
        words = {"pool": "test", "uid": NOBODY.pw_uid, "gid": NOBODY.pw_gid} | words
        job = self.job("restore", is_init=True, **words)
        return job, job.report()

    def image_files(self, pattern):
        return sorted(p for p in self.images.rglob(pattern) if stat.S_ISREG(p.lstat().st_mode))

    def end(self):
        for job in self.jobs:
            job.end()
        for pid in list(self.pids):
            self.kill(pid)
        self.listener.close()
        for fd in (self.stderr, self.stderr_end, self.ini_fd):
            os.close(fd)
        shutil.rmtree(self.dir)


def seal(fd):
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK
                | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)


def read_children(pid):
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:  # it has ended
        return []
    return [int(word) for word in text.split()]


def find_below(pid):
    """All processes below @pid, itself not."""
    found, frontier = [], [pid]
    while frontier:
        pids = read_children(frontier.pop())
        found += pids
        frontier += pids
    return found


def run(bench, op, **words):
    """The only report of a job that needs no lsphp."""
    job = bench.job(op, **words)
    report = job.report()
    assert job.report() is None
    assert job.wait() == (0 if report.result == DONE else 1)
    return report


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.end()
