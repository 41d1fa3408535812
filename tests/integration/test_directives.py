# SPDX-License-Identifier: Apache-2.0
"""Directives that decide which pool answers, and what PHP finds in its environment."""

import json
import os
import pwd
import subprocess

import pytest

from harness import Vhost


def test_one_pool_per_account(stack):
    """B33, B34: with lsapi_per_user two sites of one owner share a parent; others do not."""
    sites = [Vhost("a.test", "games"), Vhost("b.test", "games"), Vhost("c.test", "mail"),
             Vhost("own.test", "games", extra="lsapi_per_user Off")]
    made = stack(*sites, extra="lsapi_per_user On")
    parents = {v.name: json.loads(made.get(v.name, "/who.php").text)["ppid"] for v in sites}
    assert parents["a.test"] == parents["b.test"]
    assert len(set(parents.values())) == 3


def test_environment_of_the_pool(stack):
    """B48, B49: what lsapi_set_env adds, and PATH, which it can not set."""
    made = stack(Vhost("a.test", "games", extra="lsapi_set_env OF_SITE \"a value\"\n"
                       "lsapi_set_env EMPTY\nlsapi_set_env PATH /evil\nlsapi_set_env HTTP_X 1\n"
                       "lsapi_set_env NO-NAME 1\n"
                       "lsapi_set_env LSAPI_CHILDREN 99\nlsapi_set_env_path /opt/x:/bin"),
                 Vhost("b.test", "mail"), extra="lsapi_set_env OF_SERVER s")
    env = {}
    for name, vhost in made.httpd.vhosts.items():
        made.place.file(vhost.docroot / "env.php", "<?php echo json_encode(getenv());",
                        vhost.owner)
        env[name] = json.loads(made.get(name, "/env.php").text)
    assert (env["a.test"]["OF_SITE"], env["a.test"]["OF_SERVER"]) == ("a value", "s")
    assert env["a.test"]["EMPTY"] == ""
    assert env["a.test"]["PATH"] == "/opt/x:/bin"
    assert env["b.test"]["PATH"] == "/usr/local/bin:/usr/bin:/bin"
    assert env["b.test"]["OF_SERVER"] == "s" and "OF_SITE" not in env["b.test"]
    for seen in env.values():
        assert not [n for n in seen if n.startswith(("LSAPI_", "HTTP_X"))]


def test_document_root_of_somebody_else(stack):
    """B08: refused for a pool of one site by lsapid, for one of an account by Apache."""
    sites = [Vhost("a.test", "games"), Vhost("b.test", "games", extra="lsapi_per_user On"),
             Vhost("c.test", "games", extra="lsapi_check_document_root Off"),
             Vhost("d.test", "games",
                   extra="lsapi_per_user On\nlsapi_check_document_root Off"),
             Vhost("good.test", "games", extra="lsapi_per_user On")]
    made = stack(*sites, start=False)
    for vhost in sites[:4]:
        os.chown(vhost.docroot, pwd.getpwnam("mail").pw_uid, -1)
    made.start()
    statuses = {v.name: made.get(v.name, "/who.php").status for v in sites}
    assert statuses == {"a.test": 503, "b.test": 503, "c.test": 200, "d.test": 200,
                        "good.test": 200}
    made.httpd.wait_log("docroot-owner", "a.test")
    made.httpd.wait_log("belongs to uid", "b.test")


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_default_user_is_warned_of_once(stack, mpm):
    """B28: one line for each virtual host without an identity, whichever process serves it."""
    made = stack(Vhost("a.test", "games"), Vhost("b.test"), Vhost("c.test"), mpm=mpm)
    for _ in range(30):
        for name in ("a.test", "b.test", "c.test"):
            assert made.get(name, "/who.php").status == 200
    words = "runs as the user of httpd"
    counts = {name: made.httpd.text(name).count(words) for name in ("a.test", "b.test", "c.test")}
    assert counts == {"a.test": 0, "b.test": 1, "c.test": 1}


