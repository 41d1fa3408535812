# SPDX-License-Identifier: Apache-2.0
"""lsapidctl uninstall: what is undone, what stays, and whose files are never touched."""

import fcntl
import os
import pwd

import pytest

from host_tree import HANDLER_MAP, done, refused
from place import IS_ROOT, OWNERS

pytestmark = [pytest.mark.single_user, pytest.mark.sanitized]

DEBIAN_LINKS = ("/etc/apache2/mods-enabled/lsapi.load", "/etc/apache2/mods-enabled/lsapi.conf")


def test_what_somebody_else_changed_stays(make_host):
    """It is told, with the copy of what was there before us; all else is undone."""
    tree = make_host("cpanel_ea4")
    conf = "/etc/lsapid/lsapid.conf"
    old = tree.text(conf)
    done(tree.ctl("setup"))
    tree.put(conf, tree.text(conf) + "# later\n")
    status, _, errors = tree.ctl("uninstall")
    assert status == 1
    assert f"{conf} was changed by somebody else since, and stays as it is" in errors
    copy = errors.split("before us it was as ")[1].split("\n")[0]
    with open(copy, encoding="utf-8") as file:
        assert file.read() == old
    assert tree.text(conf).endswith("# later\n")
    assert not tree.has(HANDLER_MAP) and not tree.has("/etc/apache2/conf.d/lsapi.conf")
    # the copy is not written over by the next setup
    done(tree.ctl("setup"))
    with open(copy, encoding="utf-8") as file:
        assert file.read() == old


def test_undone_by_hand_is_undone(make_host):
    tree = make_host("none")
    before = tree.snapshot()
    done(tree.ctl("setup"))
    for link in DEBIAN_LINKS:
        tree.path(link).unlink()
    done(tree.ctl("uninstall"))
    assert tree.snapshot() == before


def test_a_journal_that_nobody_can_read_stops_everything(make_host):
    tree = make_host("none")
    done(tree.ctl("setup"))
    tree.path("/var/lib/lsapid/setup/journal").write_text("garbage\n", encoding="utf-8")
    before = tree.snapshot()
    for command in ("setup", "uninstall"):
        assert "setup/journal: Invalid argument" in refused(tree.ctl(command))
        assert tree.snapshot() == before


def test_one_at_a_time(make_host):
    """Whoever looks may look."""
    tree = make_host("none")
    held = os.open(tree.path("/var/lib/lsapid"), os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        for command in ("setup", "uninstall"):
            assert "somebody else is changing this host" in refused(tree.ctl(command))
        done(tree.ctl("stat"))
        done(tree.ctl("setup", "--dry-run"))
    finally:
        os.close(held)
    done(tree.ctl("setup"))


def test_places_of_others_are_not_written_to(make_host):
    """A directory that others may write to, a file with a second name, a link out of the tree."""
    tree = make_host("none")
    enabled = tree.path("/etc/apache2/mods-enabled")
    enabled.chmod(0o777)
    before = tree.snapshot()
    assert "others may write to it" in refused(tree.ctl("setup"))
    assert tree.snapshot() == before
    enabled.chmod(0o755)
    other = make_host("cpanel_ea4")
    other.path("/etc/lsapid/second").hardlink_to(other.path("/etc/lsapid/lsapid.conf"))
    before = other.snapshot()
    assert "remove its hard links" in refused(other.ctl("setup"))
    assert other.snapshot() == before


def test_links_lead_nowhere_out_of_the_root(make_host, tmp_path):
    """An absolute link means a path in that root, as it would there."""
    tree = make_host("directadmin")
    outside = tmp_path / "options.conf"
    outside.write_text("php1_mode=mine\n", encoding="utf-8")
    options = tree.path("/usr/local/directadmin/custombuild/options.conf")
    options.unlink()
    options.symlink_to(outside)
    assert "can not be read: No such file" in refused(tree.ctl("setup"))
    assert outside.read_text(encoding="utf-8") == "php1_mode=mine\n"


@pytest.mark.skipif(not IS_ROOT, reason="needs root: a directory of another user")
def test_a_directory_of_a_user(make_host):
    tree = make_host("none")
    user = pwd.getpwnam(OWNERS[0])
    os.chown(tree.path("/etc/apache2"), user.pw_uid, user.pw_gid)
    before = tree.snapshot()
    assert "belongs to somebody else" in refused(tree.ctl("setup"))
    assert tree.snapshot() == before
