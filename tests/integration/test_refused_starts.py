# SPDX-License-Identifier: Apache-2.0
"""A start that is refused or fails says why at once: to the site's error_log and in status.

One stack, one site and one PHP per case, so that nothing but the case is wrong with it.
"""

import os
import subprocess

import pytest

import town
from harness import HANDLER, Vhost
from holder import Holder
from place import uid_of, wait_until
from stack import Stack

#: accounts of this run alone: RLIMIT_NPROC counts the processes of a user on the whole machine
FIRST_UID = town.FIRST_UID + 1000 * (1 + os.getpid() % 200)
OWNER, CROWDED, BARREN, HOMELESS, OTHER, GROWING = range(6)


class Case:
    """A site whose PHP can not be started."""

    def __init__(self, name, reason, detail, spoil=None, owner=OWNER, extra="", docroot=None):
        self.name = name
        self.reason = reason
        self.detail = detail  # with {binary}, its {directory}, {docroot} and {home}
        self.spoil = spoil    # what is done to the binary
        self.owner = owner
        self.extra = extra
        self.docroot = docroot

    @property
    def host(self):
        return f"{self.name}.test"


def write(text):
    def spoil(path):
        path.write_bytes(text)
    return spoil


def link(path):
    real = path.with_name(path.name + "-real")
    path.rename(real)
    path.symlink_to(real)


CASES = [
    Case("missing", "binary-missing", "step binary, ENOENT: {binary} does not exist",
         lambda p: p.unlink()),
    Case("no-exec", "binary-not-executable",
         "step binary, refused: {binary} is not executable (owner uid 0, mode 0644)",
         lambda p: p.chmod(0o644)),
    Case("writable", "binary-unsafe",
         "{binary} is writable by group or others (owner uid 0, mode 0757)",
         lambda p: p.chmod(0o757)),
    Case("setuid", "binary-unsafe", "{binary} is setuid or setgid (owner uid 0, mode 4755)",
         lambda p: p.chmod(0o4755)),
    Case("setgid", "binary-unsafe", "{binary} is setuid or setgid (owner uid 0, mode 2755)",
         lambda p: p.chmod(0o2755)),
    Case("group-writable", "binary-unsafe",
         "{binary} is writable by group or others (owner uid 0, mode 0775)",
         lambda p: p.chmod(0o775)),
    Case("loose-directory", "binary-unsafe",
         "{directory} is writable by group or others (owner uid 0, mode 0777)",
         lambda p: p.parent.chmod(0o777)),
    Case("foreign-directory", "binary-unsafe",
         "{directory} belongs to another user (owner uid %d, mode 0755)" % (FIRST_UID + OTHER),
         lambda p: os.chown(p.parent, FIRST_UID + OTHER, 0)),
    Case("foreign", "binary-unsafe", "{binary} belongs to another user (owner uid %d, mode 0755)"
         % (FIRST_UID + OTHER), lambda p: os.chown(p, FIRST_UID + OTHER, 0)),
    Case("link", "binary-unsafe", "{binary} is a symbolic link", link),
    Case("directory", "binary-unsafe", "{binary} is of the wrong kind",
         lambda p: (p.unlink(), p.mkdir())),
    Case("no-format", "exec-failed", "step exec, ENOEXEC: {binary}", write(b"\0\1\2\3" * 50)),
    Case("no-interpreter", "exec-failed", "step exec, ENOENT: {binary}",
         write(b"#!/no/such/interpreter\n")),
    Case("closed-interpreter", "exec-failed", "step exec, EACCES: {binary}",
         write(b"#!/etc/passwd\n")),
    Case("exits", "start-exited", "exited with status 3", write(b"#!/bin/sh\nexit 3\n")),
    Case("killed", "start-exited", "was killed by signal 9", write(b"#!/bin/sh\nkill -9 $$\n")),
    Case("no-user", "user-unknown", "uid 60999 gid 60999", extra="lsapi_uid_gid 60999 60999",
         owner=None),
    Case("docroot", "docroot-owner", "step policy, refused: {docroot}", docroot=OTHER),
    Case("no-home", "home-missing",
         "step policy, ENOENT: {home} of uid %d" % (FIRST_UID + HOMELESS), owner=HOMELESS),
    Case("crowded", "process-limit", "step exec, EAGAIN: {binary} (uid %d, limit_nproc 1)"
         % (FIRST_UID + CROWDED), owner=CROWDED),
    Case("barren", "process-limit", "can not fork a child for uid %d, limit_nproc 1"
         % (FIRST_UID + BARREN), owner=BARREN),
]


