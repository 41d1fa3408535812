# SPDX-License-Identifier: Apache-2.0
"""A request that is refused is explained: in the error_log of its site, and by lsapid."""

import json
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
    assert {key: line[key] for key in ("pool", "pool_id", "user", "uid", "reason", "in_use", "limit",
                                       "host_in_use", "host_limit", "queued", "waited_ms",
                                       "next_try_ms")} == {
        "pool": "a.test", "pool_id": str(pool["id"]), "user": owner.pw_name,
        "uid": str(owner.pw_uid), "reason": "busy", "in_use": "2", "limit": "2",
        "host_in_use": "2", "host_limit": "5000", "queued": "0", "waited_ms": "0",
        "next_try_ms": "0"}
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
    made = stack(Vhost("a.test", "games"), extra="lsapi_backend_children 2",
                 settings={"log_rate": 1, "log_burst": 10})
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
    # no line came after them: what was left out is told at the latest when the process ends
    assert made.daemon.stop() == 0
    lines = refused(made)
    untold = [line for line in refused(made, "log.left_out") if line["of"] == "lease.refused"]
    assert {line["pool"] for line in untold} == {"a.test"}
    assert len(lines) + sum(int(line.get("left_out", 0)) for line in lines + untold) == 200


def test_a_pool_that_can_not_be_is_told_in_both_logs(stack):
    """No pool, and yet the name of the site and what is wrong."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "games"),
                 settings={"max_pools": 1})
    assert made.get("a.test", "/who.php").status == 200
    assert made.get("b.test", "/who.php").status == 507
    line, = refused(made, "peer.denied")
    assert (line["pool"], line["reason"], line["pools"], line["max_pools"]) == (
        "b.test", "pools-full", "1", "1")
    assert "Connect to backend rejected" in made.httpd.text("b.test")
    assert "pools-full: pool b.test (uid " in made.httpd.text("b.test")
    assert "1 of 1 pools (max_pools); raise max_pools" in made.httpd.text("b.test")
    assert made.ctl.status()["totals"]["denials"] == {"pools-full": 1}


def test_why_explains_a_refused_request(stack):
    """By number, name and user of the pool; newest first, with the remedy."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 extra="lsapi_backend_children 2")
    owner = made.httpd.vhosts["a.test"].owner
    assert made.get("b.test", "/who.php").status == 200
    held = Holder(made, "a.test", 2)
    began = time.time()
    for _ in range(25):
        assert made.get("a.test", "/who.php").status == 507
    number = [p["id"] for p in made.ctl.status()["pools"] if p["name"] == "a.test"][0]
    for what in ("a.test", "A.TEST", str(number), "A.*", ("--pattern", "a.?est")):
        status, text = made.ctl.run("--json", "why", *([what] if isinstance(what, str) else what))
        assert status == 0
        seen = json.loads(text)
        pool, = [p for p in seen["pools"] if p["name"] == "a.test"]
        assert what == str(number) or len(seen["pools"]) == 1
        assert (pool["id"], pool["user"], pool["refused"]) == (number, owner.pw_name, 25)
        count, = pool["counts"]
        assert (count["reason"], count["count"]) == ("busy", 25)
        assert len(pool["refusals"]) == 20
        times = [r["time_ms"] for r in pool["refusals"]]
        assert times == sorted(times, reverse=True)
        assert began - 1 <= times[-1] / 1000 <= times[0] / 1000 <= time.time() + 1
        last = pool["refusals"][0]
        assert (last["reason"], last["in_use"], last["limit"], last["host_limit"]) == (
            "busy", 2, 2, 5000)
        assert "lsapi_backend_children" in last["remedy"]
    status, text = made.ctl.run("why", "a.test")
    assert status == 0
    assert f"pool {number} a.test, user {owner.pw_name} (uid {owner.pw_uid}), ready: 25 refused" \
        in text
    assert "  busy 25: every PHP child of this site is working\n    remedy: raise " in text
    assert text.count(" busy: 2 of 2 children in use, 0 of 1024 queued, ") == 20
    assert made.ctl.run("why", "--pattern", "a?.test")[0] == 1
    assert made.ctl.run("why", "a.test", "--user", owner.pw_name)[0] == 2
    seen = json.loads(made.ctl.run("--json", "why", owner.pw_name)[1])
    assert json.loads(made.ctl.run("--json", "why", "--user", owner.pw_name)[1]) == seen
    assert "a.test" in {p["name"] for p in seen["pools"]}
    assert {p["user"] for p in seen["pools"]} == {owner.pw_name}
    held.release()


