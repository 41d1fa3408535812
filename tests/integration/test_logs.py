# SPDX-License-Identifier: Apache-2.0
"""Where the daemon logs: every target, opened safely, and opened again when it was rotated."""

import os
import resource
import signal
import socket
import stat
import threading
from pathlib import Path

import pytest

from harness import Vhost
from place import IS_ROOT, wait_until

pytestmark = pytest.mark.single_user

SUPERVISOR, MANAGER = " lsapid: ", " lsapid-manager: "


class Logged:
    """A stack whose daemon logs to a file below its place."""

    def __init__(self, stack, target=None, **how):
        self.stack = stack(Vhost("a.test", "games"), start=False, **how)
        self.daemon = self.stack.daemon
        self.dir = self.stack.place.directory("log")
        self.file = self.dir / "lsapid.log"
        self.daemon.settings["log_target"] = target or self.file
        self.daemon.write_conf()

    def start(self):
        self.stack.start()
        return self

    def text(self, path=None):
        path = path or self.file
        return path.read_text() if path.exists() else ""

    def wait(self, words, path=None, text=None):
        wait_until(lambda: words in (text or self.text)(*([path] if path else [])), 10,
                   f"{words!r} in {path or self.file}")

    def rotate(self):
        self.daemon.process.send_signal(signal.SIGUSR1)

    def talk(self):
        """Both processes have something to say: the manager of a peer, lsapid of a reload."""
        status, output = self.stack.ctl.run("reload")
        assert status == 0, output


@pytest.fixture
def logged(stack):
    return lambda *args, **how: Logged(stack, *args, **how)


def lines_of(text, process):
    return [line for line in text.splitlines() if process in line]


def test_file_has_the_lines_of_both_processes(logged):
    made = logged().start()
    assert made.stack.get("a.test", "/who.php").status == 200
    made.wait("spawn.start")
    made.wait("pool.state")
    text = made.text()
    assert lines_of(text, SUPERVISOR) and lines_of(text, MANAGER)
    assert all(line.startswith("20") for line in text.splitlines())
    assert "supervisor.start" not in made.daemon.text() and "pool.state" not in made.daemon.text()
    found = made.file.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o640, os.geteuid())
    assert made.daemon.stop() == 0
    made.wait("supervisor.stopped")


def test_sigusr1_opens_the_file_anew_for_both_processes(logged):
    """What follows log.opened of a process is in the new file, and nothing is lost."""
    made = logged().start()
    old = made.dir / "lsapid.log.1"
    made.file.rename(old)
    made.talk()
    made.rotate()
    made.wait("log.opened target=file why=rotate")
    made.wait("why=rotate")
    before = made.text(old)
    assert "config.reload" in before
    for process in (SUPERVISOR, MANAGER):
        assert "log.opened" in lines_of(made.text(), process)[0]
    made.talk()
    made.wait("config.applied")
    assert made.text(old) == before
    assert lines_of(made.text(), SUPERVISOR)[1:] and lines_of(made.text(), MANAGER)[1:]


def test_reload_takes_another_target(logged):
    made = logged("stderr").start()
    made.daemon.settings["log_target"] = made.file
    made.daemon.write_conf()
    made.talk()
    made.wait("log.opened target=file why=rotate")
    lines = len(made.daemon.text())
    made.talk()
    made.wait("config.applied")
    assert len(made.daemon.text()) == lines
    made.daemon.settings["log_target"] = "stderr"
    made.daemon.write_conf()
    made.talk()
    made.daemon.wait_log("log.opened target=stderr")


def spoil_link(made):
    made.file.symlink_to(made.dir / "elsewhere")
    return "is a symbolic link"


def spoil_hard_link(made):
    made.file.touch(0o640)
    os.link(made.file, made.dir / "other")
    return "has another name, too"


def spoil_mode(made):
    made.file.touch()
    made.file.chmod(0o660)
    return "is writable by group or others"


def spoil_owner(made):
    made.file.touch(0o640)
    os.chown(made.file, 12345, 12345)
    return "belongs to another user"


def spoil_directory(made):
    made.dir.chmod(0o777)
    return "is writable by group or others"


@pytest.mark.parametrize("spoil", [spoil_link, spoil_hard_link, spoil_mode, spoil_owner,
                                   spoil_directory], ids=lambda f: f.__name__[6:])