def test_pwd_of_scripts(stack):
    """B50: PWD is the directory of the script, unless it is not wanted or set otherwise."""
    sites = [Vhost("a.test", "games"), Vhost("b.test", "games", extra="SetEnv PWD /own"),
             Vhost("c.test", "games", extra="lsapi_disable_forced_pwd_var On"),
             Vhost("d.test", "games", extra="lsapi_pwd_disabled On"),
             Vhost("e.test", "games", extra="lsapi_pwd_disabled Off")]
    made = stack(*sites)
    for vhost in sites:
        made.place.directory(f"{vhost.docroot.name}/in", vhost.owner)
        made.place.file(vhost.docroot / "in/pwd.php", "<?php echo $_SERVER['PWD'] ?? 'none';",
                        vhost.owner)
    assert [made.get(v.name, "/in/pwd.php").text for v in sites] == [
        f"{sites[0].docroot}/in", "/own", "none", "none", f"{sites[4].docroot}/in"]


def test_debug_of_one_site(stack):
    """B60: lsapi_debug On raises what this virtual host logs of the module, and no other's."""
    made = stack(Vhost("a.test", "games", extra="lsapi_debug On"), Vhost("b.test", "mail"))
    for name in ("a.test", "b.test"):
        assert made.get(name, "/who.php").status == 200
    made.httpd.wait_log("lsapi: answered by pid(", "a.test")
    assert "answered by pid" not in made.httpd.text("b.test")


def test_number_out_of_bounds_is_told_of(stack):
    """B21: not fatal, but said when the configuration is read, also of a virtual host."""
    made = stack(Vhost("a.test", "games", extra="lsapi_backend_children 1"),
                 extra="lsapi_backend_max_reqs none", start=False)
    status, output = made.httpd.check()
    assert status == 0
    assert "lsapi_backend_max_reqs none: not a number from 1 to 2000000000, 10000 is used" in output
    assert "lsapi_backend_children 1: not a number from 2 to 10000, 2 is used" in output


def test_sites_of_one_account_that_differ(stack):
    """B33, B34: a shared pool never mixes settings: one for each set of them."""
    children = "lsapi_backend_children 7"
    sites = [Vhost("a.test", "games"), Vhost("b.test", "games"),
             Vhost("limit1.test", "games", extra=children),
             Vhost("limit2.test", "games", extra=children),
             Vhost("env.test", "games", extra="lsapi_set_env OF_SITE env"),
             Vhost("path.test", "games", extra="lsapi_set_env_path /opt/bin:/bin")]
    made = stack(*sites, extra="lsapi_per_user On")
    for vhost in sites:
        made.place.file(vhost.docroot / "pool.php", "<?php echo json_encode([posix_getppid(), "
                        "getenv('OF_SITE'), getenv('PATH'), $_SERVER['DOCUMENT_ROOT']]);",
                        vhost.owner)
    seen = {v.name: json.loads(made.get(v.name, "/pool.php").text) for v in sites}
    parents = {name: values[0] for name, values in seen.items()}
    assert parents["a.test"] == parents["b.test"]
    assert parents["limit1.test"] == parents["limit2.test"]
    assert len(set(parents.values())) == 4
    assert {name: values[1] for name, values in seen.items() if values[1]} == {"env.test": "env"}
    assert [name for name, values in seen.items() if values[2].startswith("/opt")] == ["path.test"]
    assert [values[3] for values in seen.values()] == [str(v.docroot) for v in sites]
    pools = {p["pid"]: p for p in made.ctl.status()["pools"]}
    assert pools[parents["limit1.test"]]["children"] == 7
    assert pools[parents["a.test"]]["children"] == 120
    # neither a virtual host nor a document root is part of what is shared
    for pool in pools.values():
        assert "scope=user" in pool["spec"]
        assert not [e for e in pool["spec"] if e.startswith(("name=", "docroot="))]


