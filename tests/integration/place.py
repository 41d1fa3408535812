# SPDX-License-Identifier: Apache-2.0
"""The ground that one set of servers stands on: a directory, its programs, its processes."""

import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LSAPID_BUILD", ROOT / "build"))
IS_ROOT = os.geteuid() == 0
IS_SANITIZED = "LSAPID_PRELOAD" in os.environ
LSPHP = os.environ.get("LSPHP")
#: how many times longer than usual anything may take: more than 1 on an emulated processor
PATIENCE = float(os.environ.get("LSAPID_TEST_PATIENCE", "1"))
# the reference looks for its parent once a second when idle, and waits on its listener for ten
LAST_LOOK_S = 15
ME = pwd.getpwuid(os.geteuid())
#: the account that httpd's children run as
APACHE = pwd.getpwnam("www-data") if IS_ROOT else ME
#: accounts that every Debian has: owners of sites
OWNERS = ["games", "man", "lp", "mail", "news", "uucp", "backup", "list", "irc", "proxy"]

PROGRAMS = {
    "lsapid": "daemon/lsapid/lsapid",
    "lsapid-manager": "daemon/manager/lsapid-manager",
    "lsapid-criu": "daemon/criu/lsapid-criu",
    "lsapidctl": "daemon/ctl/lsapidctl",
    "lsphp": "lsphp/lsphp",
    "mod_lsapi.so": "shim/mod_lsapi.so",
}


def wait_until(condition, seconds=10.0, what="condition"):
    """Wait for an event that nobody announces: look often, and give up at the deadline."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(0.01 * PATIENCE)


class Process:
    """One line of /proc; ours is whatever runs a program of this place."""

    def __init__(self, pid, ppid, state, exe, cmdline):
        self.pid = pid
        self.ppid = ppid
        self.state = state
        self.exe = exe
        self.cmdline = cmdline

    def __repr__(self):
        return f"{self.pid} (of {self.ppid}, {self.state}) {self.cmdline or self.exe}"


def read_process(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        rest = text[text.rindex(")") + 2:].split()
        cmdline = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(
            errors="replace").strip()
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
        except OSError:  # a zombie has none, and one that dropped privilege may hide it
            exe = ""
        return Process(pid, int(rest[1]), rest[0], exe, cmdline)
    except (OSError, ValueError):
        return None


def environ_of(pid):
    """What a process was started with; nothing of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def uid_of(pid):
    """Whose process it is; None if it has ended."""
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except FileNotFoundError:
        return None


def all_processes():
    found = (read_process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [p for p in found if p]


def descendants(pid):
    """Everything below a process, zombies included."""
    processes = all_processes()
    below, frontier = [], {pid}
    while frontier:
        level = [p for p in processes if p.ppid in frontier]
        below += level
        frontier = {p.pid for p in level}
    return below


def is_alive(pid):
    process = read_process(pid)
    return process is not None and process.state not in "ZX"


class Place:
    """A short path (a socket's has 108 bytes at most) that holds all files of one test.

    The programs are copied in: so the owners of sites can execute them wherever the checkout is,
    and whatever runs one of these copies belongs to this test and to no other.
    """

    def __init__(self):
        base = "/run" if IS_ROOT else "/tmp"
        self.path = Path(tempfile.mkdtemp(prefix="lt", dir=base))
        self.path.chmod(0o755)
        self.bin = self.directory("bin")
        for name, built in PROGRAMS.items():
            source = Path(LSPHP) if name == "lsphp" and LSPHP else BUILD / built
            if source.exists():
                shutil.copy(source, self.bin / name)
                (self.bin / name).chmod(0o755)
        self.reports = self.directory("asan", mode=0o1777)

    def directory(self, name, owner=None, mode=0o755):
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if owner and IS_ROOT:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        return path

    def file(self, path, text, owner=None, mode=0o644):
        path = self.path / path
        data = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(data)
        path.chmod(mode)
        if owner and IS_ROOT:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        return path

    def processes(self, program=None):
        """What runs from here, zombies aside; of one program if named."""
        wanted = str(self.bin / program) if program else str(self.path) + "/"
        found = []
        for process in all_processes():
            exe = process.exe.removesuffix(" (deleted)")
            if exe == wanted if program else exe.startswith(wanted):
                found.append(process)
        return found

    def sanitizer_reports(self):
        return "\n".join(p.read_text(errors="replace") for p in sorted(self.reports.iterdir()))

    def end(self):
        """End what is left, and remove everything; says what was left."""
        left = self.processes()
        deadline = time.monotonic() + LAST_LOOK_S
        while left and LSPHP and time.monotonic() < deadline:
            time.sleep(0.05)
            left = self.processes()
        for process in left:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if left:
            wait_until(lambda: not self.processes(), 10, f"end of {left}")
        for path, names, _ in os.walk(self.path):
            for name in names:
                inner = os.path.join(path, name)
                if not os.path.islink(inner):
                    os.chmod(inner, stat.S_IMODE(os.stat(inner).st_mode) | 0o700)
        shutil.rmtree(self.path, ignore_errors=True)
        return left
