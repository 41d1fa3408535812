# SPDX-License-Identifier: Apache-2.0
"""What the root process starts and refuses to start, with the test in the place of the manager."""

import errno
import os
import pwd
import resource
import signal
import socket
import stat
import time

import pytest

from place import read_process, wait_until
from supervisor_peer import (CHILD_KILL, CHILD_TERM, EXITED, HANDLER, IS_ROOT, KILL, RETIRE,
                             SIGNAL, SPAWN_FAILED, SPAWNED, STEP_BINARY, STEP_EXEC, STEP_FORK,
                             STEP_POLICY, Message, descendants, needs_root, needs_user, refused,
                             stat_of)

pytestmark = pytest.mark.single_user


# --- start ---------------------------------------------------------------------------------------


def test_setup_carries_key_configuration_and_listening_socket(sup):
    peer = sup.up()
    assert peer.setup.flags == (1 if IS_ROOT else 0)
    key = sup.place / "state" / "key"
    assert peer.setup.key == key.read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert sup.conf.read_bytes() in peer.config
    listener = socket.socket(fileno=os.dup(peer.setup.fds[1]))
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    listener.close()


def test_control_socket_and_pools_have_their_owners_and_modes(sup):
    sup.up()
    at = sup.socket.stat()
    assert stat.S_IMODE(at.st_mode) == (0o660 if IS_ROOT else 0o600)
    pools = (sup.place / "run" / "pools").stat()
    assert stat.S_IMODE(pools.st_mode) == 0o700
    if IS_ROOT:
        assert at.st_uid == 0
        assert pools.st_uid == pwd.getpwnam("nobody").pw_uid
    assert list((sup.place / "run").glob(".control*")) == []


@needs_root
def test_manager_has_no_privilege(sup):
    sup.up()
    manager = next(iter(descendants(sup.process.pid)))
    status = dict(line.split(":\t", 1) for line in
                  open(f"/proc/{manager}/status", encoding="ascii").read().splitlines()
                  if ":\t" in line)
    nobody = pwd.getpwnam("nobody")
    assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert status["Groups"].split() == [str(nobody.pw_gid)]
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    env = open(f"/proc/{manager}/environ", "rb").read().split(b"\0")
    assert [e for e in env if e] == [b"PATH=/usr/local/bin:/usr/bin:/bin"]


def test_second_daemon_on_one_directory_is_refused(sup):
    sup.up()
    first, log = sup.process, sup.log
    sup.log = sup.place / "log2"
    sup.start()
    assert sup.process.wait(10) == 1
    assert "another lsapid uses this directory" in sup.text()
    sup.process, sup.log = first, log
    assert sup.socket.exists(), "the loser must not remove the winner's socket"


def test_stale_socket_is_replaced_and_key_kept(sup):
    peer = sup.up()
    key = peer.setup.key
    sup.process.kill()
    sup.process.wait()
    assert sup.socket.exists()
    peer.close()  # the listening socket would still answer for the old daemon
    sup.peers.clear()
    peer = sup.up()
    assert peer.setup.key == key


def test_something_else_in_the_place_of_the_socket_is_left_alone(sup):
    (sup.place / "run").mkdir(mode=0o755)
    sup.socket.write_text("precious")
    assert sup.start().process.wait(10) == 1
    assert "no socket is in its place" in sup.text()
    assert sup.socket.read_text() == "precious"


def test_a_path_longer_than_a_socket_address_works(make):
    sup = make()
    deep = sup.place / ("d" * 100)
    deep.mkdir(mode=0o755)
    sup.settings["control_socket"] = deep / "control.sock"
    sup.write_conf()
    directory = os.open(deep, os.O_PATH)
    sup.socket = f"/proc/self/fd/{directory}/control.sock"
    sup.up()
    os.close(directory)
    assert [p.name for p in deep.iterdir()] == ["control.sock"]


@pytest.mark.parametrize("mode,size", [(0o640, 32), (0o604, 32), (0o600, 31), (0o600, 33)])
def test_a_key_that_is_unsafe_or_cut_is_refused(sup, mode, size):
    (sup.place / "state").mkdir(mode=0o755)
    key = sup.place / "state" / "key"
    key.write_bytes(b"k" * size)
    key.chmod(mode)
    assert sup.start().process.wait(10) == 1
    assert "the key" in sup.text() and "remedy=" in sup.text()


