# SPDX-License-Identifier: Apache-2.0
"""How many children a pool may have if nobody has said it: less than the account's processes."""

import shutil
from pathlib import Path

import pytest

from harness import Vhost
from holder import Holder
from test_pools import explain

WARNING = "uid limit warning: children should be < NPROC"


class Account:
    """A stack, and a tree like the kernel's with a slice for the owner of a.test."""

    def __init__(self, stack, **how):
        self.stack = stack(Vhost("a.test", "games", **how), start=False)
        self.daemon = self.stack.daemon
        self.uid = self.stack.httpd.vhosts["a.test"].owner.pw_uid
        self.root = self.stack.place.directory("cgroup")
        self.pools = self.stack.place.directory("pools.d")
        self.daemon.settings.update(cgroup_root=self.root, pools_dir=self.pools)
        self.daemon.write_conf()

    def allow(self, pids_max):
        folder = self.root / "user.slice" / f"user-{self.uid}.slice"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pids.max").write_text(f"{pids_max}\n")

    def start(self):
        self.stack.start()
        return self

    def get(self):
        return self.stack.get("a.test", "/who.php").status

    def pool(self):
        pool, = self.stack.ctl.status()["pools"]
        return pool

    def what_php_got(self):
        """LSAPI_CHILDREN of the lsphp parent that runs."""
        parent, = self.daemon.parents()
        entries = Path(f"/proc/{parent.pid}/environ").read_bytes().split(b"\0")
        return [int(e.split(b"=")[1]) for e in entries if e.startswith(b"LSAPI_CHILDREN=")][0]

    def explained(self):
        status, lines = explain(self, "-u", self.stack.httpd.vhosts["a.test"].owner.pw_name,
                                "-v", "a.test")
        assert status == 0
        return [line for line in lines if line.startswith(("children = ", "# uid limit"))]


@pytest.fixture
def account(stack):
    return lambda **how: Account(stack, **how)


@pytest.mark.single_user
@pytest.mark.sanitized
def test_pids_max_of_the_account_lowers_the_default(account):
    """B38: admission and PHP itself go by one less than the slice allows, and it is told why."""
    made = account()
    made.allow(4)
    made.start()
    held = Holder(made.stack, "a.test", 3)
    assert made.get() == 507
    pool = made.pool()
    assert (pool["children"], pool["children_from"]) == (3, "pids.max")
    assert (pool["process_limit"], pool["process_limit_from"]) == (4, "pids.max")
    assert pool["has_uid_limit_warning"] is False and WARNING not in made.daemon.text()
    assert made.what_php_got() == 3
    assert made.explained() == [
        f"children = 3  # default 120, lowered: user-{made.uid}.slice has pids.max 4; "
        "Apache's directives are stronger"]
    held.release()


@pytest.mark.single_user
@pytest.mark.parametrize("pids_max", [None, "max", "10813"])
def test_an_account_that_may_have_more_gets_the_default(account, pids_max):
    made = account()
    if pids_max:
        made.allow(pids_max)
    made.start()
    assert made.get() == 200
    assert (made.pool()["children"], made.pool()["children_from"]) == (120, "default")
    assert made.what_php_got() == 120
    assert made.explained() == ["children = 120  # default; Apache's directives are stronger"]


@pytest.mark.single_user
def test_what_somebody_has_written_is_kept_and_warned_about_once(account):
    """B39: the directive wins, and the administrator reads both figures."""
    made = account()
    made.stack.httpd.extra = "lsapi_backend_children 6"
    made.allow(5)
    made.start()
    assert made.get() == 200
    pool = made.pool()
    assert (pool["children"], pool["children_from"]) == (6, "Apache")
    assert (pool["process_limit"], pool["has_uid_limit_warning"]) == (5, True)
    assert made.what_php_got() == 6
    assert made.stack.ctl.run("reload")[0] == 0
    assert made.get() == 200
    line, = [line for line in made.daemon.text().splitlines() if WARNING in line]
    for words in (" warn ", f"pool_id={pool['id']}", "pool.children ", "pool=a.test", f"uid={made.uid}", "children=6",
                  "children_from=Apache", "nproc=5", "nproc_from=pids.max", "remedy=\"lower"):
        assert words in line
    status, text = made.stack.ctl.run("status")
    assert status == 0 and f"{WARNING}: 6 children (Apache), pids.max is 5" in text


