# SPDX-License-Identifier: Apache-2.0
"""An lsphp under test, in a directory of its own, and the fixture that makes them.

LSPHP names the binary; without it, it is the one of the build directory LSAPID_BUILD.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from lsapi_client import Client

BUILD = pathlib.Path(
    os.environ.get("LSAPID_BUILD", pathlib.Path(__file__).parents[2] / "build")
)
BINARY = os.environ.get("LSPHP", str(BUILD / "lsphp" / "lsphp"))


def is_ours():
    """Our lsphp, whose promises go beyond those of the reference."""
    found = subprocess.run([BINARY, "-v"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           check=False)
    return b"lsapid" in found.stdout


# the reference, started as root, does without much of what it does for a user
FOREIGN_USER = 65534 if os.geteuid() == 0 and not is_ours() else None
ours_only = pytest.mark.skipif(not is_ours(), reason="a promise of our lsphp only")


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before, or between open and read
        return False


def is_waiting(pid):
    """The child has no connection and sleeps: it waits on the listener."""
    fds = f"/proc/{pid}/fd"
    sockets = 0
    for fd in os.listdir(fds):
        try:
            sockets += os.readlink(f"{fds}/{fd}").startswith("socket:")
        except FileNotFoundError:  # closed since it was listed: it is still on its way
            return False
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        return sockets == 1 and f.read().rpartition(")")[2].split()[0] == "S"


class Lsphp:
    """An lsphp on a listening socket in a directory of its own; scripts go there, too."""

    def __init__(self, *, args=(), user=None, start=True, **env):
        user = FOREIGN_USER if user is None else user
        self.dir = tempfile.mkdtemp(prefix="lsphp-")
        os.chmod(self.dir, 0o755)
        self.path = os.path.join(self.dir, "sock")
        self.clients = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(64)
        if user is not None:
            os.chmod(self.path, 0o777)
            os.chown(self.dir, user, user)
        self.log_path = os.path.join(self.dir, "stderr.log")
        self.process = self.start(args, user, env) if start else None

    def start(self, args, user, env):
        environ = {"LSAPI_PAD": "x" * 54, "PATH": "/usr/bin:/bin"}
        if os.geteuid() == 0 and user is None:
            environ["LSAPI_ALLOW_ROOT"] = "1"
        environ.update({k: str(v) for k, v in env.items() if v is not None})
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(
                ["lsphp:" + "x" * 60, *args], executable=BINARY, stdin=self.listener.fileno(),
                stdout=log, stderr=log, env=environ, cwd=self.dir, close_fds=True, user=user,
                group=user,
            )

    def script(self, name, text, age_s=10):
        """Write a script. It is made older than opcache.file_update_protection asks for."""
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        then = time.time() - age_s
        os.utime(path, (then, then))
        os.chmod(path, 0o644)
        return path

    def connect(self, timeout=30.0):
        client = Client(self.path, timeout)
        self.clients.append(client)
        return client

    def get(self, script, body=b"", **fields):
        """One request on a connection of its own."""
        with self.connect() as client:
            return client.get(script, body, **fields)

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(word) for word in f.read().split()]

    def signal(self, signo):
        self.process.send_signal(signo)

    def stop(self):
        for client in self.clients:
            client.close()
        children = []
        if self.process and self.process.poll() is None:
            children = self.children()
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        self.listener.close()
        for pid in children:
            deadline = time.monotonic() + 5
            while is_alive(pid) and time.monotonic() < deadline:
                time.sleep(0.01)
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        log = self.log()
        shutil.rmtree(self.dir)
        assert "Sanitizer" not in log and "runtime error" not in log, log


@pytest.fixture
def lsphp():
    """Factory of servers that live as long as the test."""
    made = []

    def make(**how):
        made.append(Lsphp(**how))
        return made[-1]

    yield make
    for server in made:
        server.stop()