def test_socket_of_systemd_is_adopted(sup):
    path = sup.place / "adopted.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(8)

    def hand_over():
        os.dup2(listener.fileno(), 3)
        os.environ["LISTEN_FDS"] = "1"
        os.environ["LISTEN_PID"] = str(os.getpid())

    # env of Popen is read before preexec_fn runs, so a shell has to know its own pid
    argv = sup.argv()
    sup.argv = lambda *more: ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh",
                              *argv, *more]
    sup.start(pass_fds=[3], preexec_fn=hand_over)
    sup.socket = path
    sup.peer().ready()
    sup.wait_log("adopted=yes")
    listener.close()
    assert sup.stop() == 0
    assert path.exists(), "it is not ours to remove"


# --- spawn ---------------------------------------------------------------------------------------


def test_lsphp_finds_itself_as_it_should(sup):
    peer = sup.up()
    lsphp = sup.spawn(peer, 7, children=5, phprc="/srv/etc", user_ini=1,
                      **{"env.OWN": "1", "env.PATH": "/evil", "env.LSAPI_CHILDREN": "99"})
    pid = peer.expect(SPAWNED, id=7).pid
    facts = lsphp.facts()
    ids = (1, 1) if IS_ROOT else (os.getuid(), os.getgid())
    assert facts["uids"] == [ids[0]] * 3
    assert facts["gids"] == [ids[1]] * 3
    if IS_ROOT:
        assert facts["groups"] == sorted(set(os.getgrouplist(pwd.getpwuid(1).pw_name, 1)))
    assert facts["pid"] == pid
    assert facts["ppid"] == sup.process.pid
    assert facts["fds"] == {"0": "socket", "1": "pipe", "2": "pipe"}
    assert facts["is_same_pipe"]
    assert facts["cwd"] == "/"
    assert facts["umask"] == 0o022
    assert facts["core"] == [0, 0]
    assert facts["is_leader"]
    assert facts["death"] == signal.SIGTERM
    assert facts["blocked"] == 0
    assert facts["first"] == "LSAPI_PAD"
    env = facts["env"]
    assert env["LSAPI_CHILDREN"] == "5" and env["OWN"] == "1" and env["PHPRC"] == "/srv/etc"
    assert env["PATH"] == "/usr/local/bin:/usr/bin:/bin" and env["FROM_HANDLER"] == "1"
    assert env["LSPHP_ENABLE_USER_INI"] == "on"
    assert "HOME" not in env and "NOTIFY_SOCKET" not in env


def test_settings_of_php_are_handed_over_as_a_directory(sup):
    """With and without privilege; in the specification's order, and gone with the process."""
    peer = sup.up()
    lsphp = sup.spawn(peer, 1, **{"ini.b": "it's", "ini.a": "1", "env.PHP_INI_SCAN_DIR": "/x"})
    pid = peer.expect(SPAWNED, id=1).pid
    facts = lsphp.facts()
    assert facts["env"]["PHP_INI_SCAN_DIR"] == "/x:/proc/self/fd/3"
    assert facts["ini"] == "a = '1'\nb = 'it'\"'\"'s'\n"
    assert set(facts["fds"]) == {"0", "1", "2", "3"}
    directory = sup.place / "run" / "ini"
    assert [p.name for p in directory.iterdir()] == ["1"]
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    os.kill(pid, signal.SIGKILL)
    peer.expect(EXITED, id=1)
    assert list(directory.iterdir()) == []
    refused(sup, peer, "bad-spec", 2, **{"ini.null": "1"})
    assert list(directory.iterdir()) == []


def test_limits_and_group_are_judged_again(sup):
    """Whatever the manager says: bounds, and a group that is looked up here."""
    peer = sup.up()
    for number, more in enumerate([{"nice": "-21"}, {"oom_score_adj": "1001"}, {"limit_as": "1"},
                                   {"limit_nofile": "unlimited"}, {"limit_core": "-1"},
                                   {"connection_pool": "yes"}], 1):
        assert refused(sup, peer, "bad-spec", number, **more).text == next(iter(more))
    assert refused(sup, peer, "group-unknown", 10, group="no-such").text == "group no-such"
    refused(sup, peer, "gid-floor" if IS_ROOT else "user-foreign", 11, group="root")
    refused(sup, peer, "gid-floor" if IS_ROOT else "user-foreign", 12, group="0")


