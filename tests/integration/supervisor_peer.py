# SPDX-License-Identifier: Apache-2.0
"""lsapid with the test itself as its manager.

lsapid starts MANAGER below, a relay without any will of its own: it takes SETUP, accepts one
connection on the control socket and passes every datagram on, both ways, with its descriptors. So
the test is the peer of the real root process and may say what no honest manager would.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest
from place import wait_until

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LSAPID_BUILD", ROOT / "build"))
IS_ROOT = os.geteuid() == 0
HANDLER = "application/x-test"

SETUP, READY, SPAWN, SPAWNED, SPAWN_FAILED, SIGNAL, EXITED = 1, 2, 4, 5, 7, 8, 9
RELOAD, RELOADED, RELOAD_FAILED, RELOAD_REQUEST, STOP, STOPPED = 11, 12, 13, 14, 15, 16
LOG_OPEN, LOG_FD, LOG_ROTATE = 18, 19, 21
CRIU, FREEZE, FROZEN, IMAGES, IMAGES_DATA = 24, 25, 26, 27, 28
THAW = 16
CRIU_OFF, CRIU_UNKNOWN, CRIU_WORKS, CRIU_FAILS = range(4)
FROZEN_DONE, FROZEN_BUSY, FROZEN_FAILED = range(3)
IMAGES_LIST, IMAGES_RESET, IMAGES_RESET_ALL = range(3)
RETIRE, KILL, CHILD_TERM, CHILD_KILL = 1, 2, 3, 4
REASONS = {"bad-spec": 9, "handler-unknown": 10, "uid-floor": 11, "gid-floor": 12,
           "user-unknown": 13, "group-unknown": 14, "user-foreign": 15, "docroot-owner": 16,
           "binary-missing": 17, "binary-unsafe": 18, "start-failed": 19,
           "home-missing": 26, "binary-not-executable": 27, "exec-failed": 28,
           "process-limit": 29}
STEP_POLICY, STEP_BINARY, STEP_FORK, STEP_EXEC = 1, 2, 4, 14

#: proto/priv.c: type, flags, id, pid, status, error, reason, step, signal, key, text, ms, bytes,
#: padding
FORM = struct.Struct("<IIQiiiIII32s160sIQ12s")
assert FORM.size == 256

MANAGER = """#!/usr/bin/python3 -IS
import select, socket
channel = socket.socket(fileno=3)
setup, fds, _, _ = socket.recv_fds(channel, 256, 4)
listener = socket.socket(fileno=fds[1])
listener.setblocking(True)
client, _ = listener.accept()
socket.send_fds(client, [setup], fds)
while True:
    for source in select.select([channel, client], [], [])[0]:
        data, fds, _, _ = socket.recv_fds(source, 4096, 253)
        if not data:
            raise SystemExit(0)
        other = client if source is channel else channel
        socket.send_fds(other, [data], fds) if fds else other.send(data)
        for fd in fds:
            socket.close(fd)
"""

#: stands for lsphp: says what it finds, then does what MODE tells it
LSPHP = """#!/usr/bin/python3 -IS
import ctypes, json, os, resource, signal, socket, sys, time
with open("/proc/self/cmdline", "rb") as f:
    pass
mode = os.environ.get("MODE", "")
signal_of_death = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(signal_of_death), 0, 0, 0)
fds = {}
for fd in range(256):
    try:
        fds[fd] = os.readlink(f"/proc/self/fd/{fd}").split(":")[0]
    except OSError:
        pass
umask = os.umask(0)
facts = {"uids": os.getresuid(), "gids": os.getresgid(), "groups": sorted(os.getgroups()),
         "cwd": os.getcwd(), "umask": umask, "core": resource.getrlimit(resource.RLIMIT_CORE),
         "is_leader": os.getsid(0) == os.getpid(), "death": signal_of_death.value, "fds": fds,
         "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "pid": os.getpid(),
         "ppid": os.getppid(), "is_same_pipe": os.fstat(1).st_ino == os.fstat(2).st_ino,
         "ini": open("/proc/self/fd/3/pool.ini").read() if 3 in fds else None,
         "env": dict(os.environ), "first": next(iter(os.environ), None)}
if mode in ("family", "orphan"):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.setsid()
        time.sleep(600)
        os._exit(0)
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(2, (json.dumps(facts) + "\\n").encode())
if mode == "exit":
    sys.exit(7)
