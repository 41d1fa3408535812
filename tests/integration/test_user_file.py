# SPDX-License-Identifier: Apache-2.0
"""~/.lsapid.conf: what a site's owner may tighten, and what nobody's file can do to others."""

import ctypes
import json
import os
import socket
import subprocess
import threading

import pytest

from harness import IS_FOREIGN_LSPHP, Vhost
from place import descendants, environ_of, wait_until
from supervisor_peer import Message, encode_spec, memfd, needs_root

USER_FILE, USER_FILE_DATA = 22, 23
ABSENT, FOUND, BAD = 0, 1, 2

SCRIPT = "<?php echo json_encode(['ppid' => posix_getppid(), 'a' => getenv('A')]);"


class Site:
    """One stack with the sites of users whose homes are the test's."""

    def __init__(self, stack, accounts, *extras, **how):
        self.users = [accounts.add() for _ in extras or ("",)]
        vhosts = [Vhost(f"{'abc'[i]}.test", user.pw_name, extra=extra)
                  for i, (user, extra) in enumerate(zip(self.users, extras or ("",)))]
        how.setdefault("defaults", {}).setdefault("user_file", True)
        self.stack = stack(*vhosts, start=False, **how)
        self.daemon = self.stack.daemon
        for vhost in vhosts:
            self.stack.place.file(vhost.docroot / "env.php", SCRIPT, vhost.owner)

    def home(self, i=0):
        return self.users[i].pw_dir

    def own(self, text, i=0, mode=0o644):
        path = os.path.join(self.home(i), ".lsapid.conf")
        return self.stack.place.file(path, text, self.users[i], mode)

    def start(self):
        self.stack.start()
        return self

    def get(self, vhost="a.test"):
        answer = self.stack.get(vhost, "/env.php")
        assert answer.status == 200, self.stack.logs()
        return json.loads(answer.text)

    def environ(self, vhost="a.test"):
        """What lsapid gave to the lsphp parent."""
        return environ_of(self.get(vhost)["ppid"])

    def pool(self, name="a.test"):
        return next(p for p in self.stack.ctl.status()["pools"] if p["name"] == name)

    def explain(self, i=0, vhost="a.test"):
        done = subprocess.run(
            self.daemon.argv("--explain", "-u", self.users[i].pw_name, "-v", vhost),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env=self.daemon.environ(None))
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()


# the accounts go when the processes of the stack have gone: they are asked for first
@pytest.fixture
def site(accounts, stack):
    return lambda *extras, **how: Site(stack, accounts, *extras, **how)


def test_each_key_reaches_php(site):
    made = site("lsapi_backend_children 30", defaults={"user_ini": True, "max_idle": 0})
    path = made.own("""children = 4
        max_idle = 2m
        pgrp_max_idle = 25s
        max_reqs = 77
        max_process_time = 90s
        user_ini = off
        nice = 7
        env = { "A=mine", "B=x y" }
        """)
    made.start()
    got = made.environ()
    wanted = {"LSAPI_CHILDREN": "4", "LSAPI_MAX_IDLE": "120", "LSAPI_MAX_REQS": "77",
              "LSAPI_MAX_PROCESS_TIME": "90", "A": "mine", "B": "x y"}
    assert {key: got.get(key) for key in wanted} == wanted
    assert "LSPHP_ENABLE_USER_INI" not in got
    assert made.get()["a"] == "mine"
    pool = made.pool()
    assert (pool["children"], pool["user_file"], pool["user_file_problem"]) == (4, str(path), "")
    lines = made.explain()
    assert f"# user file {path}" in lines
    assert f"children = 4  # {path}:1" in lines
    assert f"env.B = x y  # {path}:8" in lines
    assert os.getpriority(os.PRIO_PROCESS, made.get()["ppid"]) == 7


def test_children_limit_what_is_served_at_once(site):
    made = site()
    made.own("children = 2\n")
    made.start()
    made.get()
    docroot = made.stack.httpd.vhosts["a.test"].docroot
    threads = [threading.Thread(target=made.stack.get, args=("a.test", f"/hold.php?name={i}"))
               for i in range(2)]
    for i, thread in enumerate(threads):
        thread.start()
        wait_until((docroot / f"{i}.running").exists, 10, "the script's start")
    assert made.stack.get("a.test", "/env.php").status == 507
    for i, thread in enumerate(threads):
        (docroot / f"{i}.go").touch()
        thread.join(10)