def test_ceiling_of_a_pool_file_holds_whatever_the_manager_asks(sup):
    """By the account's name, which the supervisor looks up itself, and the virtual host."""
    user = pwd.getpwuid(1 if IS_ROOT else os.getuid()).pw_name
    directory = sup.place / "pools.d"
    directory.mkdir(mode=0o755)
    file = directory / "one.conf"
    file.write_text(f"pool one {{ user = {user}\n vhosts = {{ a.test }}\n children_max = 4\n }}\n")
    file.chmod(0o644)
    sup.settings["pools_dir"] = directory
    sup.write_conf()
    peer = sup.up()
    for number, name, asked, given in ((1, "a.test", "9", "4"), (2, "a.test", "3", "3"),
                                       (3, "b.test", "9", "9")):
        lsphp = sup.spawn(peer, number, name=name, children=asked)
        peer.expect(SPAWNED, id=number)
        assert lsphp.facts()["env"]["LSAPI_CHILDREN"] == given


def test_exit_is_reported_with_its_status_and_reaped(sup):
    peer = sup.up()
    sup.spawn(peer, 3, **{"env.MODE": "exit"})
    pid = peer.expect(SPAWNED, id=3).pid
    assert os.WEXITSTATUS(peer.expect(EXITED, id=3, pid=pid).status) == 7
    assert stat_of(pid) is None


def test_retire_sends_sigterm(sup):
    peer = sup.up()
    sup.spawn(peer, 1).facts()
    pid = peer.expect(SPAWNED, id=1).pid
    peer.send(Message(SIGNAL, id=1, signal=RETIRE))
    assert os.WTERMSIG(peer.expect(EXITED, id=1, pid=pid).status) == signal.SIGTERM
    peer.send(Message(SIGNAL, id=1, signal=RETIRE))  # too late is no fault
    sup.spawn(peer, 2)
    peer.expect(SPAWNED, id=2)


def test_kill_takes_descendants_in_sessions_of_their_own_too(sup):
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "family"}).facts()
    pid = peer.expect(SPAWNED, id=1).pid
    family = wait_until(lambda: len(descendants(pid)) == 2 and list(descendants(pid)),
                        what="the family")
    peer.send(Message(SIGNAL, id=1, signal=KILL))
    assert os.WTERMSIG(peer.expect(EXITED, id=1, pid=pid).status) == signal.SIGKILL
    wait_until(lambda: not any(stat_of(p) for p in family), 2, what="the end of the family")


def children_of(pid):
    return [p for p in descendants(pid) if (stat_of(p) or (0,))[0] == pid]


def test_one_child_is_ended_and_its_kin_stay(sup):
    """SIGTERM, which this one ignores, then SIGKILL: to the child that the manager names."""
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "family"}).facts()
    pid = peer.expect(SPAWNED, id=1).pid
    family = wait_until(lambda: len(descendants(pid)) == 2 and list(descendants(pid)),
                        what="the family")
    child, = children_of(pid)
    peer.send(Message(SIGNAL, id=1, signal=CHILD_TERM, pid=child))
    sup.wait_log(f"pid={child} signal=15")
    assert stat_of(child)[0] == pid
    peer.send(Message(SIGNAL, id=1, signal=CHILD_KILL, pid=child))
    wait_until(lambda: stat_of(child) in (None, (pid, "Z")), 5, "the child's end")
    grandchild, = [p for p in family if p != child]
    assert stat_of(pid) and stat_of(grandchild)
    peer.send(Message(SIGNAL, id=1, signal=KILL))


def test_only_children_of_the_spawn_are_signalled(sup):
    """The pid that the manager names is not trusted: strangers, and other pools', stay alone."""
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "family"}).facts()
    sup.spawn(peer, 2, **{"env.MODE": "family"}).facts()
    first = peer.expect(SPAWNED, id=1).pid
    second = peer.expect(SPAWNED, id=2).pid
    wait_until(lambda: len(descendants(first)) == len(descendants(second)) == 2, what="families")
    child, = children_of(second)
    grandchild, = children_of(child)
    manager, = [p for p in children_of(sup.process.pid) if p not in (first, second)]
    for pid in (child, grandchild, first, second, manager, sup.process.pid, os.getpid(), 1):
        peer.send(Message(SIGNAL, id=1, signal=CHILD_KILL, pid=pid))
        sup.wait_log(f"child.refused pool=a.test uid={sup.entries()['uid']} pid={pid} ")
        assert stat_of(pid)
    peer.send(Message(SIGNAL, id=77, signal=CHILD_KILL, pid=child))  # no such spawn
    sup.wait_log(f" uid=0 pid={child} signal=9 why=")
    assert all(stat_of(p)[1] != "Z" for p in (child, grandchild, first, second, manager))
    for number in (1, 2):
        peer.send(Message(SIGNAL, id=number, signal=KILL))


