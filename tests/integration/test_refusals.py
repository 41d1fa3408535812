# SPDX-License-Identifier: Apache-2.0
"""A request that is refused is explained: in the error_log of its site, and by lsapid."""

import re
import time

import pytest

from harness import Vhost
from holder import Holder

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]


def fields(line):
    """key=value of one line of lsapid's log, as text."""
    found = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S+)', line)
    return {key: value.strip('"') for key, value in found}


def refused(made, event="lease.refused"):
    return [fields(line) for line in made.daemon.text().splitlines() if f" {event} " in line]


def test_a_refusal_has_its_reason_and_figures_in_both_logs(stack):
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_children 2")
    owner = made.httpd.vhosts["a.test"].owner
    held = Holder(made, "a.test", 2)
    assert made.get("a.test", "/who.php").status == 507
    line, = refused(made)
    pool, = made.ctl.status()["pools"]
    assert {key: line[key] for key in ("pool", "name", "user", "uid", "reason", "in_use", "limit",
                                       "host_in_use", "host_limit", "queued", "waited_ms",
                                       "next_try_ms", "untold")} == {
        "pool": str(pool["id"]), "name": "a.test", "user": owner.pw_name,
        "uid": str(owner.pw_uid), "reason": "busy", "in_use": "2", "limit": "2",
        "host_in_use": "2", "host_limit": "5000", "queued": "0", "waited_ms": "0",
        "next_try_ms": "0", "untold": "0"}
    assert "lsapi_backend_children" in line["remedy"]
    text = made.httpd.text("a.test")
    assert re.search(r"Connect to backend rejected on sending request\(GET /who.php [^)]*\); "
                     r"uri\(/who.php\): busy: pool a\.test \(id \d+, uid \d+\): .*; 2 of 2 "
                     r"children in use, .* 2 of 5000 children on the host; .*lsapi_backend_children",
                     text), text
    assert pool["refusals"] == {"busy": 1}
    held.release()


def test_who_waited_in_vain_is_told_for_how_long(stack):
    # one pool of the account: b.test waits for what a.test has
    made = stack(Vhost("a.test", "games"),
                 Vhost("b.test", "games",
                       extra="lsapi_disable_reject_mode On\nlsapi_poll_timeout 1"),
                 extra="lsapi_backend_children 2\nlsapi_per_user On")
    held = Holder(made, "a.test", 2)
    assert made.get("b.test", "/who.php").status == 504
    line, = refused(made)
    assert line["reason"] == "queue-timeout" and int(line["waited_ms"]) >= 900
    assert f"waited {line['waited_ms']} ms" in made.httpd.text("b.test")
    held.release()


def test_a_flood_of_refusals_writes_few_lines_and_counts_all(stack):
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_children 2")
    held = Holder(made, "a.test", 2)
    began = time.monotonic()
    for _ in range(200):
        assert made.get("a.test", "/who.php").status == 507
    lines = refused(made)
    # ten at once, then one in a second
    assert 10 <= len(lines) <= 11 + time.monotonic() - began
    seen = made.ctl.status()
    assert seen["pools"][0]["refusals"] == {"busy": 200}
    assert seen["totals"]["rejects"] == {"busy": 200}
    held.release()


def test_a_pool_that_can_not_be_is_told_in_both_logs(stack):
    """No pool, and yet the name of the site and what is wrong."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "games"),
                 settings={"max_pools": 1})
    assert made.get("a.test", "/who.php").status == 200
    assert made.get("b.test", "/who.php").status == 507
    line, = refused(made, "peer.denied")
    assert (line["name"], line["reason"], line["pools"], line["max_pools"]) == (
        "b.test", "pools-full", "1", "1")
    assert "Connect to backend rejected" in made.httpd.text("b.test")
    assert "pools-full: pool b.test (uid " in made.httpd.text("b.test")
    assert "1 of 1 pools (max_pools); raise max_pools" in made.httpd.text("b.test")
    assert made.ctl.status()["totals"]["denials"] == {"pools-full": 1}
