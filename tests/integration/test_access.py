# SPDX-License-Identifier: Apache-2.0
"""Who may use which socket: real accounts with and without the groups."""

import json
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from control_client import (CRIU, DENIED, DOCUMENT, RELOAD, SHOW, STATUS, STEER, WELCOME, WHY,
                            Control, blob, reason_of, steer)
from harness import Vhost
from place import APACHE

HERE = Path(__file__).parent
#: an account of nobody in particular, and a group that it is not in
STRANGER, GROUP = "games", "dialout"


def run_as(user, *argv, group=None, **how):
    """As that user: with all of its groups, or with its own and @group."""
    account = pwd.getpwnam(user)
    groups = f"--groups={group}" if group else "--init-groups"
    return subprocess.run(
        ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", groups, *argv],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False, **how)


class Guarded:
    def __init__(self, stack, **settings):
        self.stack = stack(Vhost("a.test", "mail"), start=False)
        self.place, self.daemon = self.stack.place, self.stack.daemon
        self.admin = self.daemon.run / "admin.sock"
        self.daemon.settings.update(admin_socket=self.admin, **settings)
        self.daemon.write_conf()
        # others cannot import from everywhere that a checkout may be
        self.client = self.place.file("client.py", (HERE / "control_client.py").read_text())

    def ctl(self, user, *argv, group=None):
        return run_as(user, str(self.place.bin / "lsapidctl"), *argv, group=group)

    def say(self, user, socket, key, then=(), group=None):
        """Messages, with HELLO before each if there is a key: what lsapid says to that user."""
        done = run_as(user, sys.executable, str(self.client), str(socket), key.hex(),
                      *map(str, then), group=group)
        return json.loads(done.stdout)

    def hello(self, user, socket, group=None, then=()):
        return self.say(user, socket, self.daemon.key.read_bytes(), then, group)

    def wait_refusal(self, user, socket):
        uid = pwd.getpwnam(user).pw_uid
        self.daemon.wait_log(f"peer.refuse uid={uid} ")
        line = next(x for x in self.daemon.text().splitlines() if f"peer.refuse uid={uid} " in x)
        assert f"socket={socket}" in line and " pid=" in line and " remedy=" in line


@pytest.fixture
def guarded(stack):
    return lambda **settings: Guarded(stack, **settings)


def test_member_of_admin_group_may_use_lsapidctl(guarded):
    made = guarded(admin_group=GROUP)
    made.stack.start()
    found = made.admin.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o660, 0)
    where = ("-s", str(made.admin))
    done = made.ctl(STRANGER, *where, "--json", "status", group=GROUP)
    assert done.returncode == 0 and json.loads(done.stdout)["daemon"]["is_privileged"]
    done = made.ctl(STRANGER, *where, "reload", group=GROUP)
    assert (done.returncode, done.stdout) == (0, "the new configuration is in force\n")
    done = made.ctl(STRANGER, *where, "status")
    assert done.returncode == 3 and "admin_group" in done.stdout
    # the socket of Apache is none of theirs
    done = made.ctl(STRANGER, "-s", str(made.daemon.socket), "status", group=GROUP)
    assert done.returncode == 3
    # root may use either
    for socket in (made.admin, made.daemon.socket):
        done = subprocess.run([str(made.place.bin / "lsapidctl"), "-s", str(socket), "status"],
                              stdout=subprocess.PIPE, check=False)
        assert done.returncode == 0
    assert made.daemon.stop() == 0
    assert not made.admin.exists() and not made.daemon.socket.exists()


def test_admin_socket_takes_no_message_of_a_shim(guarded):
    """With the right key, by a member and by root."""
    made = guarded(admin_group=GROUP)
    made.stack.start()
    answer = made.hello(STRANGER, made.admin, group=GROUP)
    assert answer["answer"] == DENIED
    with Control(made.admin) as control:
        answer = control.hello(made.daemon.key.read_bytes())
        assert answer[0] == DENIED and reason_of(answer)[1] == "HELLO"
        assert control.receive() is None
    made.daemon.wait_log("reason=not-authorized detail=HELLO")


def test_groups_are_looked_at_again_behind_the_mode_of_the_socket(guarded):
    """Even if somebody opens it to the world."""
    made = guarded(admin_group=GROUP)
    made.stack.start()
    made.admin.chmod(0o666)
    done = made.ctl(STRANGER, "-s", str(made.admin), "status")
    assert done.returncode == 4, done.stdout
    made.wait_refusal(STRANGER, "admin")
    assert made.ctl(STRANGER, "-s", str(made.admin), "status", group=GROUP).returncode == 0


def test_without_admin_group_there_is_no_second_socket(guarded):
    made = guarded()
    made.stack.start()
    assert not made.admin.exists()
    made.daemon.settings["admin_group"] = GROUP
    made.daemon.write_conf()
    status, output = made.stack.ctl.run("reload")
    assert status == 1 and "admin_group can not change while lsapid runs" in output
    made.daemon.settings["admin_group"] = "no-such-group"
    made.daemon.write_conf()
    status, output = made.daemon.check()
    assert status == 1 and "admin_group 'no-such-group' does not exist" in output


