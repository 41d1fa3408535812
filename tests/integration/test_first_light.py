# SPDX-License-Identifier: Apache-2.0
"""Each page runs as the owner of its site, under every MPM and with each way to tell the owner."""

import json
import os

import pytest

from harness import SUEXEC, Vhost
from place import APACHE, IS_ROOT


def who(stack, vhost):
    answer = stack.get(vhost, "/who.php")
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def check_identity(seen, account):
    """Real and effective ids and the groups are those of the account, and nobody else's."""
    assert (seen["uid"], seen["euid"], seen["gid"]) == (
        account.pw_uid, account.pw_uid, account.pw_gid)
    assert seen["user"] == account.pw_name
    if IS_ROOT:
        assert set(seen["groups"]) == set(os.getgrouplist(account.pw_name, account.pw_gid))


@pytest.mark.sanitized
@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_two_sites_run_as_their_owners(stack, mpm):
    """B22, B33: two virtual hosts, two owners, two pools."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "mail"), mpm=mpm)
    for name, vhost in made.httpd.vhosts.items():
        seen = who(made, name)
        check_identity(seen, vhost.owner)
        assert seen["script_owner"] == vhost.owner.pw_name
        assert seen["vhost"] == name
        assert seen["cwd"] == str(vhost.docroot)
    first, second = who(made, "a.test"), who(made, "b.test")
    assert first["ppid"] != second["ppid"]


@pytest.mark.parametrize("identity", ["lsapi_user_group", "lsapi_uid_gid", "suexec"])
def test_each_way_to_tell_the_owner(stack, identity):
    """B22: lsapi_user_group, lsapi_uid_gid and SuExecUserGroup."""
    if identity == "suexec" and not SUEXEC.exists():
        pytest.skip("mod_suexec takes SuExecUserGroup only where the suexec binary is installed")
    made = stack(Vhost("a.test", "news", identity))
    check_identity(who(made, "a.test"), made.httpd.vhosts["a.test"].owner)


@pytest.mark.single_user
def test_site_without_identity_runs_as_apache(stack):
    """B28: without an identity PHP runs as the Apache user."""
    made = stack(Vhost("default.test"))
    check_identity(who(made, "default.test"), APACHE)


def test_identity_of_one_directory(stack):
    """B29: lsapi_user_group in a <Directory> holds for that directory alone."""
    vhost = Vhost("a.test", "games")
    made = stack(vhost, start=False)
    # the document root of a site that two users share belongs to root: either owner may have it
    os.chown(vhost.docroot, 0, 0)
    inner = made.place.directory(f"{vhost.docroot.name}/status", vhost.owner)
    made.place.file(inner / "who.php", (vhost.docroot / "who.php").read_bytes(), vhost.owner)
    vhost.extra = f"<Directory {inner}>\nlsapi_user_group backup backup\n</Directory>"
    made.start()
    assert who(made, "a.test")["user"] == "games"
    answer = made.get("a.test", "/status/who.php")
    assert json.loads(answer.text)["user"] == "backup"


@pytest.mark.single_user
def test_engine_off_leaves_requests_alone(stack):
    """B01: with lsapi_engine Off nothing is handed to PHP."""
    made = stack(Vhost("default.test", extra="lsapi_engine Off"))
    answer = made.get("default.test", "/who.php")
    assert "posix_getuid" in answer.text
    assert made.daemon.lsphp() == []


@pytest.mark.single_user
def test_handler_name_by_sethandler(stack):
    """B01: a handler name selects lsphp as a content type does."""
    extra = '<Files "who.php">\nSetHandler application/x-httpd-lsphp\n</Files>'
    made = stack(Vhost("default.test", extra=extra))
    assert who(made, "default.test")["sapi"] == "litespeed"


@pytest.mark.single_user
@pytest.mark.sanitized
def test_missing_script_is_404(stack):
    """A script that is not there never reaches PHP, which would answer 200 or 500."""
    made = stack(Vhost("default.test"))
    assert made.get("default.test", "/nowhere.php").status == 404
    assert made.get("default.test", "/who.php").status == 200
