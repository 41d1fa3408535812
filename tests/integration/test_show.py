# SPDX-License-Identifier: Apache-2.0
"""lsapidctl show and explain: what the next start would use, from where, and would it be refused."""

import json
import os
import subprocess

import pytest

from harness import HANDLER, Vhost
from place import wait_until


def ask(made, *args):
    status, text = made.ctl.run("--json", *args)
    assert status == 0, text
    return json.loads(text.splitlines()[-1])["pools"]


def settings(pool):
    found = {s["key"]: s for s in pool["settings"]}
    assert len(found) == len(pool["settings"])
    return found


class Site:
    """A pool with a say of everybody: Apache, lsapid.conf, a pool file, and its owner."""

    def __init__(self, stack, accounts):
        self.user = accounts.add()
        self.made = stack(
            Vhost("a.test", self.user.pw_name,
                  extra="lsapi_backend_children 30\nlsapi_backend_max_idle 50\n"
                        "lsapi_set_env FROM apache"),
            Vhost("a.test.example", "games"),
            start=False, defaults={"user_file": True, "max_reqs": 500, "children_max": 25},
            settings={"uid_min": 100}, env=["FROM_HANDLER=yes"])
        place = self.made.place
        pools_dir = place.directory("pools.d")
        self.made.daemon.settings["pools_dir"] = pools_dir
        self.made.daemon.write_conf()
        self.file = place.file(pools_dir / "a.conf", f'pool "a" {{\n\tuser = {self.user.pw_name}\n'
                               '\tmax_idle = 40s\n\tphp_ini = { "memory_limit=77M" }\n}\n', mode=0o600)
        self.own = place.file(os.path.join(self.user.pw_dir, ".lsapid.conf"),
                              "max_reqs = 400\nchildren = 9999\n", self.user)
        self.conf = self.made.daemon.conf
        self.made.start()


@pytest.fixture
def site(accounts, stack):
    return Site(stack, accounts)


def line_of(path, word):
    return 1 + next(i for i, text in enumerate(path.read_text().splitlines()) if word in text)


def test_show_names_value_default_and_source_of_each_setting(site):
    """And it is what PHP gets."""
    made, user = site.made, site.user
    assert made.get("a.test", "/who.php").status == 200
    wait_until(lambda: ask(made, "show", "a.test")[0]["state"] == "ready", 10, "a ready pool")
    pool, = ask(made, "show", "a.test")
    number = pool["id"]
    assert (pool["name"], pool["user"], pool["uid"], pool["state"], pool["is_known"]) == (
        "a.test", user.pw_name, user.pw_uid, "ready", True)
    assert pool["start"] == {"is_refused": False}
    assert pool["handler"]["name"] == HANDLER
    assert pool["handler"]["binary"] == str(made.place.bin / "lsphp")
    assert pool["handler"]["env"]["FROM_HANDLER"] == "yes"
    assert pool["pool_file"] == f"{site.file}:2"
    assert pool["user_file"] == {"is_wanted": True, "path": str(site.own), "problem": ""}
    assert pool["socket"] == f"{made.daemon.run}/pools/{number}.sock"
    assert os.path.exists(pool["socket"])
    found = settings(pool)
    keys = ("value", "unit", "default", "source", "file", "line", "instead_of", "instead_source",
            "asked", "asked_line")
    wanted = {
        "children": ("25", "", "120", "children_max", str(site.conf),
                     line_of(site.conf, "children_max"), "30", "Apache", "9999", 2),
        "max_idle": ("40", "s", "300", "pool file", str(site.file), 3, "50", "Apache", None, None),
        "max_reqs": ("400", "", "10000", "user file", str(site.own), 1, "500", "defaults", None,
                     None),
        "pgrp_max_idle": ("30", "s", "30", "default", "", 0, None, None, None, None),
        "env.FROM": ("apache", "", None, "Apache", "", 0, None, None, None, None),
        "ini.memory_limit": ("77M", "", None, "pool file", str(site.file), 4, None, None, None,
                             None),
        "children_max": ("25", "", None, "defaults", str(site.conf),
                         line_of(site.conf, "children_max"), None, None, None, None),
    }
    for key, values in wanted.items():
        assert tuple(found[key].get(k) for k in keys) == values, key
    parent, = made.daemon.parents()
    with open(f"/proc/{parent.pid}/environ", "rb") as environ:
        env = environ.read().split(b"\0")
    assert b"LSAPI_CHILDREN=25" in env and b"LSAPI_MAX_REQS=400" in env
    assert b"LSAPI_MAX_IDLE=40" in env
    # the next start reads the user's file anew
    site.own.write_text("max_reqs = 300\n")
    assert settings(ask(made, "show", str(number))[0])["max_reqs"]["value"] == "300"
    site.own.write_text("max_reqs = many\n")
    pool, = ask(made, "show", "A.TEST")
    assert settings(pool)["max_reqs"]["value"] == "500"
    assert f"{site.own}:1: max_reqs is 'many'" in pool["user_file"]["problem"]
    status, text = made.ctl.run("show", "a.test")
    assert status == 0
    assert f"pool {number} a.test, user {user.pw_name} (uid {user.pw_uid}, gid {user.pw_gid}), " \
        "ready\na start would not be refused\n" in text
    assert "30 s" in text and "instead of 30 (Apache)" in text