def test_queue_length_limits_who_waits(site):
    made = site(defaults={"when_busy": "queue"})
    made.own("children = 2\nqueue_length = 1\n")
    made.start()
    made.get()
    docroot = made.stack.httpd.vhosts["a.test"].docroot
    threads = [threading.Thread(target=made.stack.get, args=("a.test", f"/hold.php?name={i}"))
               for i in range(3)]
    for i, thread in enumerate(threads):
        thread.start()
        if i < 2:
            wait_until((docroot / f"{i}.running").exists, 10, "the script's start")
    wait_until(lambda: made.pool()["waiting"] == 1, 10, "the one that waits")
    assert made.stack.get("a.test", "/env.php").status == 507
    for i in range(3):
        (docroot / f"{i}.go").touch()
    for thread in threads:
        thread.join(10)


def test_pgrp_max_idle_ends_the_pool(site):
    made = site(defaults={"pgrp_max_idle": 0})
    made.own("pgrp_max_idle = 1\n")
    made.start()
    made.get()
    wait_until(lambda: made.pool()["state"] == "cold", 10, "the end of the pool")
    # and the next start reads the file anew
    made.own('env = { "A=later" }\n')
    assert made.get()["a"] == "later"
    assert made.pool()["children"] == 120


@pytest.mark.parametrize("line, count", [("max_lifetime = 1s", "lifetimes"),
                                         ("max_memory = 64K", "recycled")])
def test_lifetime_and_memory_replace(site, line, count):
    made = site(defaults={"max_lifetime": "7d"})
    made.own(line + "\n")
    made.start()
    wait_until(lambda: made.get() and made.pool()[count] >= 1, 30, count)
    assert made.pool()["failures"] == 0 and made.pool()["user_file_problem"] == ""


def test_nothing_gets_looser(site):
    made = site('lsapi_backend_children 5\nlsapi_set_env A apache', defaults={"max_idle": 60})
    path = made.own("""children = 50
        max_idle = 0
        max_reqs = 10000
        max_process_time = 7d
        user_ini = on
        nice = -5
        env = { "A=mine" }
        """)
    made.start()
    got = made.environ()
    wanted = {"LSAPI_CHILDREN": "5", "LSAPI_MAX_IDLE": "60", "LSAPI_MAX_REQS": "10000",
              "LSAPI_MAX_PROCESS_TIME": "300", "A": "apache"}
    assert {key: got.get(key) for key in wanted} == wanted
    assert "LSPHP_ENABLE_USER_INI" not in got
    assert os.getpriority(os.PRIO_PROCESS, made.get()["ppid"]) == os.getpriority(
        os.PRIO_PROCESS, made.daemon.pid)
    assert made.pool()["user_file_problem"] == ""
    lines = made.explain()
    assert any(line.startswith("max_idle = 60 ") and line.endswith("user file, line 2, asks for 0")
               for line in lines), lines
    # Apache's own 5 is not known there: what lsapid.conf gives is 120
    assert any(line == f"children = 50  # {path}:1" for line in lines), lines


def test_sections_speak_of_virtual_hosts(accounts, stack):
    user = accounts.add()
    made = stack(Vhost("a.test", user.pw_name), Vhost("b.test", user.pw_name),
                 defaults={"user_file": True})
    made.place.file(f"{user.pw_dir}/.lsapid.conf",
                    "children = 9\npool b { vhosts = { B.test } children = 3 }\n", user)
    for name in ("a.test", "b.test"):
        assert made.get(name, "/who.php").status == 200
    assert {p["name"]: p["children"] for p in made.ctl.status()["pools"]} == \
        {"a.test": 9, "b.test": 3}


def test_switched_off_costs_nothing(site):
    """Off is what it is without a word; a pool file may switch it on for one user."""
    made = site("", "", defaults={"user_file": False})
    made.own("children = 3\n")
    made.own("children = 3\n", 1)
    pools = made.stack.place.directory("pools.d")
    made.daemon.settings["pools_dir"] = pools
    made.daemon.write_conf()
    made.stack.place.file(pools / "b.conf",
                          f"pool b {{ user = {made.users[1].pw_name} user_file = on }}\n")
    made.start()
    assert made.environ("a.test")["LSAPI_CHILDREN"] == "120"
    assert "USER_FILE" not in made.daemon.text()
    assert made.pool("a.test")["user_file"] == ""
    assert not [line for line in made.explain() if "user file" in line]
    assert made.environ("b.test")["LSAPI_CHILDREN"] == "3"


def link(path):
    os.symlink("/etc/passwd", path)


def hard_link(path):
    os.link(path.parent / "x", path)


def fifo(path):
    os.mkfifo(path)


def directory(path):
    path.mkdir()


