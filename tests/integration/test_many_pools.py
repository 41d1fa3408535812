# SPDX-License-Identifier: Apache-2.0
"""Ten thousand sites that nobody visits: little memory, and no time at all."""

from pathlib import Path

import pytest

import control_client as control
from harness import HANDLER
from place import IS_SANITIZED, wait_until

POOLS = 1000 if IS_SANITIZED else 10000
FOR_EVER = 0xffffffff  # -1 as the kernel shows an int


def learn(peer, count):
    """Ask for pools as the module would for the sites of a hosting company."""
    for i in range(count):
        answer = peer.pool(handler=HANDLER, uid=100000 + i, gid=100000 + i, scope="vhost",
                           name=f"site{i}.example.org", children=20,
                           docroot=f"/home/user{i}/public_html")
        assert answer[0] == control.POOL_OK, control.reason_of(answer)


def rss_anon_kib(pid):
    """What a process has allocated."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


def sleeps_for_ever(pid, timeout_at):
    """Does it wait for a descriptor in a system call that has no time-out?

    Whoever does something periodically has a timer, and gives its time to epoll_wait(2) or poll(2).
    """
    words = Path(f"/proc/{pid}/syscall").read_text().split()
    return len(words) > timeout_at and int(words[timeout_at], 16) & FOR_EVER == FOR_EVER


def sleeps_ms(pid, timeout_at):
    """For how long; 0 if it does not."""
    words = Path(f"/proc/{pid}/syscall").read_text().split()
    return int(words[timeout_at], 16) & FOR_EVER if len(words) > timeout_at else 0


@pytest.mark.sanitized
@pytest.mark.deadline(300)
def test_known_pools_cost_little_memory_and_no_time(stack):
    made = stack(start=False, settings={"log_level": "notice"})
    made.daemon.start()
    manager = made.daemon.manager()
    before = rss_anon_kib(manager)
    with control.Control(made.daemon.socket, timeout=60) as peer:
        assert peer.hello(made.daemon.key.read_bytes())[0] == control.WELCOME
        learn(peer, POOLS)
        totals = made.ctl.status()["totals"]
        assert (totals["pools"], totals["pools_by_state"]["cold"]) == (POOLS, POOLS)
        grown = rss_anon_kib(manager) - before
        assert IS_SANITIZED or grown * 1024 / POOLS < 2048, f"{grown} KiB for {POOLS} pools"
        # the daemon looks once more within a second after an event; then it has nothing to do
        wait_until(lambda: sleeps_for_ever(manager, 4), 10, "a manager without a timer")
        # which asks the manager twice a minute whether it lives, and does nothing in between
        wait_until(lambda: sleeps_ms(made.daemon.pid, 3) > 10000, 20, "a supervisor that rests")
    # their Apache has ended: from now on there is one timer for all of them
    wait_until(lambda: made.ctl.status()["totals"]["sessions"] == 0, 10, "the session's end")
    assert not sleeps_for_ever(manager, 4)
    assert made.ctl.status()["totals"]["pools"] == POOLS
