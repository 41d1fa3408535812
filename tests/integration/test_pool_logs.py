# SPDX-License-Identifier: Apache-2.0
"""Log files of pools: who may read them, what comes into them, and what happens if one fails."""

import errno
import grp
import os
import pwd
import re
import resource
import signal
import stat
import subprocess

import pytest

from harness import Vhost
from place import APACHE, IS_ROOT, wait_until
from supervisor_peer import LOG_FD, LOG_OPEN, Message, encode_spec, memfd

pytestmark = pytest.mark.single_user

LINE = re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\S+)\[(\d+)\]: (.*)$")


class Logs:
    """A stack with log_dir, and a pool file with a log for the owner of a.test."""

    def __init__(self, stack, log="a.log", **settings):
        self.stack = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), start=False)
        self.daemon = self.stack.daemon
        self.dir = self.stack.place.path / "logs"
        self.pools = self.stack.place.directory("pools.d")
        self.owner = pwd.getpwnam("games") if IS_ROOT else APACHE
        self.daemon.settings.update(pools_dir=self.pools, log_dir=self.dir, **settings)
        self.daemon.write_conf()
        self.write_pool(log)

    def write_pool(self, log):
        """Of a.test alone: without root all sites have one owner."""
        text = f'\tlog = "{log}"\n' if log else ""
        self.stack.place.file(self.pools / "a.conf", f'pool "a" {{\n\tuser = '
                              f'"{self.owner.pw_name}"\n\tvhosts = {{ "a.test" }}\n{text}}}\n')

    @property
    def file(self):
        return self.dir / "a.log"

    def start(self):
        self.stack.start()
        return self

    def reload(self):
        status, output = self.stack.ctl.run("reload")
        assert status == 0, output

    def rotate(self):
        self.daemon.process.send_signal(signal.SIGUSR1)

    def say(self, word, vhost="a.test"):
        assert self.stack.get(vhost, f"/log.php?word={word}").status == 200

    def lines(self, path=None):
        path = path or self.file
        return path.read_text().splitlines() if path.exists() else []

    def has(self, word, path=None):
        return any(line.endswith(f": raw {word}") for line in self.lines(path))

    def wait(self, word, path=None):
        wait_until(lambda: self.has(word, path), 10, f"{word} in {path or self.file}")

    def wait_daemon(self, word):
        wait_until(lambda: re.search(f'lsphp.stderr .*text="raw {word}"', self.daemon.text()), 10,
                   f"{word} in the daemon's log")

    def totals(self):
        return self.stack.ctl.status()["totals"]


@pytest.fixture
def logs(stack):
    return lambda *args, **how: Logs(stack, *args, **how)


def test_stderr_of_a_pool_goes_to_its_file(logs):
    """With site and pid, as the lines come, and nowhere else; other pools as before."""
    made = logs().start()
    for i in range(300):  # more than the daemon's log takes of one pool
        made.say(f"word{i}")
    made.wait("word299")
    found = [LINE.match(line).groups() for line in made.lines() if ": raw " in line]
    assert [text for _, _, text in found] == [f"raw word{i}" for i in range(300)]
    parents = {str(p.pid) for p in made.daemon.parents()}
    assert {site for site, _, _ in found} == {"a.test"}
    assert {pid for _, pid, _ in found} <= parents
    made.say("other", "b.test")
    made.wait_daemon("other")
    assert "raw word" not in made.daemon.text() and not made.has("other")
    assert made.totals()["log_lines"] >= 300 and made.totals()["log_lost"] == 0


def test_first_words_of_a_pool_are_not_lost(logs):
    """They are written while the file is being opened."""
    made = logs().start()
    made.say("first")
    made.wait("first")
    assert "lsphp.stderr " not in made.daemon.text()


def test_bytes_of_a_script_begin_no_line_of_their_own(logs):
    made = logs().start()
    made.say("a%0Ab%1B[31m%00c%C3%BC%FF")
    wait_until(lambda: len(made.lines()) >= 2, what="two lines")
    texts = [LINE.match(line).group(3) for line in made.lines()]
    assert texts[:2] == ["raw a", "b\\x1b[31m\\x00c\u00fc\\xff"]