def test_why_tells_what_was_refused_before_there_was_a_pool(stack):
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "games"), settings={"max_pools": 1})
    assert made.get("a.test", "/who.php").status == 200
    assert made.get("b.test", "/who.php").status == 507
    for what in ("b.test", made.httpd.vhosts["b.test"].owner.pw_name, None):
        status, text = made.ctl.run("--json", "why", *([what] if what else []))
        assert status == 0
        last, = json.loads(text)["without_pool"]
        assert (last["name"], last["reason"], last["pools"], last["max_pools"]) == (
            "b.test", "pools-full", 1, 1)
    status, text = made.ctl.run("why", "b.test")
    assert status == 0
    assert "refused before there was a pool:\n" in text
    assert "pools-full: pool b.test (uid " in text and "    remedy: raise max_pools" in text


def test_why_of_the_host_has_the_last_of_all(stack):
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"),
                 extra="lsapi_backend_children 2")
    assert made.ctl.run("why") == (0, "nothing was refused\n")
    held = [Holder(made, name, 2) for name in ("a.test", "b.test")]
    for name in ("a.test", "b.test"):
        assert made.get(name, "/who.php").status == 507
    seen = json.loads(made.ctl.run("--json", "why")[1])
    assert [r["name"] for r in seen["host"]["refusals"]] == ["b.test", "a.test"]
    assert [(c["reason"], c["count"]) for c in seen["host"]["counts"]] == [("busy", 2)]
    status, text = made.ctl.run("why")
    assert status == 0
    assert "the whole host:\n  busy 2: " in text and "busy: pool b.test (id " in text
    for one in held:
        one.release()


def test_why_of_a_pool_that_does_not_start_has_the_step_that_failed(stack):
    made = stack(Vhost("a.test", "games"), start=False)
    lsphp = made.place.directory("php") / "lsphp"
    lsphp.write_text("#!/bin/sh\nexit 3\n")
    lsphp.chmod(0o755)
    made.daemon.handlers = {name: (lsphp, env) for name, (_, env) in made.daemon.handlers.items()}
    made.daemon.write_conf()
    made.start()
    assert made.get("a.test", "/who.php").status == 503
    pool, = json.loads(made.ctl.run("--json", "why", "a.test")[1])["pools"]
    assert pool["state"] == "failed"
    last = pool["refusals"][0]
    assert last["reason"] == "start-exited" and "exited with status 3" in last["detail"]
    assert last["next_try_ms"] > 0
    status, text = made.ctl.run("why", "a.test")
    assert status == 0 and ", next try in " in text and "exited with status 3" in text
    assert re.search(r"start-exited: pool a\.test .*exited with status 3; .*, next try in \d+ ms; ",
                     made.httpd.text("a.test"))


def test_why_of_nobody_fails_and_says_so(stack):
    made = stack(Vhost("a.test", "games"))
    status, text = made.ctl.run("why", "nobody-has-this.example")
    assert status == 1
    assert "nobody-has-this.example: no pool has this number, name or user" in text
    assert made.ctl.run("why", "x" * 256)[0] == 2
    assert made.ctl.run("why", "a", "b")[0] == 2
    assert made.ctl.run("reload", "a.test")[0] == 2