if mode == "orphan":
    sys.exit(0)
time.sleep(600)
"""


def stat_of(pid):
    """(parent, state) of a process; None if there is none."""
    try:
        rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(rest[1]), rest[0]
    except (OSError, IndexError):
        return None


def descendants(pid):
    parents = {int(p): stat_of(p) for p in os.listdir("/proc") if p.isdigit()}
    found, frontier = {}, {pid}
    while frontier:
        level = {p for p, s in parents.items() if s and s[0] in frontier}
        found.update({p: parents[p][1] for p in level})
        frontier = level
    return found


class Message:
    def __init__(self, kind, **fields):
        self.type = kind
        self.flags = self.id = self.pid = self.status = self.error = 0
        self.reason = self.step = self.signal = 0
        self.ms = self.bytes = 0
        self.key, self.text, self.rest = b"", b"", b""
        self.fds = []
        self.__dict__.update(fields)

    def encode(self):
        return FORM.pack(self.type, self.flags, self.id, self.pid, self.status, self.error,
                         self.reason, self.step, self.signal, self.key, self.text, self.ms,
                         self.bytes, self.rest)

    @classmethod
    def decode(cls, data, fds=()):
        values = FORM.unpack(data)
        names = ("flags", "id", "pid", "status", "error", "reason", "step", "signal", "key", "text",
                 "ms", "bytes")
        fields = dict(zip(names, values[1:-1]))
        fields["text"] = fields["text"].rstrip(b"\0").decode()
        return cls(values[0], fds=list(fds), **fields)


class Peer:
    """The test's end of one life of the manager."""

    def __init__(self, socket_path):
        self.sock = None
        self.criu = None  # the last word about it

        def connect():
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self.sock.settimeout(10)
                self.sock.connect(str(socket_path))
                self.setup = self.expect(SETUP)
                return True
            except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError):
                self.sock.close()  # not there yet, or the last of a former life
                return False

        wait_until(connect, what="the control socket")
        self.config = os.pread(self.setup.fds[0], 1 << 20, 0)

    def receive(self, seconds=10.0):
        """The next message, but for those about CRIU, which come when they come."""
        self.sock.settimeout(seconds)
        while True:
            data, fds, _, _ = socket.recv_fds(self.sock, 4096, 16)
            if not data:
                return None
            message = Message.decode(data, fds)
            if message.type != CRIU:
                return message
            self.criu = message

    def wait_criu(self, state):
        """Until the supervisor has said so; nothing else may come before."""
        while not self.criu or self.criu.status != state:
            self.sock.settimeout(20)
            self.criu = Message.decode(*socket.recv_fds(self.sock, 4096, 16)[:2])
            assert self.criu.type == CRIU, vars(self.criu)
        return self.criu

    def expect(self, kind, **fields):
        message = self.receive()
        assert message, f"{kind} expected, but the channel is closed"
        assert message.type == kind, f"{kind} expected, got {vars(message)}"
        for name, value in fields.items():
            assert getattr(message, name) == value, vars(message)
        return message

    def send(self, message, fds=()):
        data = message if isinstance(message, bytes) else message.encode()
        if fds:
            socket.send_fds(self.sock, [data], list(fds))
        else:
            self.sock.send(data)

    def ready(self):
        self.send(Message(READY))
        return self

    def close(self):
        self.sock.close()
        for fd in self.setup.fds:
            os.close(fd)


class Lsphp:
    """What the manager keeps of one spawn: listener and the reading end of stderr."""

    def __init__(self, place, number):
        self.path = place / f"pool{number}"
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # renamed, as the manager does: CRIU removes the name that was bound
        self.listener.bind(f"{self.path}.bind")
        os.rename(f"{self.path}.bind", self.path)
        self.path.chmod(0o666)
        self.listener.listen(16)
        self.stderr, self.write_end = os.pipe()

    def facts(self, seconds=10.0):
        text = b""
        while b"\n" not in text:
            assert select.select([self.stderr], [], [], seconds)[0], "lsphp says nothing"
            more = os.read(self.stderr, 65536)
            assert more, f"lsphp has ended: {text}"
            text += more
        return json.loads(text)

    def close(self):
        self.listener.close()
        os.close(self.stderr)
        os.close(self.write_end)
        self.path.unlink(missing_ok=True)


