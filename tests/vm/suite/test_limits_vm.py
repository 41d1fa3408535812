# SPDX-License-Identifier: Apache-2.0
"""Limits of processes that a real kernel and a real systemd keep: pids.max of cgroup v2."""

from pathlib import Path

import pytest

from harness import Vhost
from holder import Holder
from place import wait_until
from service import must

CGROUPS = Path("/sys/fs/cgroup")


class Account:
    """A site of an account, and the slice that systemd makes for it."""

    def __init__(self, accounts, stack):
        self.owner = accounts.add()
        self.slice = f"user-{self.owner.pw_uid}.slice"
        self.stack = stack(Vhost("a.test", self.owner), start=False)

    def log_in(self):
        """As long as anything runs in it, systemd keeps the slice."""
        must("systemd-run", "--quiet", "--collect", f"--slice={self.slice}",
             f"--uid={self.owner.pw_uid}", "sleep", "infinity")

    def allow(self, tasks):
        must("systemctl", "set-property", "--runtime", self.slice, f"TasksMax={tasks}")

    def figure(self):
        """What the kernel goes by."""
        return (CGROUPS / "user.slice" / self.slice / "pids.max").read_text().strip()

    def get(self):
        return self.stack.get("a.test", "/who.php").status

    def pool(self):
        pool, = self.stack.ctl.status()["pools"]
        return pool

    def why(self):
        status, text = self.stack.ctl.run("why", "a.test")
        assert status == 0, text
        return text


@pytest.fixture
def account(accounts, stack):
    made = Account(accounts, stack)
    yield made
    must("systemctl", "stop", made.slice)
    must("systemctl", "revert", made.slice)


def test_tasks_max_of_the_account_is_the_limit_of_its_pool(account):
    """B38: one child less than its slice may have tasks; more is 507 at once, with the figures."""
    made = account
    made.allow(4)
    made.log_in()
    assert made.figure() == "4"
    made.stack.start()
    held = Holder(made.stack, "a.test", 3)
    assert made.get() == 507
    made.stack.httpd.wait_log("Connect to backend rejected", "a.test")
    assert len(made.stack.daemon.children()) == 3
    pool = made.pool()
    assert (pool["children"], pool["children_from"]) == (3, "pids.max")
    assert (pool["process_limit"], pool["process_limit_from"]) == (4, "pids.max")
    assert "3 of 3 children in use" in made.why()
    assert held.release() == [(200, f"end{i}".encode()) for i in range(3)]
    assert made.get() == 200


def test_a_slice_without_a_limit_is_none(account):
    made = account
    made.allow("infinity")
    made.log_in()
    assert made.figure() == "max"
    made.stack.start()
    assert made.get() == 200
    assert (made.pool()["children"], made.pool()["children_from"]) == (120, "default")


def test_a_changed_limit_counts_from_the_reload_on(account):
    made = account
    made.allow(3)
    made.log_in()
    made.stack.start()
    assert (made.get(), made.pool()["children"]) == (200, 2)
    made.allow(6)
    assert made.stack.ctl.run("reload")[0] == 0
    made.stack.daemon.wait_log("config.applied count=")
    assert (made.get(), made.pool()["children"]) == (200, 5)
    held = Holder(made.stack, "a.test", 5)
    assert made.get() == 507
    held.release()


class Crowd:
    """A daemon in a scope of its own, whose tasks are counted with those of all its PHP."""

    unit = "lsapid-test.scope"

    def __init__(self, made):
        self.made = made
        # it becomes lsapid: the same pid, and still our child
        made.daemon.prefix = ["systemd-run", "--scope", "--quiet", f"--unit={self.unit}"]

    @property
    def path(self):
        return CGROUPS / "system.slice" / self.unit

    def allow(self, more):
        """Room for so many tasks, besides those that are there."""
        now = int((self.path / "pids.current").read_text())
        must("systemctl", "set-property", "--runtime", self.unit, f"TasksMax={now + more}")
        assert (self.path / "pids.max").read_text() == f"{now + more}\n"

    def refused(self):
        """How many the kernel has refused."""
        return int((self.path / "pids.events").read_text().split()[1])


@pytest.fixture
def crowd(stack):
    return Crowd(stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), start=False))


def test_no_task_left_to_start_php_is_a_503_that_says_so(crowd):
    """The kernel refuses the fork: 503 with reason and remedy; with room again it serves."""
    made = crowd.made
    made.start()
    assert made.get("a.test", "/who.php").status == 200
    crowd.allow(0)
    assert made.get("b.test", "/who.php").status == 503
    assert crowd.refused() > 0
    made.httpd.wait_log(": process-limit: ", "b.test")
    assert "pids.max" in made.httpd.text("b.test")
    assert made.get("a.test", "/who.php").status == 200, "what runs goes on"
    crowd.allow(20)
    wait_until(lambda: made.get("b.test", "/who.php").status == 200, 30, "PHP in the new room")


def test_no_task_left_for_a_child_is_a_503_and_the_pool_serves_on(crowd):
    """The parent of the pool can not fork: who wants more is told why, who has a child keeps it."""
    made = crowd.made
    made.start()
    held = Holder(made, "a.test", 1)
    crowd.allow(0)
    assert made.get("a.test", "/who.php").status == 503
    assert crowd.refused() > 0
    made.httpd.wait_log(": process-limit: ", "a.test")
    made.daemon.wait_log("pool.no_fork")
    assert held.release() == [(200, b"end0")]
    assert made.get("a.test", "/who.php").status == 200
