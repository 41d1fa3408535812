# SPDX-License-Identifier: Apache-2.0
"""At its limit a pool refuses at once and says so; its neighbours notice nothing."""

import threading
import time

import pytest

from harness import Vhost
from holder import Holder
from place import wait_until

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]


def test_full_pool_rejects_with_507(stack):
    """B03: 507 at once, with the words that administrators look for."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 extra="lsapi_backend_children 3")
    held = Holder(made, "a.test", 3)
    began = time.monotonic()
    for _ in range(5):
        assert made.get("a.test", "/who.php").status == 507
    assert time.monotonic() - began < 2
    made.httpd.wait_log("Connect to backend rejected", "a.test")
    # without root both sites are one account's, but still two pools
    assert made.get("b.test", "/who.php").status == 200
    assert held.release() == [(200, b"end0"), (200, b"end1"), (200, b"end2")]
    assert made.get("a.test", "/who.php").status == 200


def test_queue_mode_waits_for_a_free_child(stack):
    """B04: with lsapi_disable_reject_mode On the request waits until a child is free."""
    made = stack(Vhost("a.test", "games",
                       extra="lsapi_disable_reject_mode On"), extra="lsapi_backend_children 2")
    held = Holder(made, "a.test", 2)
    late = []
    thread = threading.Thread(target=lambda: late.append(made.get("a.test", "/mirror.php?late")))
    thread.start()
    thread.join(0.3)
    assert not late, "answered although every child was busy"
    held.release()
    thread.join(20)
    assert [(a.status, a.header("X-Query")) for a in late] == [(200, "late")]


def test_idle_leases_do_not_fill_the_pool(stack):
    """Kept connections of many Apache processes are given to whoever needs them."""
    made = stack(Vhost("a.test", "games"), mpm="prefork", extra="lsapi_backend_children 2",
                 limits={"StartServers": 12, "MinSpareServers": 12})
    pids = set()
    for number in range(60):
        answer = made.get("a.test", f"/mirror.php?n={number}")
        assert answer.status == 200, answer.text
        pids.add(answer.header("X-Pid"))
    assert len(made.daemon.children()) <= 2


def test_never_more_children_than_allowed(stack):
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_children 4")
    statuses = []

    def ask():
        for number in range(40):
            statuses.append(made.get("a.test", f"/mirror.php?n={number}").status)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    most = 0
    for thread in threads:
        thread.start()
    while any(t.is_alive() for t in threads):
        most = max(most, len(made.daemon.children()))
        threads[0].join(0.02)
    assert set(statuses) == {200}
    assert 1 <= most <= 4


def test_poll_timeout_is_504(stack):
    """B14: no answer in time ends the request with a gateway error and frees its place."""
    made = stack(Vhost("a.test", "games", extra="lsapi_poll_timeout 1"),
                 extra="lsapi_backend_children 2")
    began = time.monotonic()
    answer = made.get("a.test", "/hold.php?name=slow")
    assert answer.status == 504
    assert 0.9 <= time.monotonic() - began < 5
    (made.httpd.vhosts["a.test"].docroot / "slow.go").touch()
    wait_until(lambda: made.get("a.test", "/who.php").status == 200, 5, "a free child")