def memfd(data, seals=fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE):
    fd = os.memfd_create("spec", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def encode_spec(entries):
    return b"".join(f"{k}={v}\0".encode() for k, v in sorted(entries.items()))


class Supervisor:
    """lsapid in a place of its own."""

    def __init__(self, **settings):
        self.place = Path(tempfile.mkdtemp(prefix="ls", dir="/run" if IS_ROOT else "/tmp"))
        self.place.chmod(0o755)
        self.process = None
        self.peers = []
        self.lsphps = []
        self.socket = self.place / "run" / "control.sock"
        self.log = self.place / "log"
        self.conf = self.place / "lsapid.conf"
        self.lsapid = self.program("lsapid", (BUILD / "daemon/lsapid/lsapid").read_bytes())
        self.manager = self.program("manager", MANAGER.encode())
        self.program("lsapid-criu", (BUILD / "daemon/criu/lsapid-criu").read_bytes())
        self.lsphp = self.program("lsphp", LSPHP.encode())
        self.settings = {"control_socket": self.socket, "runtime_dir": self.place / "run",
                         "key_file": self.place / "state" / "key", "manager_user": "nobody",
                         "log_level": "debug", "stop_grace": "3s",
                         # whoever looks whether it works would be one process more
                         "criu_program": "", **settings}
        self.handlers = {HANDLER: self.lsphp}
        self.write_conf()

    def program(self, name, data):
        path = self.place / name
        path.write_bytes(data)
        path.chmod(0o755)
        return path

    def write_conf(self, more=""):
        lines = [f'{k} = "{v}"' for k, v in self.settings.items()]
        lines += [f'handler "{k}" {{\nbinary = "{v}"\nenv = {{ "FROM_HANDLER=1" }}\n}}'
                  for k, v in self.handlers.items()]
        self.conf.write_text("\n".join(lines) + "\n" + more)
        self.conf.chmod(0o600)

    def argv(self, *more):
        return [str(self.lsapid), "-c", str(self.conf), "-m", str(self.manager), *more]

    def check(self, *more):
        return subprocess.run(self.argv("-t", *more), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def start(self, **how):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, **how)
        return self

    def peer(self):
        """Become the manager of this life."""
        self.peers.append(Peer(self.socket))
        return self.peers[-1]

    def up(self, **how):
        lives = self.text().count("manager.ready") if self.log.exists() else 0
        self.start(**how)
        peer = self.peer().ready()
        wait_until(lambda: self.text().count("manager.ready") > lives, what="READY being taken")
        return peer

    def entries(self, **more):
        ids = {"uid": 1, "gid": 1} if IS_ROOT else {"uid": os.getuid(), "gid": os.getgid()}
        return {"handler": HANDLER, "scope": "vhost", "name": "a.test", **ids, **more}

    def spawn(self, peer, number, spec=None, flags=0, lsphp=None, **more):
        """SPAWN of a specification; what came back is the caller's to look at."""
        if not lsphp:
            lsphp = Lsphp(self.place, len(self.lsphps))
            self.lsphps.append(lsphp)
        data = spec if spec is not None else encode_spec(self.entries(**more))
        fd = memfd(data)
        peer.send(Message(SPAWN, id=number, flags=flags),
                  [fd, lsphp.listener.fileno(), lsphp.write_end])
        os.close(fd)
        return lsphp

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_log(self, words, seconds=10.0):
        wait_until(lambda: words in self.text(), seconds, what=f"{words!r} in the log")

    def stop(self, seconds=20):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self):
        """Whatever the test did: nothing stays."""
        below = []
        if self.process and self.process.poll() is None:
            below = list(descendants(self.process.pid))
            self.process.kill()
            self.process.wait()
        for pid in below:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for thing in self.peers + self.lsphps:
            thing.close()
        shutil.rmtree(self.place)


needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
needs_user = pytest.mark.skipif(IS_ROOT, reason="what an ordinary user may do")


def refused(sup, peer, reason, number=1, **more):
    """SPAWN that has to be refused for this reason; the answer."""
    sup.spawn(peer, number, **more)
    return peer.expect(SPAWN_FAILED, id=number, reason=REASONS[reason])
