# SPDX-License-Identifier: Apache-2.0
"""The Debian packages, which all tests in here run: how they come, and how they go."""

import subprocess
from pathlib import Path

from holder import Holder
from place import wait_until
from service import CONF, UNITS, must, run

PAGE = ("a.test", "/who.php")


def test_it_runs_and_comes_again_at_boot(site, service):
    assert run("systemctl", "is-enabled", "lsapid.service") == (0, "enabled\n")
    assert must("systemctl", "is-active", *UNITS).split() == ["active", "active"]
    assert must("dpkg", "--verify", *service.names) == ""
    assert must("dpkg-query", "-W", "-f", "${Version}", "lsapid") in must("lsapid", "-V")
    assert site.get(*PAGE).status == 200


def test_an_upgrade_loses_nothing(site, service):
    """Neither a request under way, nor one that comes meanwhile, nor what somebody has written."""
    service.set_conf("max_children_total = 79", verb="reload")
    must("dpkg", "--unpack", *service.packages)
    held = Holder(site, "a.test", 1)
    before, inode = service.pid, service.socket.stat().st_ino
    with subprocess.Popen(["dpkg", "--configure", *service.names]) as upgrade:
        wait_until(lambda: service.show("ActiveState") == "deactivating", 60, "the restart")
        assert held.release() == [(200, b"end0")]
        assert site.get(*PAGE).status == 200
    assert upgrade.returncode == 0
    assert service.is_active() and service.pid not in (0, before)
    assert service.socket.stat().st_ino == inode
    assert service.status()["daemon"]["max_children_total"] == 79


def test_removed_it_is_off_and_purged_it_is_gone(site, service):
    assert site.get(*PAGE).status == 200
    pid = service.pid
    try:
        must("dpkg", "--remove", *service.names)
        assert not Path(f"/proc/{pid}").exists() and not service.socket.exists()
        assert run("systemctl", "cat", *UNITS)[0] != 0
        assert CONF.exists()
        must("dpkg", "--purge", *service.names)
        assert service.files() <= service.before and not Path("/run/lsapid").exists()
    finally:
        service.install()
    site.restart_httpd(site.patience)  # there is another key
    assert service.is_active() and site.get(*PAGE).status == 200