def test_child_that_outlives_its_parent_is_still_in_reach(sup):
    """What lsphp's parent leaves behind becomes a child of lsapid: by the ids of that spawn."""
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "orphan"}).facts()
    sup.spawn(peer, 2).facts()
    answers = [peer.receive() for _ in range(3)]
    assert sorted((m.type, m.id) for m in answers) == [(SPAWNED, 1), (SPAWNED, 2), (EXITED, 1)]
    second, = [m.pid for m in answers if m.type == SPAWNED and m.id == 2]
    own = sup.process.pid
    manager = next(p for p in children_of(own) if "manager" in command_of(p))
    orphan, = wait_until(lambda: [p for p in children_of(own) if p not in (second, manager)],
                         what="the orphan")
    for pid in (second, manager):
        peer.send(Message(SIGNAL, id=1, signal=CHILD_KILL, pid=pid))
        sup.wait_log(f"child.refused pool=a.test uid={sup.entries()['uid']} pid={pid} ")
    peer.send(Message(SIGNAL, id=1, signal=CHILD_KILL, pid=orphan))
    wait_until(lambda: stat_of(orphan) is None, 5, "the orphan's end")
    assert stat_of(second) and stat_of(manager)


def command_of(pid):
    """Nothing if it has ended, or has no memory any more."""
    process = read_process(pid)
    return process.cmdline if process else ""


@needs_root
def test_orphan_of_another_user_is_left_alone(sup):
    peer = sup.up()
    sup.spawn(peer, 1, uid=2, gid=2, **{"env.MODE": "exit"}).facts()
    sup.spawn(peer, 2, **{"env.MODE": "orphan"}).facts()
    seen = {(m.type, m.id) for m in (peer.receive() for _ in range(4))}
    assert seen == {(SPAWNED, 1), (EXITED, 1), (SPAWNED, 2), (EXITED, 2)}
    orphan, = wait_until(lambda: [p for p in children_of(sup.process.pid)
                                  if "manager" not in command_of(p)], what="the orphan")
    peer.send(Message(SIGNAL, id=1, signal=CHILD_KILL, pid=orphan))
    sup.wait_log(f"child.refused pool=a.test uid=2 pid={orphan} ")
    assert stat_of(orphan)


def test_orphans_come_to_the_supervisor_and_leave_no_zombie(sup):
    peer = sup.up()
    sup.spawn(peer, 1, **{"env.MODE": "orphan"}).facts()
    peer.expect(SPAWNED, id=1)
    peer.expect(EXITED, id=1)
    orphans = wait_until(lambda: [p for p in descendants(sup.process.pid)
                                  if "lsphp" in command_of(p)], what="orphans")
    for pid in orphans:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(stat_of(p) for p in orphans), 2, what="reaping")


def test_many_starts_at_once_are_all_answered(sup):
    peer = sup.up()
    for number in range(1, 31):
        sup.spawn(peer, number, **{"env.MODE": "exit"})
    kinds = [(m.type, m.id) for m in (peer.receive() for _ in range(60))]
    assert sorted(kinds) == sorted([(SPAWNED, n) for n in range(1, 31)] +
                                   [(EXITED, n) for n in range(1, 31)])
    for number in range(1, 31):
        assert kinds.index((SPAWNED, number)) < kinds.index((EXITED, number))


# --- refusals ------------------------------------------------------------------------------------


@needs_root
def test_root_is_refused_whatever_the_floor(sup):
    peer = sup.up()
    refused(sup, peer, "uid-floor", uid=0)
    assert "errno=" not in sup.text(), "no system call has failed"
    refused(sup, peer, "gid-floor", number=2, gid=0)


@needs_root
def test_ids_below_the_floors_are_refused_but_apache_is_not(make):
    sup = make(uid_min=1000, gid_min=1000)
    peer = sup.up()
    assert "uid 5, uid_min 1000" in refused(sup, peer, "uid-floor", uid=5, gid=60).text
    apache = pwd.getpwnam("www-data")
    sup.spawn(peer, 2, uid=apache.pw_uid, gid=apache.pw_gid)
    peer.expect(SPAWNED, id=2)
    refused(sup, peer, "uid-floor", number=3, uid=apache.pw_uid, gid=1000)


@needs_root
def test_accounts_that_do_not_exist_are_refused(sup):
    peer = sup.up()
    refused(sup, peer, "user-unknown", uid=54321)
    refused(sup, peer, "group-unknown", number=2, gid=54321)


@needs_user
def test_without_privilege_only_the_own_user_is_accepted(sup):
    peer = sup.up()
    refused(sup, peer, "user-foreign", uid=os.getuid() + 1)
    refused(sup, peer, "user-foreign", number=2, gid=os.getgid() + 1)
    refused(sup, peer, "user-foreign", number=3, uid=0)