def test_lsapidctl_finds_the_socket_by_itself(guarded):
    """Who is not root gets admin.sock where it is by default."""
    default = Path("/run/lsapid")
    if default.exists():
        pytest.skip("an lsapid is installed here")
    default.mkdir(mode=0o755)
    try:
        made = guarded(admin_group=GROUP)
        made.daemon.settings["admin_socket"] = default / "admin.sock"
        made.daemon.write_conf()
        made.stack.start()
        done = made.ctl(STRANGER, "status", group=GROUP)
        assert done.returncode == 0 and "manager pid" in done.stdout
        done = made.ctl(STRANGER, "status")
        assert done.returncode == 3 and str(default / "admin.sock") in done.stdout
        made.daemon.stop()
    finally:
        for path in default.iterdir():
            path.unlink()
        default.rmdir()


def test_shim_users_may_ask_for_php_with_the_key(guarded):
    """And no longer after a reload that leaves them out; in the group alone is not enough."""
    made = guarded(shim_users=[STRANGER])
    made.stack.start()
    group = made.daemon.settings["apache_group"]
    assert made.hello(APACHE.pw_name, made.daemon.socket)["answer"] == WELCOME
    assert made.hello(STRANGER, made.daemon.socket, group=group)["answer"] == WELCOME
    assert "error" in made.hello(STRANGER, made.daemon.socket)
    # a shim is no administrator
    done = made.ctl(STRANGER, "-s", str(made.daemon.socket), "status", group=group)
    assert done.returncode == 4
    made.daemon.settings["shim_users"] = []
    made.daemon.write_conf()
    assert made.stack.ctl.run("reload")[0] == 0
    assert made.hello(STRANGER, made.daemon.socket, group=group)["answer"] == DENIED
    made.wait_refusal(STRANGER, "control")
    assert made.hello(APACHE.pw_name, made.daemon.socket)["answer"] == WELCOME


def test_apache_with_the_key_may_look_and_not_touch(guarded):
    """For its status page; a script that runs as the same user has no key."""
    made = guarded()
    made.stack.start()
    user, socket = APACHE.pw_name, made.daemon.socket
    assert made.hello(user, socket, then=(STATUS, RELOAD))["then"] == [DOCUMENT, DENIED]
    done = made.ctl(user, "-s", str(socket), "status")
    assert done.returncode == 4, done.stdout


#: each of them would do something, or tell what is none of a site's business
DEEDS = [(STEER, steer(action, 1, b"a.test", 1000)) for action in range(5)] + [
    (STEER, steer(2, 2, b"mail")), (STEER, steer(3, 3)), (STEER, steer(5, 0, b"error")),
    (STEER, steer(6, 0)), (RELOAD, b""), (WHY, blob(b"a.test")), (SHOW, blob(b"pool=a.test\0")),
    (CRIU, b"\3\0\0\0" + blob(b""))]


def test_who_is_no_administrator_steers_nothing(guarded):
    """Neither Apache's user with the key, nor another one with it whom the socket lets in."""
    made = guarded(admin_group=GROUP)
    made.stack.start()
    assert made.stack.get("a.test", "/who.php").status == 200
    before = made.stack.ctl.status()
    made.daemon.socket.chmod(0o666)
    words = [f"{kind}:{body.hex()}" for kind, body in DEEDS]
    for user, key in ((APACHE.pw_name, made.daemon.key.read_bytes()), (STRANGER, b"")):
        said = made.say(user, made.daemon.socket, key, words)
        assert said["then"] == [DENIED] * len(DEEDS), user
    made.daemon.wait_log("reason=not-authorized detail=STEER")
    after = made.stack.ctl.status()
    assert [after["pools"][0][key] for key in ("pid", "is_stopped", "starts")] == \
        [before["pools"][0]["pid"], False, 1]
    assert after["stopped"] == [] and after["config"]["reloads"] == 0
    assert after["daemon"]["log_level"] == before["daemon"]["log_level"]
    # the same by root is done: they were not refused for their form
    with Control(made.daemon.socket) as control:
        assert [control.ask(kind, body)[0] for kind, body in DEEDS] == [DOCUMENT] * len(DEEDS)


def test_check_names_shim_users_that_could_not_connect(guarded):
    made = guarded(shim_users=[STRANGER])
    status, output = made.daemon.check()
    assert status == 1 and f"shim_users '{STRANGER}' is not in apache_group" in output
    assert f"usermod -aG {made.daemon.settings['apache_group']} {STRANGER}" in output
    made.daemon.settings["shim_users"] = ["no-such-user"]
    made.daemon.write_conf()
    status, output = made.daemon.check()
    assert status == 1 and "shim_users 'no-such-user' does not exist" in output
    made.daemon.settings["shim_users"] = [APACHE.pw_name]
    made.daemon.write_conf()
    assert made.daemon.check() == (0, "configuration ok\n")