@pytest.mark.parametrize("scope", ["On", "Off"])
def test_handlers_are_pools_of_their_own(stack, scope):
    """Two PHPs of one site, whether its pools are the account's or its own."""
    other = "application/x-httpd-lsphp-other"
    made = stack(Vhost("a.test", "games", extra=f"lsapi_per_user {scope}\nAddType {other} .php5"),
                 start=False)
    made.daemon.handlers[other] = (made.place.bin / "lsphp", ["OF_HANDLER=other"])
    made.daemon.write_conf()
    docroot = made.httpd.vhosts["a.test"].docroot
    owner = made.httpd.vhosts["a.test"].owner
    for name in ("one.php", "two.php5"):
        made.place.file(docroot / name,
                        "<?php echo json_encode([posix_getppid(), getenv('OF_HANDLER')]);", owner)
    made.start()
    one, two = (json.loads(made.get("a.test", f"/{n}").text) for n in ("one.php", "two.php5"))
    assert one[0] != two[0]
    assert (one[1], two[1]) == (False, "other")
    assert [json.loads(made.get("a.test", f"/{n}").text) for n in ("one.php", "two.php5")] == \
        [one, two]
    assert sorted(p["handler"] for p in made.ctl.status()["pools"]) == [
        "application/x-httpd-lsphp", other]


def test_groups_are_pools_of_their_own(stack):
    """One account, two groups: never one PHP, which has one group only."""
    group = "lsapi_user_group games mail"
    made = stack(Vhost("a.test", "games"), Vhost("b.test", "games", extra=group),
                 extra="lsapi_per_user On")
    seen = [json.loads(made.get(n, "/who.php").text) for n in ("a.test", "b.test")]
    assert seen[0]["ppid"] != seen[1]["ppid"]
    assert [s["gid"] for s in seen] == [pwd.getpwnam("games").pw_gid, pwd.getpwnam("mail").pw_gid]


#: what is accepted and has no effect, and words of what takes its place (manual, ALL DIRECTIVES)
WITHOUT_EFFECT = {
    "lsapi_avoid_zombies On": "lsapid reaps every process",
    "lsapi_backend_semtimedwait Off": "a request waits there",
    "lsapi_criu_socket_path /x": "lsapid runs CRIU by itself",
    "lsapi_criu_use_shm Signals": "lsapid counts the requests",
    "lsapi_sentry On": "nothing is ever sent to anybody",
    "lsapi_server_tweak On": "may always stand in a virtual host",
    "lsapi_mutex_mech flock": "there is no such mutex",
    "lsapi_selfstarter Off": "lsapid starts PHP",
    "lsapi_use_perfcounters On": "lsapidctl status",
    "lsapi_starter_sock /x": "lsapi_daemon_socket says where it listens",
    "lsapi_starter_log /x": "log_target in lsapid.conf",
    "lsapi_log /x": "httpd's error log",
}


@pytest.mark.single_user
def test_what_has_no_effect_is_accepted_and_says_so(stack):
    """At level info, and nothing else is said; PHP is served all the same."""
    made = stack(Vhost("a.test", "games"), extra="\n".join(WITHOUT_EFFECT), start=False)
    made.httpd.write_conf()
    done = subprocess.run(made.httpd.argv("-t", "-e", "info"), env=made.httpd.environ(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    for line, words in WITHOUT_EFFECT.items():
        told, = [text for text in done.stdout.splitlines() if f": {line.split()[0]} has no" in text]
        assert "[lsapi:info]" in told and words in told
    assert "[lsapi:warn]" not in done.stdout
    made.start()
    assert made.get("a.test", "/who.php").status == 200


@pytest.mark.single_user
@pytest.mark.parametrize("line", ["lsapi_daemon_key {place}/other.key",
                                  "lsapi_daemon_socket {place}/other.sock"])
def test_key_and_socket_of_the_daemon(stack, line):
    """Where they are is what counts: with another key, or none at the socket, there is no PHP."""
    made = stack(Vhost("a.test", "games"), start=False,
                 extra="lsapi_backend_connect_tries 1")
    made.place.file("other.key", "k" * 64, mode=0o600)
    made.httpd.extra += "\n" + line.format(place=made.place.path)
    made.start()
    assert made.get("a.test", "/who.php").status == 503