def test_file_that_others_could_steer_is_not_written_to(logged, spoil):
    """The log stays on stderr, with the reason; -t says the same."""
    if spoil is spoil_owner and not IS_ROOT:
        pytest.skip("only root can give a file away")
    made = logged()
    words = spoil(made)
    status, output = made.daemon.check()
    assert status == 1 and words in output
    made.start()
    made.daemon.wait_log("log.open_failed")
    assert words in made.daemon.text() and "manager.ready" in made.daemon.text()
    assert made.text() == "" and not (made.dir / "elsewhere").exists()
    assert made.stack.get("a.test", "/who.php").status == 200
    made.dir.chmod(0o755)
    for path in made.dir.iterdir():
        path.unlink()
    made.rotate()
    made.wait("log.opened target=file why=rotate")


def test_full_disk_costs_no_line(logged):
    """A limit of a file's size stands for the disk: stderr has the lines until there is room."""
    size = 1 << 20
    made = logged()
    made.file.write_bytes(b"x" * (size - 1) + b"\n")
    made.file.chmod(0o640)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        made.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    for process in (SUPERVISOR, MANAGER):
        assert len(lines_of(made.daemon.text(), process + "log.failed errno=EFBIG lines=1")) == 1
    assert lines_of(made.daemon.text(), SUPERVISOR + "supervisor.start")
    assert lines_of(made.daemon.text(), MANAGER + "manager.ready")
    made.file.rename(made.dir / "lsapid.log.1")
    made.rotate()
    for process in (SUPERVISOR, MANAGER):
        wait_until(lambda: lines_of(made.text(), process + "log.working lines="),
                   what="log.working")
    assert all(line.startswith("20") for line in made.text().splitlines())


class Journald(threading.Thread):
    """What stands for systemd's: a socket at its place, and the fields of all that came there."""

    path = Path("/run/systemd/journal/socket")

    def __init__(self):
        super().__init__(daemon=True)
        self.entries = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)

    def run(self):
        while data := self.socket.recv(65536):
            self.entries.append(dict(line.split("=", 1) for line in data.decode().splitlines()))

    def find(self, event):
        return next((e for e in list(self.entries) if e["LSAPID_EVENT"] == event), None)

    def end(self):
        self.path.unlink()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join(10)
        self.socket.close()


@pytest.fixture
def journald():
    if not IS_ROOT:
        pytest.skip("only root can stand for journald")
    if Journald.path.exists():
        pytest.skip("a journald runs here")
    made = Journald()
    made.start()
    yield made
    made.end()


def test_journal_has_entries_with_fields(logged, journald):
    """As under systemd: stderr is what JOURNAL_STREAM names, here a file."""
    made = logged("stderr")
    made.daemon.log.touch()
    stream = made.daemon.log.stat()
    made.daemon.prefix = ["env", f"JOURNAL_STREAM={stream.st_dev}:{stream.st_ino}"]
    made.start()
    assert made.stack.get("a.test", "/who.php").status == 200
    wait_until(lambda: journald.find("pool.start") and journald.find("spawn.start"),
               what="the entries")
    owner = made.stack.httpd.vhosts["a.test"].owner
    for event, process in (("pool.start", "lsapid-manager"), ("spawn.start", "lsapid")):
        entry = journald.find(event)
        assert (entry["POOL"], entry["USER"]) == ("a.test", owner.pw_name)
        assert (entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]) == ("6", process)
        assert entry["LSAPID_UID"] == str(owner.pw_uid)
        assert entry["MESSAGE"].startswith(f"{event} pool=a.test ")
        assert len(entry["MESSAGE_ID"]) == 32
    assert " pool.start " not in made.daemon.text()


@pytest.mark.skipif(not IS_ROOT, reason="only root can stand for syslogd")
def test_syslog_has_the_lines_of_both_processes(logged):
    path = Path("/dev/log")
    if path.exists():
        pytest.skip("a syslogd runs here")
    made = logged("syslog")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslogd:
        syslogd.bind(str(path))
        try:
            path.chmod(0o666)
            syslogd.settimeout(10)
            made.start()
            seen = {}
            while {"manager.ready", "supervisor.start"} - set(seen):
                line = syslogd.recv(8192).decode()
                for word in ("manager.ready pid", "supervisor.start"):
                    if word in line:
                        seen[word.split()[0]] = line
        finally:
            path.unlink()
    # facility daemon is 3, level notice 5
    assert seen["supervisor.start"].startswith("<29>")
    assert f" lsapid[{made.daemon.pid}]: supervisor.start" in seen["supervisor.start"]
    assert "manager.ready" not in made.daemon.text()