def test_explain_of_a_known_site_has_its_directives_and_of_another_what_it_would_get(site):
    made, user = site.made, site.user
    question = ("explain", "--user", user.pw_name, "--vhost", "a.test")
    before, = ask(made, *question)
    assert (before["is_known"], before["id"], before["socket"]) == (False, 0, "")
    assert settings(before)["children"]["value"] == "25"  # 120, and children_max
    assert settings(before)["children"]["source"] == "children_max"
    assert "env.FROM" not in settings(before)
    assert made.get("a.test", "/who.php").status == 200
    after, = ask(made, *question)
    assert after["is_known"] and settings(after)["env.FROM"]["value"] == "apache"
    account, = ask(made, "explain", "--user", user.pw_name)
    assert settings(account)["scope"]["value"] == "user" and not account["is_known"]
    # asked about, nothing starts and nothing becomes known
    assert [p["name"] for p in made.ctl.status()["pools"]] == ["a.test"]


@pytest.mark.parametrize("how", ["daemon", "offline"])
def test_explain_says_what_would_be_refused(site, how):
    made, user = site.made, site.user
    if how == "offline":
        made.daemon.stop()
    more = ("--config", str(site.conf))

    def start(*args):
        pool, = ask(made, "explain", *args, *more)
        assert pool["is_running"] == (how == "daemon")
        return pool["start"]

    docroot = made.httpd.vhosts["a.test.example"].docroot
    me = ("--user", user.pw_name, "--vhost", "new.test")
    assert start(*me) == {"is_refused": False}
    foreign = start(*me, "--docroot", str(docroot))
    assert (foreign["reason"], foreign["detail"], foreign["step"]) == (
        "docroot-owner", str(docroot), "policy")
    assert start(*me, "--docroot", str(made.httpd.vhosts["a.test"].docroot)) == {
        "is_refused": False}
    assert start(*me, "--handler", "php9")["reason"] == "handler-unknown"
    low = start("--user", "games", "--vhost", "a.test.example")
    assert low["reason"] == "uid-floor" and "uid_min 100" in low["detail"] and low["remedy"]
    (made.place.bin / "lsphp").chmod(0o777)
    assert start(*me)["reason"] == "binary-unsafe"
    (made.place.bin / "lsphp").chmod(0o755)
    status, text = made.ctl.run("explain", "--user", "games", *more)
    assert status == 0 and "a start would be refused, uid-floor: " in text
    assert made.ctl.run("explain", "--user", "no-such-user", *more)[0] == (
        5 if how == "daemon" else 1)


def test_offline_and_daemon_say_the_same(site):
    made, user = site.made, site.user
    question = ("explain", "--user", user.pw_name, "--vhost", "new.test", "-c", str(site.conf))
    online, = ask(made, *question)
    made.daemon.stop()
    offline, = ask(made, *question)
    for key in ("settings", "start", "handler", "user_file", "pool_file", "config_file", "uid",
                "gid", "user", "name", "id", "state", "socket", "has_uid_limit_warning"):
        assert online[key] == offline[key], key


def test_show_of_a_name_that_several_have_shows_all(stack):
    made = stack(Vhost("a.test", "games"))
    made.daemon.handlers["application/x-httpd-alt-php74___lsphp"] = (made.place.bin / "lsphp", ())
    made.daemon.write_conf()
    assert made.ctl.run("reload")[0] == 0
    made.httpd.vhosts["a.test"].extra = (
        '<Location "/who.php">\nSetHandler application/x-httpd-alt-php74___lsphp\n</Location>')
    made.httpd.stop()
    made.httpd.start()
    assert made.get("a.test", "/who.php").status == 200
    assert made.get("a.test", "/index.php").status == 200
    pools = ask(made, "show", "a.test")
    assert sorted(p["handler"]["name"] for p in pools) == sorted(made.daemon.handlers)
    assert len({p["id"] for p in pools}) == 2
    one, = ask(made, "show", str(pools[1]["id"]))
    assert one["handler"]["name"] == pools[1]["handler"]["name"]
    one, = ask(made, "explain", "-u", made.httpd.vhosts["a.test"].owner.pw_name, "-v", "a.test",
               "--handler", HANDLER)
    assert one["is_known"] and one["handler"]["name"] == HANDLER
    assert len(ask(made, "show", "A.*")) == 2
    assert made.ctl.run("show", "b.*")[0] == 5
    assert made.ctl.run("show", "nobody.test")[0] == 5
    assert made.ctl.run("show", "4711")[0] == 5


def test_only_administrators_are_told(shared):
    """As with all that shows what sites work by."""
    done = subprocess.run(
        ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
         str(shared.place.bin / "lsapidctl"), "-s", str(shared.daemon.socket), "show", "a.test"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode in (3, 4) and "a.test, user" not in done.stdout