@pytest.mark.single_user
def test_a_pool_file_is_kept_too_and_explained(account):
    made = account()
    owner = made.stack.httpd.vhosts["a.test"].owner.pw_name
    made.allow(5)
    (made.pools / "a.conf").write_text(f'pool "a" {{\n\tuser = "{owner}"\n\tchildren = 9\n}}\n')
    made.start()
    assert made.get() == 200
    assert (made.pool()["children"], made.pool()["children_from"]) == (9, "pool file")
    assert made.daemon.text().count(WARNING) == 1
    assert made.explained() == [f"children = 9  # {made.pools}/a.conf:3",
                                f"# {WARNING}: 9 children, pids.max 5"]


@pytest.mark.single_user
def test_a_changed_limit_is_taken_at_the_reload(account):
    """The pool is replaced, as with any other setting that has changed."""
    made = account()
    made.allow(4)
    made.start()
    assert made.get() == 200
    before, = made.daemon.parents()
    made.allow(7)
    assert made.stack.ctl.run("reload")[0] == 0
    made.daemon.wait_log("config.applied count=")
    assert made.get() == 200
    assert made.pool()["children"] == 6
    held = Holder(made.stack, "a.test", 6)
    assert made.get() == 507
    assert before.pid not in {p.ppid for p in made.daemon.children()}
    assert made.what_php_got() == 6
    held.release()


@pytest.mark.single_user
def test_a_limit_that_changed_while_php_did_not_run_is_taken_at_the_start(account):
    made = account()
    made.daemon.defaults["pgrp_max_idle"] = "1s"
    made.daemon.write_conf()
    made.allow(4)
    made.start()
    assert made.get() == 200
    made.daemon.wait_log("to=cold")
    made.allow(3)
    held = Holder(made.stack, "a.test", 2)
    assert made.get() == 507
    assert (made.pool()["children"], made.what_php_got()) == (2, 2)
    held.release()


@pytest.mark.single_user
def test_a_cgroup_root_that_is_not_there_is_told(account):
    made = account()
    shutil.rmtree(made.root)
    made.start()
    assert made.get() == 200
    assert made.pool()["children"] == 120
    line, = [line for line in made.daemon.text().splitlines() if "manager.cgroups" in line]
    assert str(made.root) in line and "ENOENT" in line


@pytest.mark.parametrize("written, children, origin", [
    ("90", 89, "RLIMIT_NPROC"), ("unlimited", 120, "default")])
def test_limit_nproc_of_the_pool_counts_where_there_is_no_slice(account, written, children, origin):
    made = account()
    (made.pools / "a.conf").write_text(f'pool "a" {{\n\tuser = "games"\n\tlimit_nproc = '
                                       f'{written}\n}}\n')
    made.start()
    assert made.get() == 200
    pool = made.pool()
    assert (pool["children"], pool["children_from"]) == (children, origin)
    assert made.what_php_got() == children
    line, = made.explained()
    assert line.startswith(f"children = {children}  # default")
    assert ("limit_nproc is 90" in line) == (written == "90")


def test_rlimit_nproc_lowers_the_default_where_there_is_no_slice(account):
    made = account()
    argv = made.daemon.argv
    made.daemon.argv = lambda *more: ["/usr/bin/prlimit", "--nproc=100:100", *argv(*more)]
    made.start()
    assert made.get() == 200
    pool = made.pool()
    assert (pool["children"], pool["children_from"]) == (99, "RLIMIT_NPROC")
    assert (pool["process_limit"], pool["process_limit_from"]) == (100, "RLIMIT_NPROC")
    assert made.what_php_got() == 99
    assert made.explained() == ["children = 99  # default 120, lowered: RLIMIT_NPROC is 100 (of "
                                "this process); Apache's directives are stronger"]