def huge(path):
    path.write_bytes(b"\n" * 20000)


def foreign(path):
    path.write_text("children = 3\n")
    os.chown(path, 0, 0)


def writable(path):
    path.write_text("children = 3\n")
    path.chmod(0o666)


def closed(path):
    path.write_text("children = 3\n")
    path.parent.chmod(0)
    os.chown(path.parent, 0, 0)


def open_to_all(path):
    path.write_text("children = 3\n")
    path.parent.chmod(0o777)


def mistake(path):
    path.write_text("children = 3\nphp_admin = 1\n")


def preload(path):
    path.write_text('children = 3\nenv = { "LD_PRELOAD=/tmp/x.so" }\n')


BROKEN = {link: "is a symbolic link", hard_link: "has another name", fifo: "is not a regular file",
          directory: "is not a regular file", huge: "is larger than 16 KiB",
          foreign: "belongs to another user", writable: "is writable by group or others",
          closed: "cannot be entered by its user", open_to_all: "or all may write",
          mistake: ":2: no such option 'php_admin'; the keys of this file are vhosts, children",
          preload: ":2: env has 'LD_PRELOAD=/tmp/x.so', which this file cannot set"}


@pytest.mark.parametrize("make", BROKEN, ids=lambda make: make.__name__)
def test_bad_file_is_left_out_and_told(site, make):
    made = site()
    path = made.own("") .parent / "x"
    made.stack.place.file(path, "children = 3\n", made.users[0])
    os.unlink(made.home() + "/.lsapid.conf")
    make(path.parent / ".lsapid.conf")
    own = path.parent / ".lsapid.conf"
    if make not in (link, foreign, closed):
        os.chown(own, made.users[0].pw_uid, made.users[0].pw_gid)
    made.start()
    try:
        assert made.environ()["LSAPI_CHILDREN"] == "120"
        problem = made.pool()["user_file_problem"]
        assert problem.startswith(str(own)) and BROKEN[make] in problem
        assert made.pool()["user_file"] == ""
        made.daemon.wait_log("user_file.problem")
        assert made.daemon.text().count("user_file.problem") == 1
        assert any("user file left out: " in line and BROKEN[make] in line
                   for line in made.explain())
        assert BROKEN[make] in made.stack.ctl.run("status")[1]
    finally:
        path.parent.chmod(0o755)


def test_last_good_version_goes_on(site):
    made = site(defaults={"pgrp_max_idle": 1})
    made.own("children = 3\n")
    made.start()
    assert made.environ()["LSAPI_CHILDREN"] == "3"
    path = made.own("children = 4\nchildren = all\n")
    wait_until(lambda: made.pool()["state"] == "cold", 10, "the end of the pool")
    assert made.environ()["LSAPI_CHILDREN"] == "3"
    assert made.pool()["user_file"] == str(path)
    assert f"{path}:2: children is 'all'" in made.pool()["user_file_problem"]


@pytest.mark.parametrize("has_home", [True, False])
def test_no_file_is_no_problem(accounts, stack, has_home):
    user = accounts.add(has_home)
    made = stack(Vhost("a.test", user.pw_name), defaults={"user_file": True})
    assert made.get("a.test", "/who.php").status == 200
    assert "user_file.problem" not in made.daemon.text()
    pool, = made.ctl.status()["pools"]
    assert (pool["user_file"], pool["user_file_problem"]) == ("", "")


def test_home_behind_a_link_of_the_administrator(site):
    made = site()
    made.own("children = 3\n")
    real = made.home() + ".real"
    os.rename(made.home(), real)
    os.symlink(real, made.home())
    made.start()
    assert made.environ()["LSAPI_CHILDREN"] == "3"


# --- a home that hangs ---------------------------------------------------------------------------

FAN_CLASS_CONTENT, FAN_CLOEXEC, FAN_NONBLOCK, FAN_MARK_ADD, FAN_OPEN_PERM = 4, 1, 2, 1, 0x10000


