# SPDX-License-Identifier: Apache-2.0
"""Keys of lsapid.conf whose effect no other file of these tests shows."""

import grp
import os
import stat
import threading

import pytest

import control_client as control
from harness import Vhost
from place import APACHE, OWNERS, wait_until

SITES = tuple(f"site{i}.test" for i in range(3))


def reload(made, **settings):
    made.daemon.settings.update(settings)
    made.daemon.write_conf()
    assert made.ctl.run("reload")[0] == 0


@pytest.mark.single_user
def test_log_level_decides_what_is_logged_and_changes_at_a_reload(stack):
    made = stack(Vhost("a.test", "games"), settings={"log_level": "notice"})
    assert made.get("a.test", "/who.php").status == 200
    assert "pool.state" not in made.daemon.text()
    assert "manager.ready" in made.daemon.text()
    reload(made, log_level="info")
    parent, = made.daemon.parents()
    os.kill(parent.pid, 9)
    made.daemon.wait_log("pool.state")
    assert "manager.request" not in made.daemon.text()
    reload(made, log_level="debug")
    made.daemon.wait_log("manager.request")


def test_apache_user_alone_is_a_shim(stack):
    """Root is as well, since it may do everything."""
    made = stack(settings={"apache_user": OWNERS[3]}, start=False)
    made.daemon.start()
    with control.Control(made.daemon.socket) as peer:
        assert peer.hello(made.daemon.key.read_bytes())[0] == control.WELCOME
    made.httpd.start()
    assert made.get("a.test", "/who.php").status == 503
    made.httpd.wait_log("lsapid refuses this httpd: not-authorized", "a.test")
    made.daemon.wait_log("peer.refuse")


def test_apache_group_is_the_group_of_the_control_socket(stack):
    group = OWNERS[4]
    made = stack(settings={"apache_group": group}, start=False)
    made.daemon.start()
    seen = made.daemon.socket.stat()
    assert (seen.st_uid, seen.st_gid) == (0, grp.getgrnam(group).gr_gid)
    assert stat.S_IMODE(seen.st_mode) == 0o660
    assert seen.st_gid != APACHE.pw_gid


@pytest.mark.single_user
def test_max_children_total_is_a_ceiling_of_all_pools_together(stack):
    """Two sites are busy with the two children of the host: the third has none, and is told why."""
    made = stack(*(Vhost(name, owner) for name, owner in zip(SITES, OWNERS)),
                 settings={"max_children_total": 2})
    held = []
    threads = [threading.Thread(target=lambda n=name: held.append(
        made.get(n, "/hold.php?name=x"))) for name in SITES[:2]]
    for thread, name in zip(threads, SITES):
        thread.start()
        docroot = made.httpd.vhosts[name].docroot
        wait_until((docroot / "x.running").exists, 10, "the script's start")
    assert made.get(SITES[2], "/who.php").status == 507
    made.httpd.wait_log("host-full", SITES[2])
    reload(made, max_children_total=3)
    assert made.get(SITES[2], "/who.php").status == 200
    for name in SITES[:2]:
        (made.httpd.vhosts[name].docroot / "x.go").touch()
    for thread in threads:
        thread.join(20)
    assert [a.status for a in held] == [200, 200]