@pytest.mark.skipif(not IS_ROOT, reason="only root makes files for others")
def test_owner_of_the_site_can_read_the_file_and_nobody_else(logs):
    made = logs().start()
    made.say("x")
    made.wait("x")
    found, above = made.file.stat(), made.dir.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (
        0o640, 0, made.owner.pw_gid)
    assert (stat.S_IMODE(above.st_mode), above.st_uid) == (0o711, 0)

    def try_as(account, *argv):
        return subprocess.run(
            ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups",
             *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    assert "raw x" in try_as(made.owner, "cat", str(made.file)).stdout
    for account, *argv in ((made.owner, "sh", "-c", f"echo >> {made.file}"),
                           (made.owner, "ls", str(made.dir)),
                           (made.owner, "rm", "-f", str(made.file)),
                           (pwd.getpwnam("mail"), "cat", str(made.file)),
                           (APACHE, "cat", str(made.file))):
        assert try_as(account, *argv).returncode != 0, argv


@pytest.mark.skipif(not IS_ROOT, reason="only root makes files for others")
def test_group_that_others_may_be_in_cannot_read_the_file(stack):
    """An account whose group has another name than itself perhaps shares it."""
    shared = next(p for p in pwd.getpwall() if p.pw_uid and p.pw_gid and _group(p) != p.pw_name)
    made = Logs(stack)
    vhost = made.stack.httpd.vhosts["a.test"]
    vhost.owner, made.owner = shared, shared
    made.stack.httpd.prepare(vhost)
    for path in [vhost.docroot, *vhost.docroot.iterdir()]:
        os.chown(path, shared.pw_uid, shared.pw_gid)
    made.write_pool("a.log")
    made.start()
    made.say("x")
    made.wait("x")
    assert made.file.stat().st_gid == 0


def _group(account):
    try:
        return grp.getgrgid(account.pw_gid).gr_name
    except KeyError:
        return account.pw_name


def test_sigusr1_opens_the_files_anew(logs):
    """What is said after the answer is in the new file only."""
    made = logs().start()
    made.say("before")
    made.wait("before")
    old = made.dir / "a.log.1"
    made.file.rename(old)
    made.say("between")
    made.wait("between", old)
    made.rotate()
    wait_until(made.file.exists, 10, "the new file")
    made.daemon.wait_log("type=LOG_FD id=2")
    made.say("after")
    made.wait("after")
    assert not made.has("after", old) and not made.has("before")
    assert [made.has(w, old) for w in ("before", "between")] == [True, True]


def test_reload_changes_the_file_without_a_restart_of_php(logs):
    made = logs(None).start()
    made.say("one")
    made.wait_daemon("one")
    parents = {p.pid for p in made.daemon.parents()}
    made.write_pool("a.log")
    made.reload()
    made.daemon.wait_log("type=LOG_FD id=1")
    made.say("two")
    made.wait("two")
    made.write_pool("b.log")
    made.reload()
    made.daemon.wait_log("type=LOG_FD id=2")
    made.say("three")
    made.wait("three", made.dir / "b.log")
    made.write_pool(None)
    made.reload()
    wait_until(lambda: made.daemon.text().count("config.applied") >= 3, what="the reload")
    made.say("four")
    made.wait_daemon("four")
    assert not made.has("three") and not made.has("four", made.dir / "b.log")
    assert {p.pid for p in made.daemon.parents()} == parents


def test_a_pool_that_is_gone_holds_no_file(logs):
    made = logs().start()
    made.say("x")
    made.wait("x")

    def is_open():
        # an ordinary user may not look into what hides its memory
        return any(os.path.realpath(f"/proc/{made.daemon.manager()}/fd/{fd}") == str(made.file)
                   for fd in os.listdir(f"/proc/{made.daemon.manager()}/fd"))

    if IS_ROOT:
        assert is_open()
    made.daemon.defaults["pgrp_max_idle"] = "1s"
    made.daemon.write_conf()
    made.reload()
    wait_until(lambda: not made.daemon.lsphp(), 10, "the pool's end")
    if IS_ROOT:
        wait_until(lambda: not is_open(), 5, "the file being closed")
    made.say("y")
    made.wait("y")


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
    os.chown(made.file, made.owner.pw_uid, made.owner.pw_gid)
    return "belongs to another user"


def spoil_fifo(made):
    os.mkfifo(made.file, 0o640)
    return "cannot be opened"


def spoil_directory(made):
    made.dir.chmod(0o777)
    return "is writable by group or others"


@pytest.mark.parametrize("spoil", [spoil_link, spoil_hard_link, spoil_mode, spoil_owner, spoil_fifo,
                                   spoil_directory], ids=lambda f: f.__name__[6:])
def test_file_that_others_could_steer_is_not_written_to(logs, spoil):
    """The daemon's log says why and has the lines; SIGUSR1 tries again."""
    if spoil is spoil_owner and not IS_ROOT:
        pytest.skip("only root can give a file away")
    made = logs()
    made.dir.mkdir(0o711)
    made.dir.chmod(0o711)
    words = spoil(made)
    made.start()
    made.say("x")
    made.wait_daemon("x")
    assert re.search(f'pool_log.open_failed pool=a .*{words}', made.daemon.text())
    assert "pool_log.failed" in made.daemon.text() and "remedy=" in made.daemon.text()
    assert not (made.dir / "elsewhere").exists()
    made.dir.chmod(0o711)
    for path in made.dir.iterdir():
        path.unlink()
    made.rotate()
    wait_until(made.file.exists, 10, "the file")
    made.say("y")
    made.wait("y")


def test_full_disk_is_told_once_and_counted(logs):
    """A limit of a file's size stands for the disk; the site is served, the daemon's log has all."""
    size = 1 << 20
    made = logs()
    made.dir.mkdir(0o711)
    made.file.write_bytes(b"x" * (size - 1) + b"\n")
    made.file.chmod(0o640)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        made.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    for i in range(5):
        made.say(f"full{i}")
    made.wait_daemon("full4")
    assert len(re.findall("pool_log.failed .*errno=EFBIG", made.daemon.text())) == 1
    lost = made.totals()["log_lost"]
    assert lost >= 5
    made.file.rename(made.dir / "a.log.1")
    made.rotate()
    wait_until(made.file.exists, 10, "the new file")
    made.daemon.wait_log("type=LOG_FD id=2")
    made.say("room")
    made.wait("room")
    made.daemon.wait_log(f"lost={lost}")


def test_explain_and_check_know_the_log(logs):
    made = logs()
    assert made.daemon.check()[0] == 0
    done = subprocess.run(
        made.daemon.argv("--explain", "-u", made.owner.pw_name, "-v", "a.test"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert f"log = {made.file}  # {made.pools}/a.conf:4" in done.stdout.splitlines()
    made.write_pool("../a.log")
    status, output = made.daemon.check()
    assert status == 1 and "log is '../a.log', not a plain file name" in output
    made.write_pool("a.log")
    made.dir.mkdir()
    made.dir.chmod(0o777)
    status, output = made.daemon.check()
    assert status == 1 and f"{made.dir} is writable by group or others" in output


def ask(sup, peer, data, seals=None):
    """LOG_OPEN as no honest manager need send it."""
    fd = memfd(data, *([seals] if seals is not None else []))
    peer.send(Message(LOG_OPEN, id=7), [fd])
    os.close(fd)
    return peer.expect(LOG_FD, id=7)


def test_supervisor_opens_what_its_own_configuration_says(make):
    """Whatever path the specification of a manager carries."""
    sup = make()
    pools, logs = sup.place / "pools.d", sup.place / "logs"
    pools.mkdir(0o755)
    sup.settings.update(pools_dir=pools, log_dir=logs)
    sup.write_conf()
    uid = sup.entries()["uid"]
    (pools / "a.conf").write_text(
        f'pool "a" {{\n\tuser = "{uid}"\n\tvhosts = {{ "a.test" }}\n\tlog = "a.log"\n}}\n')
    peer = sup.up()
    answer = ask(sup, peer, encode_spec(sup.entries(log="/etc/passwd")))
    assert answer.error == 0 and len(answer.fds) == 1
    assert os.readlink(f"/proc/self/fd/{answer.fds[0]}") == str(logs / "a.log")
    os.close(answer.fds[0])
    for more in ({"name": "b.test"}, {"uid": uid + 1}):
        answer = ask(sup, peer, encode_spec(sup.entries(**{"log": "/etc/passwd", **more})))
        assert (answer.error, answer.fds) == (errno.ENOENT, [])
    assert [p.name for p in logs.iterdir()] == ["a.log"]


@pytest.mark.parametrize("data, seals", [(b"no specification", None), (b"a=1\0", None), (b"", 0)])
def test_supervisor_kills_a_manager_that_asks_for_nonsense(make, data, seals):
    sup = make()
    peer = sup.up()
    with pytest.raises(AssertionError, match="closed"):
        ask(sup, peer, data, seals)
    sup.wait_log("a message with wrong contents")