class Hang:
    """Who opens the file waits for our permission, in the kernel, as on a dead server."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, os.O_RDONLY)
        if self.fd < 0 or libc.fanotify_mark(self.fd, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_PERM),
                                             -100, os.fsencode(path)):
            pytest.skip(f"fanotify: {os.strerror(ctypes.get_errno())}")

    def end(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


@pytest.fixture
def hang():
    made = []
    yield lambda path: made.append(Hang(path)) or made[-1]
    for one in made:
        one.end()


def reader_of(made):
    """The child that reads: it still has the name of lsapid, and is not the manager."""
    return [p.pid for p in descendants(made.daemon.pid)
            if p.state != "Z" and p.cmdline.startswith(str(made.stack.place.bin / "lsapid") + " ")]


def test_home_that_hangs_keeps_nobody(site, hang):
    """PHP starts without the file when its time is over; other sites do not notice."""
    made = site("", "")
    path = made.own("children = 3\n")
    made.own("children = 4\n", 1)
    made.start()
    held = hang(path)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(made.get("a.test")))
    thread.start()
    pid, = wait_until(lambda: reader_of(made), 10, "the reader")
    # who it is: that user for good, and traced by nobody
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        facts = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    user = made.users[0]
    assert facts["Uid"].split() == [str(user.pw_uid)] * 4
    assert facts["Gid"].split() == [str(user.pw_gid)] * 4
    assert facts["Groups"].split() == [str(user.pw_gid)]
    assert int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0, "it can be traced"
    assert {os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0]
            for fd in os.listdir(f"/proc/{pid}/fd")} <= {"/dev/null", "pipe", made.home()}
    assert made.environ("b.test")["LSAPI_CHILDREN"] == "4"
    assert not answers and reader_of(made) == [pid]
    thread.join(20)
    assert answers and made.environ("a.test")["LSAPI_CHILDREN"] == "120"
    assert "could not be read within 2 s" in made.pool("a.test")["user_file_problem"]
    wait_until(lambda: not reader_of(made), 5, "the end of the reader")
    held.end()


def test_stop_does_not_wait_for_a_home_that_hangs(site, hang):
    made = site()
    held = hang(made.own("children = 3\n"))
    made.start()
    thread = threading.Thread(target=made.stack.get, args=("a.test", "/env.php"))
    thread.start()
    wait_until(lambda: reader_of(made), 10, "the reader")
    assert made.daemon.stop() == 0
    assert not reader_of(made)
    thread.join(20)
    held.end()


def test_explain_does_not_wait_either(site, hang):
    made = site()
    held = hang(made.own("children = 3\n"))
    assert any("could not be read within 2 s" in line for line in made.explain())
    held.end()


# --- what a manager may ask ----------------------------------------------------------------------


def ask(sup, peer, number, **more):
    fd = memfd(encode_spec(sup.entries(**more)))
    peer.send(Message(USER_FILE, id=number), [fd])
    os.close(fd)
    answer = peer.expect(USER_FILE_DATA, id=number)
    path, _, text = os.pread(answer.fds[0], 1 << 16, 0).partition(b"\0")
    os.close(answer.fds[0])
    return answer.status, path.decode(), text.decode()


@needs_root
def test_manager_gets_only_what_policy_allows(accounts, make):
    user = accounts.add()
    with open(f"{user.pw_dir}/.lsapid.conf", "w", encoding="ascii") as file:
        file.write("secret")
    os.chown(f"{user.pw_dir}/.lsapid.conf", user.pw_uid, user.pw_gid)
    ids = {"uid": user.pw_uid, "gid": user.pw_gid}
    sup = make()
    sup.write_conf("defaults { user_file = on }\n")
    peer = sup.up()
    assert ask(sup, peer, 1, **ids) == (FOUND, f"{user.pw_dir}/.lsapid.conf", "secret")
    assert ask(sup, peer, 2, uid=0, gid=0) == (ABSENT, "", "")
    assert ask(sup, peer, 3, uid=user.pw_uid, gid=0) == (ABSENT, "", "")
    assert ask(sup, peer, 4, **ids, handler="none") == (ABSENT, "", "")
    assert ask(sup, peer, 5, uid=4000000, gid=user.pw_gid) == (ABSENT, "", "")
    assert "secret" not in sup.text()
    # off: the supervisor decides by its own configuration
    off = make()
    peer = off.up()
    assert ask(off, peer, 1, **ids, user_file=1) == (ABSENT, "", "")


@needs_root
@pytest.mark.parametrize("what", ["unsealed", "pipe", "zero"])
def test_manager_that_asks_wrongly_is_replaced(make, what):
    sup = make()
    peer = sup.up()
    fd = memfd(encode_spec(sup.entries()), seals=0 if what == "unsealed" else 7 << 1)
    if what == "pipe":
        os.close(fd)
        fd = os.pipe()[0]
    peer.send(Message(USER_FILE, id=0 if what == "zero" else 1), [fd])
    sup.wait_log("manager.killed")
    with pytest.raises((ConnectionResetError, AssertionError, socket.timeout)):
        peer.expect(USER_FILE_DATA)


if IS_FOREIGN_LSPHP:
    pytestmark = pytest.mark.skip("of lsapid alone: any lsphp will do")