def test_unknown_handler_is_refused_and_no_path_taken_for_one(sup):
    peer = sup.up()
    for number, name in enumerate(["other", "/bin/sh", HANDLER + " "], 1):
        assert refused(sup, peer, "handler-unknown", number, handler=name).step == STEP_POLICY


@pytest.mark.parametrize("spec", [b"", b"uid=1\0gid=1\0", b"handler=x", b"\0", b"gid=1\0gid=2\0",
                                  b"handler=application/x-test\0uid=99999999999\0"])
def test_malformed_specifications_are_refused(sup, spec):
    peer = sup.up()
    refused(sup, peer, "bad-spec", spec=spec)


def test_document_root_of_somebody_else_or_missing_is_refused(sup):
    peer = sup.up()
    own = sup.place / "own"
    own.mkdir()
    if IS_ROOT:
        os.chown(own, 1, 1)
        foreign = sup.place / "foreign"
        foreign.mkdir()
        os.chown(foreign, 2, 2)
        link = sup.place / "link"
        link.symlink_to(foreign)
        refused(sup, peer, "docroot-owner", 1, docroot=foreign)
        refused(sup, peer, "docroot-owner", 2, docroot=link)
    missing = refused(sup, peer, "docroot-owner", 3, docroot=sup.place / "missing")
    assert missing.error == 2 and missing.text.endswith("/missing")
    refused(sup, peer, "docroot-owner", 4, docroot=sup.conf)
    refused(sup, peer, "docroot-owner", 5, docroot=f"/proc/self/cwd{sup.place}/own")
    sup.spawn(peer, 6, docroot=own)
    peer.expect(SPAWNED, id=6)
    sup.spawn(peer, 7, docroot="/")  # root's
    peer.expect(SPAWNED, id=7)


@needs_root
def test_document_root_is_not_looked_at_when_told_so(make):
    sup = make(document_root_check="off")
    peer = sup.up()
    sup.spawn(peer, 1, docroot="/no/such/place")
    peer.expect(SPAWNED, id=1)


def test_binary_that_others_may_change_is_refused(sup):
    peer = sup.up()
    for number, (mode, reason, words) in enumerate([
            (0o775, "binary-unsafe", "is writable by group or others"),
            (0o757, "binary-unsafe", "is writable by group or others"),
            (0o4755, "binary-unsafe", "is setuid or setgid"),
            (0o644, "binary-not-executable", "is not executable")], 1):
        sup.lsphp.chmod(mode)
        answer = refused(sup, peer, reason, number)
        assert answer.step == STEP_BINARY
        assert answer.text == f"{sup.lsphp} {words} (owner uid {os.geteuid()}, mode {mode:04o})"
    sup.lsphp.chmod(0o755)
    sup.place.chmod(0o777)
    assert str(sup.place) in refused(sup, peer, "binary-unsafe", 9).text
    sup.place.chmod(0o755)
    real = sup.place / "real"
    sup.lsphp.rename(real)
    refused(sup, peer, "binary-missing", 10)
    sup.lsphp.symlink_to(real)
    assert "symbolic link" in refused(sup, peer, "binary-unsafe", 11).text
    sup.lsphp.unlink()
    real.rename(sup.lsphp)
    sup.spawn(peer, 12)
    peer.expect(SPAWNED, id=12)


@needs_user
def test_failed_fork_is_told_with_step_and_errno(sup):
    """Root has no limit of processes; a daemon of an ordinary user may reach its own."""
    peer = sup.up()
    limits = resource.prlimit(sup.process.pid, resource.RLIMIT_NPROC)
    resource.prlimit(sup.process.pid, resource.RLIMIT_NPROC, (1, limits[1]))
    failed = refused(sup, peer, "process-limit")
    assert (failed.step, failed.error) == (STEP_FORK, errno.EAGAIN)
    assert failed.text == "limit of processes 1"
    resource.prlimit(sup.process.pid, resource.RLIMIT_NPROC, limits)
    sup.spawn(peer, 2)
    peer.expect(SPAWNED, id=2)


def test_failed_exec_is_told_with_step_and_errno(sup):
    sup.lsphp.write_text("#!/no/such/interpreter\n")
    peer = sup.up()
    failed = refused(sup, peer, "exec-failed")
    assert (failed.step, failed.error) == (STEP_EXEC, 2)
    assert str(sup.lsphp).startswith(failed.text) and failed.text
    time.sleep(0.2)
    assert list(descendants(sup.process.pid).values()) == ["S"], "only the manager is left"
    sup.spawn(peer, 2)  # and no EXITED came for the first
    peer.expect(SPAWN_FAILED, id=2)