class Refusals:
    """A stack in which every site but two has something wrong with its PHP."""

    def __init__(self):
        self.stack = Stack([], start=False, settings={"home_check": "on", "uid_min": 1})
        place, daemon, httpd = self.stack.place, self.stack.daemon, self.stack.httpd
        self.town = town.Town(place, 6, FIRST_UID)
        daemon.prefix = httpd.prefix = self.town.prefix()
        self.vhosts = {v.owner.pw_uid - FIRST_UID: v for v in self.town.vhosts()}
        self.homeless = self.town.homes / "none"
        passwd = place.path / "etc/passwd"
        passwd.write_text(passwd.read_text().replace(f"{self.town.homes}/u{HOMELESS}:",
                                                     f"{self.homeless}:"))
        healthy = (place.bin / "lsphp").read_bytes()
        self.binaries = {}
        for case in CASES:
            self.add(case, healthy)
        for name, owner in (("good", OWNER), ("growing", GROWING)):
            self.site(f"{name}.test", owner)
        directory = place.directory("pools.d")
        place.file(directory / "few.conf", "".join(
            f"pool u{owner} {{ user = u{owner}\n limit_nproc = {limit}\n children = 10\n }}\n"
            for owner, limit in ((CROWDED, 1), (BARREN, 1), (GROWING, 3))))
        daemon.settings["pools_dir"] = directory
        daemon.write_conf()

    def site(self, host, owner, extra=""):
        account = self.town.owners[owner or 0]
        vhost = Vhost(host, account if owner is not None else None, group=account.pw_name,
                      extra=extra)
        self.stack.httpd.vhosts[host] = vhost
        self.stack.httpd.prepare(vhost)
        return vhost

    def add(self, case, healthy):
        place = self.stack.place
        path = place.file(place.directory(f"php-{case.name}") / "lsphp", healthy, mode=0o755)
        if case.spoil:
            case.spoil(path)
        handler = f"{HANDLER}-{case.name}"
        self.stack.daemon.handlers[handler] = (path, [])
        self.binaries[case.name] = path
        vhost = self.site(case.host, case.owner, f"AddType {handler} .php\n{case.extra}")
        if case.docroot is not None:
            os.chown(vhost.docroot, FIRST_UID + case.docroot, 0)

    def get(self, host, target="/who.php"):
        return self.stack.get(host, target, timeout=20).status

    def pool(self, name):
        return next(p for p in self.stack.ctl.status()["pools"] if p["name"] == name)


@pytest.fixture(scope="module")
def refusals():
    reason = town.why_impossible()
    if reason:
        pytest.skip(f"no mount namespace here: {reason}")
    made = Refusals()
    uid = FIRST_UID + CROWDED
    crowd = [subprocess.Popen(["setpriv", "--reuid", str(uid), "--clear-groups", "sleep", "600"])
             for _ in range(3)]
    try:
        wait_until(lambda: all(uid_of(p.pid) == uid for p in crowd), 5,
                   "processes of that user")
        made.stack.start()
        yield made
    finally:
        for process in crowd:
            process.kill()
            process.wait()
        made.stack.end()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refused_start_says_why_at_once(refusals, case):
    """Reason, path or figures, and what to do, in both places, by the first request."""
    docroot = refusals.stack.httpd.vhosts[case.host].docroot
    binary = refusals.binaries[case.name]
    words = case.detail.format(binary=binary, directory=binary.parent, docroot=docroot,
                               home=refusals.homeless)
    assert refusals.get(case.host) == 503
    refusals.stack.httpd.wait_log(words, case.host)
    line = next(x for x in refusals.stack.httpd.text(case.host).splitlines() if words in x)
    assert f": {case.reason}: " in line, line
    failure = wait_until(lambda: refusals.pool(case.host).get("failure"), 5, "the failed pool")
    assert failure["reason"] == case.reason
    assert words in failure["detail"]
    assert failure["remedy"] and failure["remedy"] in line
    # and so are those told who come while it waits for its next try
    assert refusals.get(case.host) == 503


def test_other_sites_do_not_notice(refusals):
    assert refusals.get("good.test") == 200


def test_home_check_is_off_unless_asked_for(refusals):
    refusals.stack.daemon.settings["home_check"] = "off"
    refusals.stack.daemon.write_conf()
    assert refusals.stack.ctl.run("reload")[0] == 0
    wait_until(lambda: refusals.get("no-home.test") == 200, 10, "PHP without a home")


def test_pool_that_can_grow_no_more_tells_so_and_serves_on(refusals):
    """Processes run out while it serves: what it has goes on, and who wants more is told why."""
    made = refusals.stack
    held = Holder(made, "growing.test", 2)
    assert [refusals.get("growing.test") for _ in range(3)] == [503] * 3
    made.httpd.wait_log(": process-limit: ", "growing.test")
    assert f"can not fork a child for uid {FIRST_UID + GROWING}, limit_nproc 3" in \
        made.httpd.text("growing.test")
    made.daemon.wait_log("pool.no_fork")
    pool = refusals.pool("growing.test")
    assert pool["state"] == "ready" and pool["unborn"] >= 3
    assert held.release() == [(200, b"end0"), (200, b"end1")]
    assert refusals.get("growing.test") == 200
