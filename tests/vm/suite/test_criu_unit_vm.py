# SPDX-License-Identifier: Apache-2.0
"""CRIU works in the sandbox of lsapid.service as it is installed."""

from place import wait_until
from service import must, run

PAGE = ("a.test", "/who.php")


def pool(service):
    return service.status()["pools"][0]


def test_a_pool_is_frozen_and_thawed_by_the_service(site, service):
    wait_until(lambda: run("lsapidctl", "criu", "check")[0] == 0, 20, "CRIU being found to work")
    assert site.get(*PAGE).status == 200
    must("lsapidctl", "criu", "freeze", "a.test")
    assert "a.test" in must("lsapidctl", "criu", "list")
    must("systemctl", "restart", "lsapid")
    wait_until(lambda: run("lsapidctl", "criu", "check")[0] == 0, 20, "CRIU being found to work")
    assert site.get(*PAGE).status == 200
    wait_until(lambda: pool(service)["criu"]["started"] == "thawed", 10, "the thawed one")
    # all of it in the unit, and nothing of it left behind by a stop
    assert len(service.lsphp()) >= 2
    must("systemctl", "stop", "lsapid.service")
    assert not service.lsphp()
