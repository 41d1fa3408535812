# SPDX-License-Identifier: Apache-2.0
"""lsapi_use_req_hostname: pools by the Host of the request, and no more than can be borne."""

import json
import re
from pathlib import Path

import pytest

from harness import Vhost
from place import ROOT

LIMIT = int(re.search(r"SHIM_NAMES_MAX (\d+)U", Path(ROOT / "shim/shim_names.h").read_text(
    encoding="utf-8")).group(1))

pytestmark = pytest.mark.single_user


def ppid(made, host):
    answer = made.get(host, "/who.php")
    assert answer.status == 200, answer.text
    return json.loads(answer.text)["ppid"]


def names(made):
    return sorted(p["name"] for p in made.ctl.status()["pools"])


def test_each_host_has_a_pool(stack):
    """Off: one of the virtual host; On: one for each name, however it is written."""
    made = stack(Vhost("a.test", "games", extra="ServerAlias *.a.test\nlsapi_use_req_hostname On"),
                 Vhost("b.test", "games", extra="ServerAlias *.b.test"))
    pids = {host: ppid(made, host) for host in ("a.test", "x.a.test", "y.a.test")}
    assert len(set(pids.values())) == 3
    assert ppid(made, "X.A.Test") == pids["x.a.test"]
    assert ppid(made, "x.a.test.") == pids["x.a.test"]
    assert ppid(made, f"x.a.test:{made.httpd.port}") == pids["x.a.test"]
    assert ppid(made, "A.TEST") == pids["a.test"]
    assert ppid(made, "b.test") == ppid(made, "x.b.test")
    assert names(made) == ["a.test", "b.test", "x.a.test", "y.a.test"]


def test_what_is_no_name_is_the_virtual_host(stack):
    """Addresses in brackets, and requests that name none."""
    made = stack(Vhost("a.test", "games"), extra="lsapi_use_req_hostname On")
    first = ppid(made, "a.test")
    assert ppid(made, "[::1]") == first
    assert names(made) == ["a.test"]


def test_pools_of_accounts_have_no_name(stack):
    """With lsapi_per_user a name makes no difference."""
    made = stack(Vhost("a.test", "games", extra="ServerAlias *.a.test"),
                 extra="lsapi_use_req_hostname On\nlsapi_per_user On")
    assert ppid(made, "x.a.test") == ppid(made, "y.a.test") == ppid(made, "a.test")
    assert len(names(made)) == 1


@pytest.mark.deadline(300)
@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_invented_hosts_are_bounded(stack, mpm):
    """All children of httpd count together; who comes too late has the pool of the virtual host."""
    # room for two pools only, so that it shows who asked for another, and nothing else is started
    made = stack(Vhost("a.test", "games", extra="ServerAlias *.a.test\nlsapi_use_req_hostname On"),
                 mpm=mpm, settings={"max_pools": 2})
    own, first = ppid(made, "a.test"), ppid(made, "first.a.test")
    for i in range(LIMIT - 1):
        assert made.get(f"n{i}.a.test", "/who.php").status == 507
    for i in range(20):
        assert ppid(made, f"late{i}.a.test") == own
    assert ppid(made, "first.a.test") == first
    assert made.get("n3.a.test", "/who.php").status == 507
    told = [line for line in made.httpd.text("a.test").splitlines() if "no more are taken" in line]
    assert len(told) == 1 and f"pools of {LIMIT} host names" in told[0]
